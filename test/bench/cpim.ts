import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { fromCpim, toCpim } from '../../src/cpim/carry/carry.ts';
import type { Envelope } from '../../src/cpim/envelope.ts';
import { format, type Message, parse } from '../../src/cpim/message/message.ts';
import { formatPidf } from '../../src/cpim/presence/format-pidf.ts';
import { parsePidf } from '../../src/cpim/presence/parse-pidf.ts';
import type { Pidf } from '../../src/cpim/presence/pidf.ts';
import { lastResult, type Measured, measure } from './measure.ts';

const said = 'The quality of mercy is not strained. It droppeth as the gentle rain from heaven upon the place beneath. '
  .repeat(3)
  .slice(0, 300);

/** A line of a room that answers another one. */
const chat: Envelope = {
  id: '7d5b3d0e4c5f4a55',
  from: { uri: 'im:alice@example.org', name: 'Alice' },
  to: { uri: 'im:room1@rooms.bridge.example' },
  time: '2026-05-01T10:00:00.123Z',
  payload: { kind: 'text', manner: 'plain', text: said },
  reply: { id: { kind: 'event', value: '28fd19857ad7', strong: true } },
  trace: [],
  extensions: [],
  degradations: [],
};

const showNs = 'jabber:client';
const presence: Pidf = {
  entity: 'pres:juliet@example.com',
  tuples: [
    {
      id: 'ID-balcony',
      basic: 'open',
      show: 'away',
      contact: 'im:juliet@example.com',
      priority: '0.102',
      notes: [{ text: 'retired to the chamber', lang: 'en' }],
      timestamp: '2026-05-01T10:00:00Z',
    },
    { id: 'ID-chamber', basic: 'open', contact: 'im:juliet@example.com', priority: '1', timestamp: '2026-05-01T10:00:00Z' },
  ],
};

const object = toCpim(chat);
const document = formatPidf(presence, showNs);

/** The headers as they were read, without what reading adds to them. */
function again({ headers, mime, body }: Message): Buffer {
  return format(
    headers.map(({ address, features, ...draft }) => draft),
    mime,
    body,
  );
}

/** Each parses and serialises once. */
const operations: Readonly<Record<string, () => unknown>> = {
  'chat message: Message/CPIM': () => again(parse(object, 'strict')),
  'chat message: envelope': () => toCpim(fromCpim(object)),
  'presence, two resources: PIDF': () => formatPidf(parsePidf(document, showNs), showNs),
};

/** Operations a second on one core that are wanted of each. */
const goal = 150_000;

export const usage = `npm run bench -- cpim [--only TEXT] [--json FILE]

  --only   operations whose name has this text
  --json   write the figures to a file`;

/** How fast the codecs are. */
export async function cpim(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string', default: '' }, json: { type: 'string' } },
  });
  const wanted = Object.entries(operations).filter(([name]) => name.includes(values.only));
  if (wanted.length === 0) throw new Error(`nothing is called ${values.only}`);
  console.log(row('', 'ops/s', 'ops/cpu-s', 'bytes/op', 'goal'));
  const results = wanted.map(([name, operation]) => report(name, operation));
  const machine = { node: process.version, cores: availableParallelism() };
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ goal, ...machine, results }, undefined, 2)}\n`);
  return 0;
}

function report(name: string, operation: () => unknown): Measured {
  const measured = measure(name, operation);
  if (lastResult() === undefined) throw new Error(`${name} gives nothing`);
  const { perSecond, perCpuSecond, bytes } = measured;
  const numbers = [perSecond, perCpuSecond, bytes].map((number) => number.toLocaleString('en'));
  console.log(row(name, ...numbers, perCpuSecond >= goal ? 'met' : `${Math.round((100 * perCpuSecond) / goal)} %`));
  return measured;
}

function row(name: string, ...cells: readonly string[]): string {
  return name.padEnd(34) + cells.map((cell) => cell.padStart(12)).join('');
}
