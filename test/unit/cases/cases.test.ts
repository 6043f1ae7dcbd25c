import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

/** The behaviours of test/vectors/cpim-cases.md: each is a test with the id in its name. */

const tests = join(import.meta.dirname, '../..');
const cases = readFileSync(join(tests, 'vectors/cpim-cases.md'), 'utf8');

/** What cannot be shown, and why. */
const excused: Readonly<Record<string, string>> = {
  'V4482-8-1': 'nothing fetches what a presence document names: there is no wire that could be refused',
};

/** The ids of the table under a heading. */
function idsUnder(heading: string): string[] {
  const [, part = ''] = cases.split(new RegExp(`^## ${heading}$`, 'm'));
  const [table = ''] = part.split(/^## /m);
  return [...table.matchAll(/^\| (V[^ |]+) \|/gm)].flatMap(([, id]) => id ?? []);
}

/** The ids that the names of tests begin with. */
function named(): Set<string> {
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  const sources = files.map((name) => readFileSync(join(tests, name), 'utf8'));
  const begins = sources.flatMap((source) =>
    [...source.matchAll(/['`]((?:V[0-9A-Z][\w.-]*-[\w.-]*,? )+)/g)].map(([, ids = '']) => ids),
  );
  return new Set(begins.flatMap((ids) => ids.split(/,? /).filter((id) => id !== '')));
}

const known = named();

test('every case of the core is a test, or says why it cannot be', () => {
  const core = idsUnder('Core');
  expect(core.length).toBeGreaterThan(40);
  expect(core.filter((id) => !known.has(id) && !(id in excused))).toEqual([]);
  expect(Object.keys(excused).filter((id) => known.has(id) || !core.includes(id))).toEqual([]);
});

test('a name has no id that is not in the list', () => {
  const all = new Set(['Core', 'XMPP face', 'SIP face', 'MSRP', 'Rooms'].flatMap(idsUnder));
  expect([...known].filter((id) => !all.has(id))).toEqual([]);
});

test('the cases of the XMPP face that are tests by now', () => {
  const face = idsUnder('XMPP face');
  const covered = face.filter((id) => known.has(id));
  process.stdout.write(`cases of the XMPP face: ${covered.length} of ${face.length}: ${covered.join(' ')}\n`);
  expect(covered.length).toBeGreaterThan(0);
});
