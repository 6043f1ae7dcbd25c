import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { degrade } from '../../../src/cpim/degrade/degrade.ts';
import { able, capabilities, contexts, envelope, envelopes, fresh } from './envelopes.ts';

const id = { kind: 'event', value: '28fd', strong: true };

describe('degrading', () => {
  test('leaves alone what a place can carry', () => {
    const edit = { kind: 'edit', target: { id }, text: { kind: 'text', manner: 'emote', text: 'better' } } as const;
    const sent = envelope(edit, { reply: { id }, thread: id });
    expect(degrade(sent, able(), { targetKnown: true })).toEqual({ kind: 'deliver', envelope: sent });
  });

  test('changes nothing the second time', () => {
    fc.assert(
      fc.property(envelopes, capabilities, contexts, (sent, able, context) => {
        const once = degrade(sent, able, context);
        if (once.kind !== 'reject') expect(degrade(once.envelope, able, context)).toEqual(once);
      }),
      { numRuns: 5000 },
    );
  });

  test('is never silent, and says nothing when nothing is lost', () => {
    fc.assert(
      fc.property(fresh, capabilities, contexts, (sent, able, context) => {
        const done = degrade(sent, able, context);
        if (done.kind === 'reject') return;
        const { degradations, ...left } = done.envelope;
        const { degradations: _, ...before } = sent;
        // What was added (a name) may be cut off again, so that by chance the text is what it was.
        const isCut = degradations.some(({ feature }) => feature === 'length');
        const isChanged = done.kind === 'drop' || isCut || JSON.stringify(left) !== JSON.stringify(before);
        if (isChanged) expect(degradations).not.toEqual([]);
        const elsewhere = degradations
          .filter(({ level }) => level !== 'partial')
          .map(({ feature, level }) => `${feature}:${level}`);
        // In its own form: what is recorded is what this form does not show.
        if (!isChanged) expect(['text:fallback', 'identity:dropped']).toEqual(expect.arrayContaining(elsewhere));
      }),
      { numRuns: 5000 },
    );
  });

  test('keeps who, where, when and what strangers added', () => {
    fc.assert(
      fc.property(fresh, capabilities, contexts, (sent, able, context) => {
        const done = degrade(sent, able, context);
        if (done.kind === 'reject') return;
        const { id, from, to, time, trace, extensions } = sent;
        expect(done.envelope).toMatchObject({ id, from, to, time, trace, extensions });
      }),
    );
  });

  test('never exceeds the length of a place, nor cuts a character', () => {
    fc.assert(
      fc.property(fresh, fc.integer({ min: 0, max: 100 }), contexts, (sent, octets, context) => {
        const done = degrade(sent, able({ media: 'fallback', length: 'fallback' }, octets), context);
        if (done.kind !== 'deliver') return;
        const { payload } = done.envelope;
        const text = payload.kind === 'edit' ? payload.text.text : 'text' in payload ? payload.text : '';
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(octets);
        expect(text.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('a quote', () => {
  test('is one line of at most 120 graphemes, without control characters', () => {
    fc.assert(
      fc.property(fresh, contexts, (sent, context) => {
        const { payload } = sent;
        if (payload.kind !== 'reaction' && payload.kind !== 'retraction') return;
        const done = degrade(sent, able({ reaction: 'fallback', retraction: 'fallback', emote: 'fallback' }), {
          targetKnown: true,
          ...(context.quote && { quote: context.quote }),
        });
        if (done.kind !== 'deliver' || done.envelope.payload.kind !== 'text') return;
        expect(done.envelope.payload.text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
    const long = { id, excerpt: '👩‍👩‍👧'.repeat(200) };
    const done = degrade(envelope({ kind: 'retraction', target: long, by: 'author' }), able({ retraction: 'fallback' }), {
      targetKnown: true,
    });
    expect(done).toMatchObject({ envelope: { payload: { text: `(removed a message: “${'👩‍👩‍👧'.repeat(119)}…”)` } } });
  });
});
