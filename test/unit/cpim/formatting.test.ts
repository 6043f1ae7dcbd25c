import { describe, expect, test } from '@jest/globals';
import type { Capabilities } from '../../../src/cpim/capabilities.ts';
import { degrade } from '../../../src/cpim/degrade/degrade.ts';
import type { Envelope, Text } from '../../../src/cpim/envelope.ts';
import { able, envelope } from './envelopes.ts';

const said = (text: string): Text => ({ kind: 'text', manner: 'plain', text });

function shown(text: Text, able: Capabilities, speaker?: string): Envelope {
  const done = degrade(envelope(text), able, { targetKnown: true, ...(speaker !== undefined && { speaker }) });
  if (done.kind !== 'deliver') throw new Error(JSON.stringify(done));
  return done.envelope;
}

describe('a place with', () => {
  test('some formatting shows the rest in marks, and moves what stays', () => {
    const spans = [
      { style: 'strong', start: 0, end: 2 },
      { style: 'spoiler', start: 3, end: 6 },
      { style: 'code', start: 7, end: 8 },
    ] as const;
    const text = { ...said('so and x'), spans, mentions: [{ start: 7, end: 8 }] };
    const some: Capabilities = { ...able(), styles: ['code', 'quote'] };
    const done = shown(text, some, 'Al');
    expect(done.payload).toEqual({
      ...said('Al: *so* ||and|| x'),
      spans: [{ style: 'code', start: 17, end: 18 }],
      mentions: [{ start: 17, end: 18 }],
    });
    expect(done.degradations).toEqual([
      { feature: 'identity', level: 'fallback' },
      { feature: 'formatting', level: 'partial' },
    ]);
  });

  test('a text too long to be formatted has marks, and one that is cut loses what was marked behind', () => {
    const text = {
      ...said('abc def'),
      spans: [
        { style: 'strong', start: 0, end: 3 },
        { style: 'code', start: 4, end: 7 },
      ],
    } as const;
    const long = shown(text, { ...able(), styledOctets: 6 });
    expect(long.payload).toEqual(said('*abc* `def`'));
    const cut = shown(text, able({ length: 'dropped' }, 5));
    expect(cut.payload).toEqual({ ...said('abc d'), spans: [text.spans[0], { style: 'code', start: 4, end: 5 }] });
  });
});
