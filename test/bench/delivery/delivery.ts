import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { sleep } from '../../lab/process.ts';
import { Progress } from '../../lab/progress.ts';
import { percentile } from '../../lab/talk.ts';
import { cpuUs, familyCpuUs, isAlive, rssMb } from './cpu.ts';
import { type Direction, header, PATIENCE_MS, type RunResult, remarks, row, type Setting, SILENCE_MS, share } from './report.ts';
import { StandIn } from './stand-in.ts';
import type { TallyReport } from './tally.ts';
import { type BenchTown, startTown } from './town.ts';

/** How fast lines get from one side to the other, on the whole path with durability on. */
export const usage = `npm run bench -- delivery [--quick | --all] [--rooms N] [--ghosts N] [--archive on|off] [--database postgres|embedded]
                        [--direction x2m|m2x|both] [--pace burst|N] [--seconds N] [--latency MS|A-B] [--limit N]
                        [--json FILE] [--profile FOLDER] [--target CMD]

  --quick        the four settings that matter most, in less than three minutes
  --pace N       lines a second in all; burst: as fast as the senders' own server takes them
  --all          every direction with 1, 50 and 1,000 rooms; 50, 500 and 1,000 lines a second; 1, 10 and 100 ghosts: about half an hour
  --latency A-B  how long the sink takes to answer, in ms
  --limit N      the sink takes so many lines a second of one ghost, and answers 429 to more
  --profile F    a CPU profile of the bridge into this folder
  --target CMD   another bridge behind the same two sockets: CMD is run with a JSON file as its last argument (form:
                 test/bench/delivery/target.ts; to copy: target-example.ts, target-bifrost.ts), links the rooms of that file, prints ready PID
`;

/** More than any setting has shown; a burst is as many lines as fit into the time at this rate, but ends when the time is over. */
const CHUNK = 2000;
let run = 0;

export async function delivery(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      rooms: { type: 'string', default: '50' },
      ghosts: { type: 'string', default: '1' },
      archive: { type: 'string', default: 'on' },
      database: { type: 'string', default: 'postgres' },
      direction: { type: 'string', default: 'x2m' },
      pace: { type: 'string', default: 'burst' },
      seconds: { type: 'string', default: '60' },
      latency: { type: 'string', default: '0' },
      limit: { type: 'string' },
      json: { type: 'string' },
      profile: { type: 'string' },
      target: { type: 'string' },
    },
  });
  const one: Setting = {
    direction: values.direction as Direction,
    rooms: Number(values.rooms),
    ghosts: Number(values.ghosts),
    archive: values.archive === 'on',
    pace: values.pace === 'burst' ? 'burst' : Number(values.pace),
    database: values.database === 'embedded' ? 'embedded' : 'postgres',
    seconds: Number(values.seconds),
    latencyMs: rangeOf(values.latency),
    perUser: values.limit === undefined ? undefined : Number(values.limit),
  };
  const settings = values.quick ? quickSettings(one) : values.all ? allSettings(one) : [one];
  const runs = await measureAll(settings, values);
  if (values.json) writeFileSync(values.json, `${JSON.stringify({ runs }, null, 2)}\n`);
  return runs.some((result) => result.lost > 0 || result.doubled > 0 || result.inversions > 0) ? 1 : 0;
}

/** `5-20`, or one number. */
function rangeOf(text: string): readonly [number, number] {
  const [least = Number.NaN, most = least] = text.split('-').map(Number);
  if (!(least >= 0 && most >= least)) throw new Error(`--latency ${text}: a number of ms, or two as in 5-20`);
  return [least, most];
}

function quickSettings(one: Setting): Setting[] {
  const quick = { ...one, rooms: 50, seconds: 15 };
  return [
    { ...quick, direction: 'x2m', archive: true },
    { ...quick, direction: 'm2x', archive: true },
    { ...quick, direction: 'both', archive: true, pace: 500 },
    { ...quick, direction: 'm2x', archive: false },
  ];
}

function allSettings(one: Setting): Setting[] {
  const directions = ['x2m', 'm2x', 'both'] as const;
  const bursts = [1, 50, 1000].flatMap((rooms) => directions.map((direction) => ({ ...one, rooms, direction })));
  const paced = [50, 500, 1000].map((pace) => ({ ...one, direction: 'both' as const, pace }));
  const ghosts = [10, 100].flatMap((many) => directions.map((direction) => ({ ...one, ghosts: many, direction })));
  return [...bursts, ...paced, ...ghosts, { ...one, direction: 'm2x', archive: false }];
}

/** What the servers themselves say of how durable they are. */
async function durability({ cluster }: BenchTown<StandIn>): Promise<string> {
  if (!cluster) return 'embedded: survives the death of the process';
  const client = new pg.Client({ connectionString: cluster.url });
  await client.connect();
  const asked = await Promise.all(['fsync', 'synchronous_commit'].map((name) => client.query(`show ${name}`)));
  await client.end();
  return asked.flatMap(({ rows }) => Object.entries(rows[0] ?? {}).map(([name, value]) => `${name} ${value}`)).join(', ');
}

