import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LATE_MS } from '../bench/delivery/tally.ts';
import { xmppServers } from '../lab/xmpp-server.ts';
import { controlNames, controlOf, found } from './controls.ts';
import { type Fault, faults, type Need, needing } from './faults.ts';
import { homeservers } from './homeservers.ts';
import { promises } from './ledger.ts';
import { type Result, run } from './run.ts';

const usage = `npm run crash -- [--rounds N] [--messages M] [--homeserver sink|synapse] [--xmpp prosody|ejabberd] [--db postgres|embedded]
                 [--faults a,b] [--cut S] [--seed N] [--sabotage ${controlNames.join('|')}] [--json FILE]

Kills and cuts under load, and counts what the people on both sides have seen: each line is to come once, and in order. Lines
are edited, taken back at once, and said twice under one id or in the same words. In half of the rooms the MUC keeps no archive,
and nothing is promised; direct chats have none either: nothing is to double on the way to Matrix, or be lost on the way from it.
Told is what came back to its sender as an error. Late is what came more than ${LATE_MS / 1000} s after it was said, the outage included. Unconfirmed
is what the bridge gave up without knowing whether it is there: its own figure, over all of its lives, because nobody outside can tell.

  --rounds N       faults, one after the other (default 12)
  --messages M     lines in all, both directions together (default 300 a round)
  --homeserver X   sink (default): a stand-in that does as it is told, for volume: ${homeservers.sink.rooms} rooms, ${homeservers.sink.perSecond} lines a second.
                   synapse: a real one, and people with matrix-js-sdk: ${homeservers.synapse.rooms} rooms, ${homeservers.synapse.perSecond} lines a second. Not with
                   ${needing('stand-in').join(', ')}: a real one cannot be told to forget or to hide anything
  --faults a,b     only these: ${Object.keys(faults).join(', ')}
  --cut S          how long a cut lasts, in seconds (default 3); half-cut: only the connection that there was, and the server keeps it
  --seed N         the same moments again
  --sabotage X     the bridge without one of its promises: exits with 0 if that was found
  --json FILE      {"rounds","kills","offered","delivered","told","lost","doubled","reordered","late","classes":{…},"unconfirmed",
                   "chatsMadeTwice"}

KEEP=1 in the environment keeps the folder with the logs and data of all servers.
`;

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '12' },
      messages: { type: 'string' },
      xmpp: { type: 'string', default: 'prosody' },
      db: { type: 'string', default: 'postgres' },
      faults: { type: 'string' },
      homeserver: { type: 'string', default: 'sink' },
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
  const database = oneOf(['postgres', 'embedded'], values.db);
  const homeserver = oneOf(['sink', 'synapse'], values.homeserver);
  const has = { postgres: database === 'postgres', 'stand-in': homeserver === 'sink' };
  const result = await run({
    rounds,
    messages: Number(values.messages ?? rounds * 300),
    server: oneOf(xmppServers, values.xmpp),
    database,
    faults: chosen(values.faults?.split(','), has, values.sabotage),
    homeserver,
    cutMs: Number(values.cut) * 1000,
    seed: Number(values.seed),
    sabotage: values.sabotage,
  });
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  return verdict(result, values.sabotage);
}

function oneOf<T extends string>(choices: readonly T[], given: string): T {
  const choice = choices.find((one) => one === given);
  if (choice === undefined) throw new Error(`${given}: one of ${choices.join(', ')}`);
  return choice;
}

function chosen(names: readonly string[] | undefined, has: Record<Need, boolean>, sabotage: string | undefined): Fault[] {
  const wanted = names ?? (sabotage === undefined ? Object.keys(faults) : controlOf(sabotage).faults);
  const possible = wanted
    .map((name) => {
      const fault = faults[name];
      if (!fault) throw new Error(`there is no fault ${name}: ${Object.keys(faults).join(', ')}`);
      return fault;
    })
    .filter(({ needs }) => (needs ?? []).every((need) => has[need]));
  if (possible.length === 0)
    throw new Error(`nothing of ${wanted.join(', ')} can be done with this homeserver and this database`);
  return possible;
}

function verdict(result: Result, sabotage: string | undefined): number {
  const head = ['offered', 'delivered', 'told', 'lost', 'doubled', 'reordered', 'late'] as const;
  const rows = Object.entries(result.classes).map(([name, one]) => [name, ...head.map((key) => String(one[key]))]);
  console.log('');
  for (const [name = '', ...cells] of [['', ...head], ...rows])
    console.log(name.padEnd(32) + cells.map((cell) => cell.padStart(11)).join(''));
  console.log(`unconfirmed: ${result.unconfirmed}; rooms made twice for a direct chat: ${result.chatsMadeTwice}`);
  const kept = [...promises].flatMap(([name, not]) => (result.classes[name] ? [{ not, ...result.classes[name] }] : []));
  if (sabotage !== undefined) {
    const whole = kept.filter(({ not }) => ['lost', 'doubled', 'reordered'].every((one) => not.some((other) => other === one)));
    return found(whole, sabotage);
  }
  const broken = kept.flatMap(({ not, ...one }) => not.map((symptom) => one[symptom]));
  const bad = broken.reduce((sum, n) => sum + n, result.chatsMadeTwice);
  const isTried = kept.length === promises.size && kept.every((one) => one.delivered > 0);
  console.log(
    `${bad === 0 && isTried ? '✓' : '✗'} ${result.rounds} rounds, ${result.kills} kills of the bridge: ${bad} broken promises`,
  );
  return bad === 0 && isTried ? 0 : 1;
}

// matrix-js-sdk keeps timers for long.
process.exit(await main(process.argv.slice(2)));
