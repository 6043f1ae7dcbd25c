// npm run demo: real servers, the bridge between them, and people who talk. See the README.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { sideBySide } from './columns.ts';
import { writeFacts } from './facts.ts';
import { Missing } from './install.ts';
import { engines, type Lab, type Pair, startLab } from './lab.ts';
import { root } from './paths.ts';
import { perform } from './play.ts';
import { sleep } from './process.ts';
import { Progress } from './progress.ts';
import { type Faults, latencies, manyLines, percentile, type Spoken, settled, verify } from './talk.ts';
import { xmppServers } from './xmpp-server.ts';

const MANY = 200;
const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    data: { type: 'string' },
    users: { type: 'string', default: '2' },
    rooms: { type: 'string', default: '1' },
    xmpp: { type: 'string', default: 'prosody' },
    db: { type: 'string', default: 'embedded' },
    json: { type: 'string' },
    'no-restart': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const usage = `npm run demo -- [--once] [--data DIR] [--users N] [--rooms N] [--xmpp SERVER] [--db ENGINE]
                [--json FILE] [--no-restart]

  --once         end after the conversation and ${MANY} more lines; exit 0 if all was well
  --data DIR     where the servers keep their data (a second run goes on with it)
  --users N      accounts on each side (at least 2)
  --rooms N      linked rooms (at least 1)
  --xmpp SERVER  prosody (default) or ejabberd
  --db ENGINE    what Rialto keeps its timelines in: embedded (default), or postgres, a cluster of its own in the data folder
  --json FILE    write what an outside client needs to join in
  --no-restart   do not start the bridge again when it is killed from outside
`;

const progress = new Progress(process.stdout);
const say = (line = ''): void => progress.say(line);

function number(name: 'users' | 'rooms', least: number): number {
  const given = Number(values[name]);
  if (!Number.isInteger(given) || given < least) throw new Missing(`--${name} takes a whole number, at least ${least}`);
  return given;
}

function chosen<T extends string>(name: 'xmpp' | 'db', choices: readonly T[]): T {
  const found = choices.find((one) => one === values[name]);
  if (!found) throw new Missing(`--${name} takes ${choices.join(' or ')}`);
  return found;
}

/** Each choice of servers has a folder of its own. */
function folder(xmpp: string, db: string): string {
  const name = ['demo', ...(xmpp === 'prosody' ? [] : [xmpp]), ...(db === 'embedded' ? [] : [db])].join('-');
  return resolve(values.data ?? resolve(root, '.cache', name));
}

function heard(lab: Lab, pair: Pair): void {
  const [xmpp, matrix] = [lab.xmpp[0], lab.matrix[0]];
  if (!xmpp || !matrix) return;
  const lines = (all: readonly { by: string; text: string }[]): string[] =>
    all.map(({ by, text }) => (text.startsWith('/me ') ? `* ${by} ${text.slice(4)}` : `${by}: ${text}`));
  const titles = [`${pair.xmpp}, as ${xmpp.name} sees it`, `${pair.alias}, as ${matrix.name} sees it`] as const;
  say(`\n${sideBySide(lines(xmpp.heard(pair.xmpp)), lines(matrix.heard(pair.matrix)), titles, process.stdout.columns ?? 120)}\n`);
}

function report(what: string, spoken: readonly Spoken[], faults: Faults): boolean {
  const listeners = new Set(spoken.flatMap((line) => line.listeners)).size;
  if (faults.length === 0) {
    say(`✓ ${what}: ${spoken.length} lines, each seen once, in order, under the right name, by all ${listeners} who were there`);
    return true;
  }
  say(`✗ ${what}: ${faults.length} faults`);
  for (const fault of faults.slice(0, 20)) say(`    ${fault}`);
  return false;
}

async function many(lab: Lab): Promise<boolean> {
  const started = Date.now();
  const spoken = await progress.step(`${MANY} more lines by four speakers`, async () => {
    const lines = await manyLines(lab, MANY, () => {});
    await settled(lines, 60_000);
    return lines;
  });
  const seconds = (Date.now() - started) / 1000;
  const isWell = report('the crowd', spoken, verify(spoken));
  say('');
  say('  direction        lines   lines/s   latency p50     p99');
  for (const [name, side] of [['XMPP → Matrix', 'xmpp'] as const, ['Matrix → XMPP', 'matrix'] as const]) {
    const times = latencies(spoken, side);
    const lines = spoken.filter((line) => line.side === side).length;
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)].map((ms) => `${ms} ms`);
    say(
      `  ${name.padEnd(16)} ${String(lines).padStart(5)} ${(lines / seconds).toFixed(1).padStart(9)} ${p50?.padStart(13)} ${p99?.padStart(7)}`,
    );
  }
  say('');
  return isWell;
}

function invitation(lab: Lab): void {
  const { ports, xmppDomain, xmppUsers, matrixUsers, matrixDomain } = lab.settings;
  const [juliet, alice] = [xmppUsers[0], matrixUsers[0]];
  say('Join in with a client of your own:');
  say(
    `  XMPP    ${juliet?.name}@${xmppDomain}, password ${juliet?.password}, server 127.0.0.1 port ${ports.c2s}, no encryption;`,
  );
  say(`          room ${lab.pairs[0]?.xmpp}`);
  say(`  Matrix  @${alice?.name}:${matrixDomain}, password ${alice?.password}, homeserver ${lab.synapse.url};`);
  say(`          room ${lab.pairs[0]?.alias}`);
  say(`  Rialto  ${lab.rialto.command.join(' ')} links`);
  say(`          log ${lab.rialto.log}`);
  say(`          database ${lab.rialto.database}`);
}

async function interrupted(): Promise<void> {
  await new Promise<void>((done) => {
    process.once('SIGINT', () => done());
    process.once('SIGTERM', () => done());
  });
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [xmpp, db] = [chosen('xmpp', xmppServers), chosen('db', engines)];
  const [users, rooms] = [number('users', 2), number('rooms', 1)];
  const started = Date.now();
  const restarted = (pid: number): void => say(`! Rialto was ended from outside: started again as process ${pid}`);
  const lab = await startLab({
    folder: folder(xmpp, db),
    users,
    rooms,
    xmpp,
    db,
    progress,
    restart: !values['no-restart'],
    onRestart: restarted,
  });
  const ended = interrupted();
  try {
    if (values.json) await writeFacts(lab, resolve(values.json));
    say(`✓ everything is up after ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
    const pair = lab.pairs[0] as Pair;
    const spoken = await perform(lab, pair, () => {});
    heard(lab, pair);
    let isWell = report('the conversation', spoken, verify(spoken));
    if (values.once) {
      isWell = (await many(lab)) && isWell;
      return isWell ? 0 : 1;
    }
    say('');
    invitation(lab);
    say('\nCtrl-C ends it.');
    await ended;
    return isWell ? 0 : 1;
  } finally {
    await progress.step('stopping everything', () => lab.stop());
    await sleep(50);
  }
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(
    `rialto: ${error instanceof Missing ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
}
