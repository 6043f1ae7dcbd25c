import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchTown, startTown } from '../bench/delivery/town.ts';
import { Passage } from '../lab/passage.ts';
import { sleep } from '../lab/process.ts';
import { Progress } from '../lab/progress.ts';
import type { XmppKind } from '../lab/xmpp-server.ts';
import { type Fault, faults, type Stage } from './faults.ts';
import { type Account, classes, type DeliveryClass, missing, promised, type Seen, settle } from './ledger.ts';

const usage = `npm run crash -- [--rounds N] [--messages M] [--xmpp prosody|ejabberd] [--db postgres|embedded] [--faults a,b] [--cut S]
                 [--seed N] [--sabotage ${'ack-early|no-dedupe|new-txn-id|skip-mam|two-owners'}] [--json FILE]

Kills and cuts under load, and counts what the people on both sides have seen: each line is to come once, and in order.

  --rounds N     faults, one after the other (default 12)
  --messages M   lines in all, both directions together (default 300 a round)
  --faults a,b   only these: ${Object.keys(faults).join(', ')}
  --cut S        how long a cut connection stays cut, in seconds (default 3)
  --sabotage X   the bridge without one of its promises: exits with 0 if that was found
  --json FILE    {"rounds","offered","delivered","lost","doubled","reordered","classes":{…}}
`;

const ROOMS = 20;
const PER_SECOND = 300;
const QUIET_MS = 30_000;

interface Options {
  readonly rounds: number;
  readonly messages: number;
  readonly server: XmppKind;
  readonly database: 'postgres' | 'embedded';
  readonly faults: readonly Fault[];
  readonly cutMs: number;
  readonly seed: number;
  readonly sabotage: string | undefined;
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '12' },
      messages: { type: 'string' },
      xmpp: { type: 'string', default: 'prosody' },
      db: { type: 'string', default: 'postgres' },
      faults: { type: 'string' },
      cut: { type: 'string', default: '3' },
      seed: { type: 'string', default: String(Date.now() % 100_000) },
      sabotage: { type: 'string' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const rounds = Number(values.rounds);
  const database = values.db === 'embedded' ? 'embedded' : 'postgres';
  const result = await run({
    rounds,
    messages: Number(values.messages ?? rounds * 300),
    server: values.xmpp === 'ejabberd' ? 'ejabberd' : 'prosody',
    database,
    faults: chosen(values.faults?.split(','), database, values.sabotage),
    cutMs: Number(values.cut) * 1000,
    seed: Number(values.seed),
    sabotage: values.sabotage,
  });
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  return verdict(result, values.sabotage);
}

function chosen(names: readonly string[] | undefined, database: string, sabotage: string | undefined): Fault[] {
  const wanted = names ?? (sabotage === undefined ? Object.keys(faults) : controlOf(sabotage).faults);
  return wanted
    .map((name) => {
      const fault = faults[name];
      if (!fault) throw new Error(`there is no fault ${name}: ${Object.keys(faults).join(', ')}`);
      return fault;
    })
    .filter((fault) => database === 'postgres' || !fault.postgres);
}

function controlOf(sabotage: string): Control {
  const control = controls[sabotage];
  if (!control) throw new Error(`there is no sabotage ${sabotage}: ${Object.keys(controls).join(', ')}`);
  return control;
}

interface Control {
  /** What brings the missing promise to light. */
  readonly faults: readonly string[];
  /** What people see then, in a class for which the design promises that they do not. */
  readonly symptoms: readonly ('lost' | 'doubled' | 'reordered')[];
  readonly meaning: string;
}

