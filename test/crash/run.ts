import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ghostLocal } from '../../src/networks/xmpp/ids.ts';
import { startTown } from '../bench/delivery/town.ts';
import { Passage } from '../lab/passage.ts';
import { sleep, until } from '../lab/process.ts';
import { Progress } from '../lab/progress.ts';
import type { Rialto } from '../lab/rialto.ts';
import type { XmppKind } from '../lab/xmpp-server.ts';
import type { CrashTown, Fault, Stage } from './faults.ts';
import { type HomeserverKind, homeservers } from './homeservers.ts';
import { type Account, classes, missing, type Seen, settle } from './ledger.ts';

/** So long without a line, and no more will come: what is promised may take the longest of the bridge's own patience. */
const QUIET_MS = { promised: 30_000, else: 5000 };
const DIRECT_CHATS = 5;

export interface Options {
  readonly rounds: number;
  readonly messages: number;
  readonly server: XmppKind;
  readonly database: 'postgres' | 'embedded';
  readonly faults: readonly Fault[];
  readonly cutMs: number;
  readonly seed: number;
  readonly homeserver: HomeserverKind;
  readonly sabotage: string | undefined;
}

export interface Result {
  readonly rounds: number;
  readonly kills: number;
  readonly offered: number;
  readonly delivered: number;
  readonly told: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly late: number;
  /** Lines that the bridge gave up without knowing whether they are there, by its own word; over all of its lives. */
  readonly unconfirmed: number;
  /** Rooms that were made for a direct chat that had one. */
  readonly chatsMadeTwice: number;
  readonly classes: Record<string, Account>;
}

export async function run(options: Options): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'rialto-crash-'));
  if (options.sabotage !== undefined) process.env.TEST_OF_RIALTO_SABOTAGE = options.sabotage;
  const node = options.sabotage === undefined ? [] : ['--import', join(import.meta.dirname, 'sabotage.mjs')];
  const { server, database, homeserver } = options;
  const { rooms, called, open } = homeservers[homeserver];
  const progress = new Progress(process.stderr);
  let passage: Passage | undefined;
  const between = async (port: number): Promise<number> => {
    passage = await Passage.to(port);
    return passage.port;
  };
  const place = { rooms, archive: 'mixed', history: 500, folder, server, database, node, between, progress } as const;
  console.log(`seed ${options.seed}; ${rooms} rooms, half of them with an archive; ${server}, ${database}, ${called}\n`);
  const town = await startTown(place, await open(progress));
  try {
    return await talkThrough(town, options, passage);
  } finally {
    await town.stop();
    await passage?.close();
    if (process.env.KEEP === undefined) rmSync(folder, { recursive: true, force: true });
    else console.log(`kept: ${folder}`);
  }
}

async function talkThrough(town: CrashTown, options: Options, passage: Passage | undefined): Promise<Result> {
  const { matrix, crowd } = town;
  const { rooms, perSecond } = homeservers[options.homeserver];
  const random = generator(options.seed);
  await Promise.all([matrix.begin(1), crowd.ask({ do: 'start', run: 1 })]);
  const chats = await greet(town);
  const unconfirmed = new Unconfirmed();
  let [said, kills, rest] = [0, 0, 0];
  const stage: Stage = {
    town,
    passage,
    random,
    cutMs: options.cutMs,
    // What has been missing since before is lost, and on its way no more.
    inFlight: async () => Math.max((await inFlight(town)).all - rest, 0),
    dies: (rialto) => unconfirmed.note(rialto),
  };
  const each = Math.ceil(options.messages / options.rounds / 2 / rooms);
  for (let round = 0; round < options.rounds; round += 1) {
    const fault = options.faults[round % options.faults.length] as Fault;
    const talk = { run: 1, rooms, from: said, total: each * rooms, perSecond: perSecond / 2, mixed: true };
    const talking = Promise.all([crowd.ask({ do: 'say', ...talk }), matrix.push(talk)]);
    // Waited for below, after the fault.
    talking.catch(() => {});
    said += each;
    const seconds = (each * rooms * 2) / perSecond;
    await sleep(Math.min(0.1 + random() * 0.8, 0.9) * seconds * 1000);
    const caught = await fault.strike(stage);
    if (fault.kills && caught > 0) kills += 1;
    await talking;
    rest = await quiet(town, rest);
    const bar = '█'.repeat(Math.round(((round + 1) / options.rounds) * 20)).padEnd(20, '░');
    console.log(
      `${bar} ${String(round + 1).padStart(4)}/${options.rounds}  ${fault.name.padEnd(38)} in flight ${String(caught).padStart(4)}  still missing ${rest}`,
    );
  }
  await quiet(town, 0);
  // Whatever comes twice, late.
  await sleep(3000);
  await unconfirmed.note(town.rialto);
  const twice = (await matrix.chats()) - chats;
  return { rounds: options.rounds, kills, ...(await account(town)), unconfirmed: unconfirmed.sum, chatsMadeTwice: twice };
}

