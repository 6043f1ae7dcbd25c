import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Chunk, reassemble } from '../../../src/networks/sip/msrp-chunks.ts';

/** The chunks of a text, cut at the places given. */
function cut(text: string, places: readonly number[]): Chunk[] {
  const octets = Buffer.from(text);
  const at = [0, ...new Set(places.map((place) => place % (octets.length + 1))), octets.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => {
    const start = at[index] ?? 0;
    const flag = index === at.length - 2 ? '$' : '+';
    return { range: `${start + 1}-*/${octets.length}`, flag, body: octets.subarray(start, end) };
  });
}

const text = fc.string({ unit: 'grapheme', minLength: 1 });

test('chunks in any order are the message, even where one came twice', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat()), fc.func(fc.integer()), (whole, places, rank) => {
      const chunks = cut(whole, places);
      const shuffled = [...chunks, ...chunks.slice(0, 2)].sort((a, b) => rank(a.range) - rank(b.range));
      expect(reassemble(shuffled)).toEqual({ state: 'complete', body: Buffer.from(whole) });
    }),
  );
});

test('without one of them it is incomplete', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { minLength: 1 }), fc.nat(), (whole, places, which) => {
      const chunks = cut(whole, places).filter(({ body }) => body.length > 0);
      const missing = which % chunks.length;
      expect(reassemble(chunks.filter((_, index) => index !== missing)).state).toBe('incomplete');
    }),
  );
});

test('a range is what it must be, and one of a petabyte costs nothing', () => {
  const chunk = (range: string): Chunk => ({ range, flag: '$', body: Buffer.from('x') });
  expect(() => reassemble([chunk('0-1/1')])).toThrow('Byte-Range');
  expect(() => reassemble([chunk('x')])).toThrow('Byte-Range');
  expect(reassemble([chunk('100000000000000-*/*')])).toEqual({ state: 'incomplete' });
});