async function measureAll(
  settings: readonly Setting[],
  { profile, target }: { profile?: string | undefined; target?: string | undefined },
): Promise<RunResult[]> {
  const results: RunResult[] = [];
  const node = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const towns = Map.groupBy(
    settings,
    (one) => `${one.rooms} ${one.ghosts} ${one.archive} ${one.database} ${one.latencyMs} ${one.perUser}`,
  );
  for (const [first, ...others] of towns.values()) {
    if (!first) continue;
    const folder = mkdtempSync(join(tmpdir(), 'rialto-bench-'));
    const town = await startTown({ ...first, folder, node, target, ceiling: true, progress: new Progress() }, (settings) =>
      StandIn.at(settings, { ...first, speakers: first.ghosts }),
    );
    try {
      if (results.length === 0) {
        console.log(`${await durability(town)}; one user in each MUC; figures taken where the lines come out\n`);
        console.log(header);
      }
      for (const setting of [first, ...others]) {
        await send(town, { ...setting, pace: 200, seconds: 3 }, 'both');
        const result = await measure(town, setting);
        results.push(result);
        for (const line of [row(result), ...remarks(result)]) console.log(line);
        if (result.hasEnded) break;
      }
      console.log(
        `       these MUCs alone take ${town.ceiling} lines a second${share([first, ...others], results, town.ceiling)}`,
      );
      if (first.perUser !== undefined) {
        const { refused, early } = await town.matrix.ask<{ refused: number; early: number }>({ do: 'limits' });
        console.log(`429 was answered ${refused} times; ${early} times the line came again sooner than it was told`);
      }
    } finally {
      await town.stop();
      if (process.env.KEEP === undefined) rmSync(folder, { recursive: true, force: true });
      else console.log(`kept: ${folder}`);
    }
  }
  return results;
}

/** Sends, waits until all has come out or nothing comes any more, and tells what was sent and what came. */
async function send(
  town: BenchTown<StandIn>,
  setting: Setting,
  direction: Direction,
): Promise<{ sent: number; reports: TallyReport[]; isUnfinished: boolean }> {
  run += 1;
  const { matrix: sink, crowd } = town;
  await Promise.all([sink.ask({ do: 'start', run }), crowd.ask({ do: 'start', run })]);
  const { rooms, ghosts: speakers, pace, seconds } = setting;
  const perSecond = pace === 'burst' ? 0 : direction === 'both' ? pace / 2 : pace;
  const seconds1 = Date.now() + seconds * 1000;
  const total = perSecond === 0 ? 0 : Math.max(perSecond * seconds, rooms);
  const fromCrowd = direction !== 'm2x';
  const fromSink = direction !== 'x2m';
  const ms = seconds * 1000 + SILENCE_MS;
  const sides = [
    ...(fromCrowd ? [(n: number, from: number) => crowd.ask<number>({ do: 'say', run, rooms, from, total: n, perSecond })] : []),
    ...(fromSink
      ? [(n: number, from: number) => sink.ask<number>({ do: 'push', run, rooms, speakers, from, total: n, perSecond, ms })]
      : []),
  ];
  let sent = 0;
  const each = async (say: (n: number, from: number) => Promise<number>): Promise<void> => {
    const chunk = perSecond > 0 ? total : Math.ceil(CHUNK / rooms) * rooms;
    for (let from = 0; from === 0 || (perSecond === 0 && Date.now() < seconds1); from += chunk) {
      const said = await say(chunk, from / rooms);
      sent += said;
      if (said < chunk) return;
    }
  };
  await Promise.all(sides.map(each));
  const receivers = [...(fromCrowd ? [sink] : []), ...(fromSink ? [crowd] : [])] as const;
  const ask = (): Promise<TallyReport[]> => Promise.all(receivers.map((one) => one.ask<TallyReport>({ do: 'report' })));
  let reports = await ask();
  const end = Date.now() + PATIENCE_MS;
  let heardAt = Date.now();
  const isComing = (): boolean => sum(reports, 'received') < sent && Date.now() < heardAt + SILENCE_MS;
  while (isComing() && Date.now() < end) {
    await sleep(500);
    const next = await ask();
    if (sum(next, 'received') > sum(reports, 'received')) heardAt = Date.now();
    reports = next;
  }
  return { sent, reports, isUnfinished: isComing() };
}

async function measure(town: BenchTown<StandIn>, setting: Setting): Promise<RunResult> {
  const { pids } = town;
  const load = [town.crowd.pid, town.matrix.pid];
  const cpu = (): number[] => [
    familyCpuUs(pids.rialto),
    cpuUs(pids.prosody),
    familyCpuUs(pids.postgres),
    load.reduce((all, pid) => all + cpuUs(pid), 0),
  ];
  const before = cpu();
  const { sent, reports, isUnfinished } = await send(town, setting, setting.direction);
  const used = cpu().map((now, n) => Math.max(0, now - (before[n] ?? 0)));
  const received = sum(reports, 'received');
  const heard = reports.filter((one) => one.received > 0);
  const seconds = (Math.max(...heard.map((one) => one.lastAt)) - Math.min(...heard.map((one) => one.firstAt))) / 1000;
  const latencies = reports.flatMap((one) => one.latencies).sort((a, b) => a - b);
  const each = (n: number): number => Math.round((used[n] ?? 0) / Math.max(received, 1));
  const { seconds: _asked, latencyMs: _latency, perUser: _limit, ...shown } = setting;
  return {
    ...shown,
    senders: setting.rooms,
    messages: sent,
    perSecond: Math.round(received / seconds),
    p50Ms: Math.round(percentile(latencies, 0.5) * 10) / 10,
    p99Ms: Math.round(percentile(latencies, 0.99) * 10) / 10,
    inversions: sum(reports, 'inversions'),
    lost: sent - received,
    doubled: sum(reports, 'doubled'),
    cpuUsPerMessage: { rialto: each(0), prosody: each(1), postgres: each(2), load: each(3) },
    rssMb: rssMb(pids.rialto),
    isUnfinished,
    hasEnded: !isAlive(pids.rialto),
    ...(town.ceiling !== undefined && { mucCeiling: town.ceiling }),
  };
}

function sum(reports: readonly TallyReport[], key: 'received' | 'doubled' | 'inversions'): number {
  return reports.reduce((all, one) => all + one[key], 0);
}
