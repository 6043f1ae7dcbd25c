import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromCpim, toCpim } from '../../../src/cpim/carry/carry.ts';
import { type Degraded, degrade } from '../../../src/cpim/degrade/degrade.ts';
import type { Envelope, Payload, Text } from '../../../src/cpim/envelope.ts';
import { payloads } from '../cpim/envelopes.ts';
import { type Face, frame, meaning } from './face.ts';
import { matrixFace, matrixSamples } from './matrix.ts';
import { sipFace, sipSamples } from './sip.ts';
import { xmppFace, xmppSamples } from './xmpp.ts';

/*
 * From every protocol to every other, itself included: what was said there, through Message/CPIM and what the other can carry, is
 * what its people read. Another protocol is another line in this table.
 */
const protocols = {
  xmpp: { open: xmppFace, samples: xmppSamples },
  matrix: { open: matrixFace, samples: matrixSamples },
  sip: { open: sipFace, samples: sipSamples },
} satisfies Record<string, { open(): Promise<Face>; samples: Readonly<Record<string, unknown>> }>;
type Name = keyof typeof protocols;
const names = Object.keys(protocols) as Name[];
const pairs = names.flatMap((from) => names.map((to) => [from, to] as const));

const faces = new Map<Name, Face>();
beforeAll(async () => {
  for (const name of names) faces.set(name, await protocols[name].open());
});
afterAll(async () => {
  for (const face of faces.values()) await face.close();
});
const face = (name: Name): Face => faces.get(name) as Face;

/** As the timeline keeps it, and as the lane of that endpoint makes it. */
function carried(sent: Envelope, to: Face): Degraded {
  const octets = toCpim(sent);
  const kept = fromCpim(octets);
  expect(kept).toEqual(sent);
  expect(toCpim(kept)).toEqual(octets);
  const done = degrade(kept, to.capabilities, { targetKnown: false });
  if (done.kind !== 'reject') expect(degrade(done.envelope, to.capabilities, { targetKnown: false })).toEqual(done);
  return done;
}

/** What people there read of it; undefined: nothing, and it says why. */
async function arrived(sent: Envelope, to: Face): Promise<{ read: Envelope; degraded: Envelope } | undefined> {
  const done = carried(sent, to);
  if (done.kind === 'reject') {
    expect(done.why.text).not.toBe('');
    return undefined;
  }
  const { envelope } = done;
  // Never silent: something is recorded exactly when it is not what it was.
  expect(envelope.degradations.length > 0).toBe(done.kind === 'drop' || isLess(sent, envelope, to));
  if (done.kind === 'drop' || envelope.payload.kind === 'membership') return undefined;
  const read = to.read(await to.write(envelope));
  if (!read) throw new Error(`nothing arrived of ${JSON.stringify(envelope.payload)}`);
  expect(meaning(read)).toEqual({ ...meaning(envelope), payload: to.seen(envelope.payload) });
  return { read, degraded: envelope };
}

/** A level of `partial` loses what only the protocol knows. */
function isLess(sent: Envelope, left: Envelope, { capabilities }: Face): boolean {
  const changed = !isDeepStrictEqual(meaning(sent), meaning(left));
  const manner = sent.payload.kind === 'text' ? sent.payload.manner : 'plain';
  return changed || (manner !== 'plain' && capabilities.features[manner] === 'partial');
}

describe.each(pairs)('from %s to %s', (from, to) => {
  test.each(Object.entries<unknown>(protocols[from].samples))('%s', async (what, native) => {
    const sent = face(from).read(native);
    if (!sent) throw new Error(`${what} says nothing`);
    const there = await arrived(sent, face(to));
    if (!there || there.degraded.degradations.length > 0) return;
    // Nothing was lost: what comes back is what was said, if nothing is lost on the way back.
    const back = await arrived({ ...there.read, degradations: [] }, face(from));
    if (!back || back.degraded.degradations.length > 0) return;
    expect(meaning(back.read)).toEqual({ ...meaning(sent), payload: face(from).seen(face(to).seen(sent.payload)) });
  });
});

const tag = fc.constantFrom('en', 'de-CH', 'zh-Hant');
// Readers pass over U+0000: of a line of nothing else nothing is left.
const said = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((text) => text.replaceAll('\0', '').trim() !== '');
const texts: fc.Arbitrary<Text> = fc
  .record(
    { manner: fc.constantFrom('plain' as const, 'emote' as const, 'automated' as const), text: said, lang: tag },
    { requiredKeys: ['manner', 'text'], noNullPrototype: true },
  )
  .map((text): Text => ({ kind: 'text', ...text }));
const { text: _, edit, notice, ...others } = payloads;
const anything: fc.Arbitrary<Payload> = fc.oneof(
  texts,
  fc.tuple(edit, texts).map(([one, text]) => ({ ...one, text })),
  fc.tuple(notice, said).map(([one, text]) => ({ ...one, text })),
  ...Object.values(others),
);

describe.each(names)('to %s', (to) => {
  test('whatever can be said arrives, or somebody is told why not', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (payload) => {
        await arrived({ ...frame, payload }, face(to));
      }),
      { numRuns: 300 },
    );
  });
});