/** Some people write to somebody of the other network, and nobody has linked anything; how many chats that gave. */
async function greet({ crowd, matrix, settings }: CrashTown): Promise<number> {
  const userIds = matrix.friends(DIRECT_CHATS);
  const local = (native: string): string => ghostLocal({ network: 'matrix', key: '', weak: false, address: { native, uri: '' } });
  const friends = userIds.map((userId) => `${local(userId)}@people.${settings.xmppDomain}`);
  await crowd.ask({ do: 'greet', friends });
  await until('everybody is greeted', async () => (await matrix.chats()) === friends.length, { ms: 60_000 });
  return friends.length;
}

/** Lines that were said and that nobody on the other side has seen; what was taken back at once need not be. */
async function inFlight({ crowd, matrix }: CrashTown): Promise<{ all: number; promised: number }> {
  const [inMuc, inMatrix] = await Promise.all([crowd.ask<Seen>({ do: 'times' }), matrix.times()]);
  const [there, here] = [missing('MUC', inMuc, inMatrix), missing('Matrix', inMatrix, inMuc)];
  return { all: there.all + here.all, promised: there.promised + here.promised };
}

/** Until no more is missing than before, or nothing has come any more for long. */
async function quiet(town: CrashTown, before: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  let since = Date.now();
  for (;;) {
    const { all, promised } = await inFlight(town);
    if (all < least) [least, since] = [all, Date.now()];
    if (all <= before || Date.now() - since > (promised > 0 ? QUIET_MS.promised : QUIET_MS.else)) return all;
    await sleep(250);
  }
}

async function account(town: CrashTown): Promise<Omit<Result, 'rounds' | 'kills' | 'unconfirmed' | 'chatsMadeTwice'>> {
  const [inMuc, inMatrix] = await Promise.all([town.crowd.ask<Seen>({ do: 'times' }), town.matrix.times()]);
  const sides = [
    settle('MUC', { ...inMatrix, offered: inMuc.offered, told: inMuc.told }),
    settle('Matrix', { ...inMuc, offered: inMatrix.offered, told: inMatrix.told }),
  ];
  const all = new Map(sides.flatMap((side) => [...side.accounts]));
  const sum = (key: keyof Account): number => [...all.values()].reduce((total, one) => total + one[key], 0);
  const wrong = Map.groupBy(
    sides.flatMap((side) => side.wrong),
    (line) => line.slice(0, line.indexOf(', room')),
  );
  for (const lines of wrong.values()) for (const line of lines.slice(0, 5)) console.log(`  ${line}`);
  return {
    offered: sum('offered'),
    delivered: sum('delivered'),
    told: sum('told'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    reordered: sum('reordered'),
    late: sum('late'),
    classes: Object.fromEntries(classes.flatMap((name) => (all.has(name) ? [[name, all.get(name) as Account]] : []))),
  };
}

/** Sums up what the bridge counts: each of its lives counts from nothing. */
class Unconfirmed {
  sum = 0;

  /** This life is about to end. */
  async note({ url }: Rialto): Promise<void> {
    const text = await fetch(`${url}/metrics`).then((answer) => answer.text());
    const counts = text.matchAll(/^rialto_deliveries_total\{[^}]*outcome="unconfirmed"[^}]*\} (\d+)/gm);
    for (const [, n] of counts) this.sum += Number(n);
  }
}

/** Mulberry32: the same seed, the same moments. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