const controls: Readonly<Record<string, Control>> = {
  // With the rooms' history to read, what was lost so is found again.
  'ack-early': { faults: ['kill-blind'], symptoms: ['lost'], meaning: 'acknowledged before it was stored' },
  'no-dedupe': { faults: ['kill'], symptoms: ['doubled'], meaning: 'repeats were taken for new lines' },
  'new-txn-id': { faults: ['kill-blind'], symptoms: ['doubled'], meaning: 'sent again under another transaction id' },
  'skip-mam': { faults: ['kill'], symptoms: ['lost'], meaning: 'the archive was not asked' },
  'two-owners': { faults: ['second'], symptoms: ['lost', 'doubled', 'reordered'], meaning: 'two processes served one network' },
};

interface Result {
  readonly rounds: number;
  readonly kills: number;
  readonly offered: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly unconfirmed: number;
  readonly classes: Record<string, Account>;
}

async function run(options: Options): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'rialto-crash-'));
  if (options.sabotage !== undefined) process.env.TEST_OF_RIALTO_SABOTAGE = options.sabotage;
  const node = options.sabotage === undefined ? [] : ['--import', join(import.meta.dirname, 'sabotage.mjs')];
  const { server, database } = options;
  let passage: Passage | undefined;
  const between = async (port: number): Promise<number> => {
    passage = await Passage.to(port);
    return passage.port;
  };
  const place = { rooms: ROOMS, speakers: 2, archive: 'mixed', history: 500, latencyMs: [3, 3] } as const;
  console.log(
    `seed ${options.seed}; ${ROOMS} rooms, half of them with an archive; ${server}, ${database}, a homeserver's stand-in\n`,
  );
  const town = await startTown({ ...place, folder, server, database, node, between, progress: new Progress(process.stderr) });
  try {
    return await talkThrough(town, options, passage);
  } finally {
    await town.stop();
    await passage?.close();
    if (process.env.KEEP === undefined) rmSync(folder, { recursive: true, force: true });
    else console.log(`kept: ${folder}`);
  }
}

async function talkThrough(town: BenchTown, options: Options, passage: Passage | undefined): Promise<Result> {
  const { sink, crowd } = town;
  const random = generator(options.seed);
  await Promise.all([sink.ask({ do: 'start', run: 1, repeats: true }), crowd.ask({ do: 'start', run: 1 })]);
  const stage: Stage = { town, passage, random, cutMs: options.cutMs, inFlight: () => inFlight(town) };
  let [said, kills] = [0, 0];
  const each = Math.ceil(options.messages / options.rounds / 2 / ROOMS);
  for (let round = 0; round < options.rounds; round += 1) {
    const fault = options.faults[round % options.faults.length] as Fault;
    const talk = { run: 1, rooms: ROOMS, from: said, total: each * ROOMS, perSecond: PER_SECOND / 2, mixed: true };
    const talking = Promise.all([crowd.ask({ do: 'say', ...talk }), sink.ask({ do: 'push', ...talk, speakers: 2 })]);
    said += each;
    const seconds = (each * ROOMS * 2) / PER_SECOND;
    await sleep(Math.min(0.1 + random() * 0.8, 0.9) * seconds * 1000);
    const caught = await fault.strike(stage);
    if (fault.kills) kills += 1;
    await talking;
    const rest = await quiet(town);
    const bar = '█'.repeat(Math.round(((round + 1) / options.rounds) * 20)).padEnd(20, '░');
    console.log(
      `${bar} ${String(round + 1).padStart(4)}/${options.rounds}  ${fault.name.padEnd(34)} in flight ${String(caught).padStart(4)}  still missing ${rest}`,
    );
  }
  return account(town, options.rounds, kills);
}

/** Lines that were said and that nobody on the other side has seen; what was taken back at once need not be. */
async function inFlight({ crowd, sink }: BenchTown): Promise<number> {
  const [muc, matrix] = await Promise.all([crowd.ask<Seen>({ do: 'times' }), sink.ask<Seen>({ do: 'times' })]);
  return missing(muc, matrix) + missing(matrix, muc);
}

