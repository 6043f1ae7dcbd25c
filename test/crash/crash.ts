import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LATE_MS } from '../bench/delivery/tally.ts';
import { controlNames, controlOf, found } from './controls.ts';
import { type Fault, faults, type Need, needing } from './faults.ts';
import { type DeliveryClass, promised } from './ledger.ts';
import { type Result, run } from './run.ts';

const usage = `npm run crash -- [--rounds N] [--messages M] [--xmpp prosody|ejabberd] [--db postgres|embedded] [--faults a,b] [--cut S]
                 [--homeserver sink|synapse] [--seed N] [--sabotage ${controlNames.join('|')}] [--json FILE]

Kills and cuts under load, and counts what the people on both sides have seen: each line is to come once, and in order.
Late is a line that came more than ${LATE_MS / 1000} s after it was said; unconfirmed, in the bridge's own words, is one whose fate nobody could tell it.

  --rounds N     faults, one after the other (default 12)
  --messages M   lines in all, both directions together (default 300 a round)
  --faults a,b   only these: ${Object.keys(faults).join(', ')}
  --homeserver X sink (default): a stand-in without a disk, for volume; its people are told what they see by itself.
                 synapse: a real one, whose people use matrix-js-sdk; fewer rooms, and slower. Without the faults in which the
                 homeserver has to do as it is told: ${needing('stand-in').join(', ')}
  --cut S        how long a cut connection stays cut, in seconds (default 3)
  --sabotage X   the bridge without one of its promises: exits with 0 if that was found
  --json FILE    {"rounds","kills","offered","delivered","lost","doubled","reordered","late","unconfirmed","classes":{…}}
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
  const database = values.db === 'embedded' ? 'embedded' : 'postgres';
  const homeserver = values.homeserver === 'synapse' ? 'synapse' : 'sink';
  const has = { postgres: database === 'postgres', 'stand-in': homeserver === 'sink' };
  const result = await run({
    rounds,
    messages: Number(values.messages ?? rounds * 300),
    server: values.xmpp === 'ejabberd' ? 'ejabberd' : 'prosody',
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
  const head = ['offered', 'delivered', 'lost', 'doubled', 'reordered', 'late'] as const;
  const rows = Object.entries(result.classes).map(([name, one]) => [name, ...head.map((key) => String(one[key]))]);
  console.log('');
  for (const [name = '', ...cells] of [['', ...head], ...rows])
    console.log(name.padEnd(32) + cells.map((cell) => cell.padStart(11)).join(''));
  console.log('Direct chats are not linked yet: none were tried.');
  console.log(`unconfirmed: ${result.unconfirmed}`);
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

// matrix-js-sdk keeps timers for long.
process.exit(await main(process.argv.slice(2)));
