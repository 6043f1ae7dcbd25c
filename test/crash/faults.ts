import { join } from 'node:path';
import { StandIn } from '../bench/delivery/stand-in.ts';
import type { BenchTown } from '../bench/delivery/town.ts';
import type { Passage } from '../lab/passage.ts';
import { freePort, sleep } from '../lab/process.ts';
import { Rialto } from '../lab/rialto.ts';
import type { MatrixSide } from './homeservers.ts';

export type CrashTown = BenchTown<MatrixSide>;

export interface Stage {
  readonly town: CrashTown;
  readonly passage: Passage | undefined;
  readonly random: () => number;
  readonly cutMs: number;
  readonly inFlight: () => Promise<number>;
  /** Said before the bridge dies: what only it knows is taken down. */
  readonly dies: (rialto: Rialto) => Promise<void>;
}

export type Need = 'postgres' | 'stand-in';

export interface Fault {
  readonly name: string;
  /** The bridge dies. */
  readonly kills: boolean;
  /** What it cannot be done without. */
  readonly needs?: readonly Need[];
  /** Strikes, and mends what is to be mended; how many lines were in flight at that moment. */
  strike(stage: Stage): Promise<number>;
}

/** A kill with nothing in flight proves nothing: waits for a moment when something is. */
async function loaded(stage: Stage, least = 1): Promise<number> {
  let caught = 0;
  for (let tries = 0; tries < 200; tries += 1) {
    caught = await stage.inFlight();
    if (caught >= least) break;
    await sleep(2);
  }
  return caught;
}

/** The homeserver's stand-in, which does as it is told. */
function standIn({ town }: Stage): StandIn {
  if (!(town.matrix instanceof StandIn)) throw new Error('a real homeserver cannot be told this');
  return town.matrix;
}

async function killed(stage: Stage, meanwhile: () => Promise<unknown>): Promise<number> {
  const { rialto } = stage.town;
  await stage.dies(rialto);
  const caught = await loaded(stage);
  await rialto.kill(true);
  await meanwhile();
  await rialto.start();
  return caught;
}

export const faults: Readonly<Record<string, Fault>> = {
  kill: {
    name: 'the bridge is killed',
    kills: true,
    strike: (stage) => killed(stage, () => sleep(1000)),
  },
  'kill-blind': {
    name: 'killed, and no history to read',
    kills: true,
    needs: ['stand-in'],
    strike: async (stage) => {
      const sink = standIn(stage);
      await sink.ask({ do: 'history', open: false });
      const caught = await killed(stage, () => sleep(200));
      await sleep(500);
      await sink.ask({ do: 'history', open: true });
      return caught;
    },
  },
  'kill-forget': {
    name: 'killed, transaction ids forgotten',
    kills: true,
    needs: ['stand-in'],
    strike: (stage) => killed(stage, () => standIn(stage).ask({ do: 'forget' })),
  },
  'kill-homeserver': {
    name: 'killed, the homeserver with it',
    kills: true,
    strike: (stage) => killed(stage, () => stage.town.matrix.die(1000)),
  },
  homeserver: {
    name: 'the homeserver is killed',
    kills: false,
    strike: async (stage) => {
      const caught = await loaded(stage);
      await stage.town.matrix.die(1500);
      return caught;
    },
  },
  xmpp: {
    name: 'the XMPP server is killed',
    kills: false,
    strike: async (stage) => {
      const { server, crowd } = stage.town;
      const caught = await loaded(stage);
      await server.kill();
      await sleep(1000);
      await server.start();
      await crowd.ask({ do: 'return' });
      return caught;
    },
  },
  cut: {
    name: 'the way to the XMPP server is cut',
    kills: false,
    strike: (stage) => cut(stage, false),
  },
  'half-cut': {
    name: 'cut unseen by the XMPP server',
    kills: false,
    strike: (stage) => cut(stage, true),
  },
  postgres: {
    name: 'Postgres is killed',
    kills: false,
    needs: ['postgres'],
    strike: async (stage) => {
      const caught = await loaded(stage);
      await stage.town.cluster?.kill();
      await sleep(1000);
      await stage.town.cluster?.start();
      return caught;
    },
  },
  second: {
    name: 'a second bridge on the same database',
    kills: false,
    needs: ['postgres'],
    strike: async (stage) => {
      const caught = await loaded(stage);
      const second = await another(stage);
      void second.start().catch(() => undefined);
      await sleep(6000);
      await second.kill(true);
      return caught;
    },
  },
  pause: {
    name: 'stopped, and goes on after a takeover',
    kills: true,
    needs: ['postgres', 'stand-in'],
    strike: paused,
  },
};

/** The bridge's connection is dead, and the server learns of that at the end only; new ones come through meanwhile, or not. */
async function cut(stage: Stage, isOpen: boolean): Promise<number> {
  const { passage, cutMs } = stage;
  const caught = await loaded(stage);
  passage?.open(isOpen);
  passage?.block();
  await sleep(cutMs);
  passage?.open(true);
  passage?.tell();
  return caught;
}

/** A further bridge with the same configuration, in a folder of its own. */
async function another({ town }: Stage): Promise<Rialto> {
  const { settings, cluster, rialto } = town;
  const ports = { ...settings.ports, rialto: await freePort() };
  const folder = join(settings.folder, 'second');
  return new Rialto({ ...settings, folder, ports }, { restart: false, database: cluster?.url, node: rialto.options.node });
}

/**
 * The bridge stands still with lines in its hands, as on a host that is suspended; another takes over when the lease has ended
 * and delivers them, and what the homeserver knows of transaction ids is gone. Then the first goes on as if nothing had been.
 */
async function paused(stage: Stage): Promise<number> {
  const { rialto } = stage.town;
  const sink = standIn(stage);
  const second = await another(stage);
  await stage.dies(rialto);
  await sink.ask({ do: 'pace', latencyMs: [400, 400] });
  const caught = await loaded(stage, 100);
  process.kill(rialto.pid, 'SIGSTOP');
  await sink.ask({ do: 'pace', latencyMs: [3, 3] });
  // The server would keep the connection of a process that only stands still.
  stage.passage?.block();
  await sleep(200);
  stage.passage?.tell();
  try {
    await sink.ask({ do: 'turn', bridge: second.url });
    await second.start();
    for (let tries = 0; tries < 40 && (await stage.inFlight()) > 0; tries += 1) await sleep(250);
    await sink.ask({ do: 'forget' });
    process.kill(rialto.pid, 'SIGCONT');
    await sleep(3000);
    await stage.dies(second);
  } finally {
    await second.stop();
  }
  await rialto.kill(true);
  await sink.ask({ do: 'turn', bridge: rialto.url });
  await rialto.start();
  return caught;
}

/** The faults that need this. */
export function needing(need: Need): string[] {
  return Object.entries(faults).flatMap(([name, fault]) => (fault.needs?.includes(need) ? [name] : []));
}