/** Until all has come, or nothing has come any more for long. */
async function quiet(town: BenchTown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  let since = Date.now();
  for (;;) {
    const wanted = await inFlight(town);
    if (wanted < least) [least, since] = [wanted, Date.now()];
    if (wanted === 0 || Date.now() - since > QUIET_MS) return wanted;
    await sleep(250);
  }
}

async function account(town: BenchTown, rounds: number, kills: number): Promise<Result> {
  // Whatever comes twice, late.
  await sleep(3000);
  const [crowd, sink] = await Promise.all([town.crowd.ask<Seen>({ do: 'times' }), town.sink.ask<Seen>({ do: 'times' })]);
  const sides = [
    settle('MUC', { offered: crowd.offered, received: sink.received, inverted: sink.inverted }),
    settle('Matrix', { offered: sink.offered, received: crowd.received, inverted: crowd.inverted }),
  ];
  const all = new Map(sides.flatMap((side) => [...side.accounts]));
  const sum = (key: keyof Account): number => [...all.values()].reduce((total, one) => total + one[key], 0);
  const wrong = Map.groupBy(
    sides.flatMap((side) => side.wrong),
    (line) => line.slice(0, line.indexOf(', room')),
  );
  for (const lines of wrong.values()) for (const line of lines.slice(0, 5)) console.log(`  ${line}`);
  return {
    rounds,
    kills,
    offered: sum('offered'),
    delivered: sum('delivered'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    reordered: sum('reordered'),
    unconfirmed: await unconfirmed(town),
    classes: Object.fromEntries(classes.flatMap((name) => (all.has(name) ? [[name, all.get(name) as Account]] : []))),
  };
}

/** Since its last start the bridge has given up so many lines as unconfirmed, by its own word. */
async function unconfirmed(town: BenchTown): Promise<number> {
  const text = await fetch(`${town.rialto.url}/metrics`)
    .then((answer) => answer.text())
    .catch(() => '');
  return [...text.matchAll(/^rialto_deliveries_total\{[^}]*outcome="unconfirmed"[^}]*\} (\d+)/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

function verdict(result: Result, sabotage: string | undefined): number {
  const head = ['', 'offered', 'delivered', 'lost', 'doubled', 'reordered'];
  const rows = Object.entries(result.classes).map(([name, one]) =>
    [name, one.offered, one.delivered, one.lost, one.doubled, one.reordered].map(String),
  );
  console.log('');
  for (const [name = '', ...cells] of [head, ...rows])
    console.log(name.padEnd(32) + cells.map((cell) => cell.padStart(11)).join(''));
  console.log('Direct chats are not linked yet: none were tried.');
  console.log(`unconfirmed since the last start: ${result.unconfirmed}`);
  const kept = Object.entries(result.classes).filter(([name]) => promised.has(name as DeliveryClass));
  const bad = kept.reduce((sum, [, one]) => sum + one.lost + one.doubled + one.reordered, 0);
  if (sabotage !== undefined)
    return found(
      kept.map(([, one]) => one),
      sabotage,
    );
  const isTried = kept.length === promised.size && kept.every(([, one]) => one.offered > 0);
  console.log(
    `${bad === 0 && isTried ? '✓' : '✗'} ${result.rounds} rounds, ${result.kills} kills of the bridge: ${bad} broken promises`,
  );
  return bad === 0 && isTried ? 0 : 1;
}

function found(kept: readonly Account[], sabotage: string): number {
  const { symptoms, meaning } = controlOf(sabotage);
  const seen = symptoms.map((symptom) => [symptom, kept.reduce((sum, one) => sum + one[symptom], 0)] as const);
  const isFound = seen.some(([, n]) => n > 0);
  const told = seen.map(([symptom, n]) => `${n} ${symptom}`).join(', ');
  console.log(`${isFound ? '✓' : '✗'} ${sabotage} was ${isFound ? 'found' : 'not found'} (${meaning}): ${told}`);
  return isFound ? 0 : 1;
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

process.exitCode = await main(process.argv.slice(2));
