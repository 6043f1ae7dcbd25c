import { join } from 'node:path';
import type { BenchTown } from '../bench/delivery/town.ts';
import type { Passage } from '../lab/passage.ts';
import { freePort, sleep } from '../lab/process.ts';
import { Rialto } from '../lab/rialto.ts';

export interface Stage {
  readonly town: BenchTown;
  readonly passage: Passage | undefined;
  readonly random: () => number;
  readonly cutMs: number;
  readonly inFlight: () => Promise<number>;
  /** Said before the bridge dies: what only it knows is taken down. */
  readonly dies: () => Promise<void>;
}

export interface Fault {
  readonly name: string;
  /** The bridge dies. */
  readonly kills: boolean;
  /** Only with a Postgres. */
  readonly postgres?: boolean;
  /** Strikes, and mends what is to be mended; how many lines were in flight at that moment. */
  strike(stage: Stage): Promise<number>;
}

/** A kill with nothing in flight proves nothing: waits for a moment when something is. */
async function loaded(stage: Stage): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const caught = await stage.inFlight();
    if (caught > 0) return caught;
    await sleep(2);
  }
  return 0;
}

async function killed(stage: Stage, meanwhile: () => Promise<unknown>): Promise<number> {
  const { rialto } = stage.town;
  await stage.dies();
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
    strike: async (stage) => {
      const { sink } = stage.town;
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
    strike: (stage) => killed(stage, () => stage.town.sink.ask({ do: 'forget' })),
  },
  'kill-homeserver': {
    name: 'killed, the homeserver with it',
    kills: true,
    strike: (stage) => killed(stage, () => stage.town.sink.ask({ do: 'die', ms: 1000 })),
  },
  homeserver: {
    name: 'the homeserver is killed',
    kills: false,
    strike: async (stage) => {
      const caught = await loaded(stage);
      await stage.town.sink.ask({ do: 'die', ms: 1500 });
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
    name: 'the connection is cut',
    kills: false,
    strike: async (stage) => {
      const caught = await loaded(stage);
      stage.passage?.block();
      await sleep(stage.cutMs);
      stage.passage?.tell();
      return caught;
    },
  },
  postgres: {
    name: 'Postgres is killed',
    kills: false,
    postgres: true,
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
    postgres: true,
    strike: async (stage) => {
      const { settings, cluster, rialto } = stage.town;
      const caught = await loaded(stage);
      const ports = { ...settings.ports, rialto: await freePort() };
      const folder = join(settings.folder, 'second');
      const second = new Rialto(
        { ...settings, folder, ports },
        { restart: false, database: cluster?.url, node: rialto.options.node },
      );
      void second.start().catch(() => undefined);
      await sleep(6000);
      await second.kill(true);
      return caught;
    },
  },
};
