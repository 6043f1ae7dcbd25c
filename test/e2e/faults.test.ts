import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Bench, type Fault, type Report } from './faults/bench.ts';
import { componentFaults, keepOld, restart } from './faults/component.ts';
import { fileFaults, makeEmbedded, placeFaults } from './faults/configuration.ts';
import { databaseFaults } from './faults/database.ts';
import { homeserverFaults, register } from './faults/homeserver.ts';
import { lastFaults, roomFaults } from './faults/rooms.ts';
import { runningFaults } from './faults/running.ts';
import { describeWithServers, type Shared } from './lab.ts';

interface Row {
  readonly name: string;
  readonly code: string;
  readonly isNamed: boolean;
  /** It is the first thing that is said to be wrong. */
  readonly isFirst: boolean;
  readonly line: string;
}

const rows: Row[] = [];

function judge(fault: Pick<Fault, 'name' | 'code'>, { findings }: Report): void {
  const wrong = findings.filter(({ verdict }) => verdict === 'fault' || verdict === 'warning');
  const named = wrong.find(({ code }) => code === fault.code);
  const { verdict, code, evidence } = named ?? wrong[0] ?? { verdict: 'ok', code: 'nothing', evidence: '' };
  const line = `${verdict === 'fault' ? '✗' : '!'} ${code}: ${evidence}`;
  rows.push({ ...fault, isNamed: named !== undefined, isFirst: wrong[0] === named, line });
  expect(wrong.map((one) => one.code)).toContain(fault.code);
  expect(named?.fix).toMatch(/\w/);
}

function table(): string {
  const lines = rows.map(({ name, isNamed, isFirst, line }) => {
    return `${isNamed ? (isFirst ? 'first' : 'yes  ') : 'NO   '}  ${name.padEnd(58)} ${line}`;
  });
  const named = rows.filter(({ isNamed }) => isNamed).length;
  const first = rows.filter(({ isFirst }) => isFirst).length;
  return `\n${lines.join('\n')}\n\n${named} of ${rows.length} faults named, ${first} of them first\n`;
}

async function prepare(shared: Shared): Promise<Bench> {
  const { lab } = shared;
  const [main, secret, ruin] = [lab.pairs[0], await lab.pair('secret'), await lab.pair('ruin')];
  if (!main) throw new Error('the lab has linked nothing');
  return new Bench(shared, { main, secret, ruin });
}

/** Servers that know more mistakes than one. */
async function stop(bench: Bench): Promise<void> {
  const { lab, juliet } = bench.shared;
  await lab.rialto.stop();
  register(bench);
  const synapse = lab.synapse.stop().then(() => lab.synapse.start());
  await Promise.all([synapse, restart(bench, keepOld).then(() => juliet.back()), makeEmbedded(bench)]);
}

await describeWithServers(
  'rialto check',
  (shared) => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await prepare(shared);
    }, 120_000);
    afterAll(() => void process.stderr.write(table()));

    const each = (faults: readonly Fault[]): void =>
      test.each(faults)('$name: $code', async (fault) => {
        const mend = await fault.breaks?.(bench);
        try {
          judge(fault, await bench.check((config) => fault.config?.(config, bench)));
        } finally {
          await mend?.();
        }
      });
    const sound = async (): Promise<void> => {
      const { code, findings } = await bench.check();
      expect(findings.filter(({ verdict }) => verdict === 'fault' || verdict === 'warning')).toEqual([]);
      expect(code).toBe(0);
    };

    describe('of a bridge that runs', () => {
      test('a set-up that works has no fault', sound);
      each(runningFaults);
    });

    describe('of a bridge that is stopped', () => {
      beforeAll(() => stop(bench), 120_000);
      test('a set-up that works has no fault', sound);
      test.each(fileFaults)('$name: $code', async (fault) => judge(fault, await fault.check(bench)));
      each([...placeFaults, ...databaseFaults, ...homeserverFaults, ...componentFaults, ...roomFaults]);
      test('mended, it has no fault again', sound);
      each(lastFaults);
    });
  },
  { db: 'postgres' },
);
