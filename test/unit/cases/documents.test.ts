import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatPidf } from '../../../src/cpim/presence/format-pidf.ts';
import { parsePidf } from '../../../src/cpim/presence/parse-pidf.ts';
import type { Person, Pidf } from '../../../src/cpim/presence/pidf.ts';
import { published } from '../../../src/cpim/presence/published.ts';
import { asOf, moodOf, notesOf } from '../../../src/cpim/presence/shown.ts';
import { newestOf, timestampAfter } from '../../../src/cpim/presence/timestamp.ts';
import type { XmlElement } from '../../../src/cpim/xml/element.ts';
import { readXml } from '../../../src/cpim/xml/read.ts';
import { documents } from '../cpim/documents.ts';

const now = Date.parse('2026-05-01T10:00:00Z');
const showNs = 'urn:x:show';
const rpid = 'urn:ietf:params:xml:ns:pidf:rpid';
const presence = (inner: string): Pidf =>
  parsePidf(
    `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:d="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="${rpid}"
      xmlns:t="urn:ietf:params:xml:ns:pidf:timed-status" entity="pres:x@example.com">${inner}</presence>`,
    showNs,
  );

describe('a document that is made', () => {
  test('V3863-4.1.7-2 has a later timestamp than the one before it, however slowly the clock goes', () => {
    const open: Pidf = {
      entity: 'pres:x@example.com',
      tuples: [
        { id: 'a', basic: 'open' },
        { id: 'b', basic: 'closed' },
      ],
    };
    const first = published(open, { now });
    const second = published(open, { now, before: first.timestamp });
    const earlier = published(open, { now: now - 5000, before: second.timestamp });
    const stamps = [first, second, earlier].map(({ pidf }) => pidf.tuples?.map(({ timestamp }) => timestamp));
    expect(stamps).toEqual([
      ['2026-05-01T10:00:00.000Z', '2026-05-01T10:00:00.000Z'],
      ['2026-05-01T10:00:00.001Z', '2026-05-01T10:00:00.001Z'],
      ['2026-05-01T10:00:00.002Z', '2026-05-01T10:00:00.002Z'],
    ]);
  });

  test('V3863-4.1.7-2 is later than any timestamp that people write', () => {
    const hour = fc.integer({ min: 0, max: 13 }).map((one) => String(one).padStart(2, '0'));
    const offset = fc.oneof(
      fc.constant('Z'),
      fc.tuple(fc.constantFrom('+', '-'), hour).map(([sign, one]) => `${sign}${one}:30`),
    );
    const fraction = fc.stringMatching(/^(?:\.\d{1,9})?$/);
    fc.assert(
      fc.property(
        fc.integer({ min: now - 1e12, max: now + 1e12 }),
        fraction,
        offset,
        fc.integer({ min: -2, max: 2 }),
        (at, digits, zone, by) => {
          const before = new Date(at).toISOString().replace(/\..*/, `${digits}${zone}`);
          const after = timestampAfter(before, at + by);
          const [older, newer] = [before, after].map(
            (timestamp) => newestOf({ entity: 'x', tuples: [{ id: 'a', timestamp }] }) ?? '',
          );
          expect((newer ?? '') > (older ?? '')).toBe(true);
          expect(Date.parse(after)).toBeGreaterThanOrEqual(Date.parse(before));
        },
      ),
    );
  });

  // RFC 4480 §3.1, table 1, of what we write.
  const parents: Readonly<Record<string, readonly string[]>> = {
    activities: ['person'],
    mood: ['person'],
    'user-input': ['tuple', 'person', 'device'],
  };

  test('V4480-3.1-1 has each element of RFC 4480 under a parent where it may stand', () => {
    const walk = (of: XmlElement): void => {
      for (const child of of.children) {
        if (typeof child === 'string') continue;
        if (child.ns === rpid && of.ns !== rpid) expect(parents[child.name]).toContain(of.name);
        walk(child);
      }
    };
    fc.assert(fc.property(documents, (document) => walk(readXml(formatPidf(document, showNs)))));
  });

  test('V4480-3.14-1 does not say when the user touched his device if he hides it', () => {
    const userInput = { state: 'idle', lastInput: '2026-05-01T09:50:00Z', idleThreshold: 600 } as const;
    const person: Person = { id: 'p', userInput, displayName: 'x' };
    const written = (hidesLastInput: boolean): string =>
      formatPidf(published({ entity: 'pres:x@example.com', persons: [person] }, { now, hidesLastInput }).pidf, showNs);
    expect(written(true)).toContain('<rpid:user-input idle-threshold="600">idle</rpid:user-input>');
    expect(written(true)).not.toContain('last-input');
    expect(written(false)).toContain('last-input="2026-05-01T09:50:00Z"');
  });
});

describe('a document that is read', () => {
  test('V4479-5-1 has its own notes shown with the persons that have none', () => {
    const document = presence('<note>of all</note><d:person id="a"><d:note>his own</d:note></d:person><d:person id="b"/>');
    const shown = document.persons?.map((person) => notesOf(document, person).map(({ text }) => text));
    expect(shown).toEqual([['his own'], ['of all']]);
  });

  test('V4479-3.6-1 without a mood after one with it leaves the mood unknown', () => {
    const moods = ['<r:mood><r:note>why not</r:note><r:happy/></r:mood>', '', '<r:mood/>'].map((mood) => {
      const [person] = presence(`<d:person id="a">${mood}</d:person>`).persons ?? [];
      return person && moodOf(person);
    });
    expect(moods).toEqual([{ kind: 'known', moods: ['happy'], note: 'why not' }, { kind: 'unknown' }, { kind: 'unknown' }]);
  });

  const timed = (from: string, until?: string): string =>
    `<t:timed-status from="${from}"${until === undefined ? '' : ` until="${until}"`}><t:basic>closed</t:basic></t:timed-status>`;
  const kept = (...statuses: string[]): (string | undefined)[] | undefined =>
    asOf(presence(`<tuple id="a"><status><basic>open</basic></status>${statuses.join('')}</tuple>`), now).tuples?.[0]?.timed?.map(
      ({ from }) => from,
    );

  test('V4481-3-1 keeps what will be', () => {
    const [soon, later] = ['2026-05-01T10:00:01Z', '2026-05-01T23:00:00+12:00'];
    expect(kept(timed(soon, '2026-05-01T11:00:00Z'), timed(later))).toEqual([soon, later]);
  });

  test('V4481-3-2 has lost what would be now; its status stays what it is', () => {
    const [past, present] = ['2026-05-01T08:00:00Z', '2026-05-01T09:00:00Z'];
    expect(kept(timed(past, present), timed(present, '2026-05-01T11:00:00Z'), timed(present))).toEqual([past]);
    expect(kept(timed(present))).toBeUndefined();
    const document = presence(`<tuple id="a"><status><basic>open</basic></status>${timed(present)}</tuple>`);
    expect(asOf(document, now).tuples).toEqual([{ id: 'a', basic: 'open' }]);
  });
});
