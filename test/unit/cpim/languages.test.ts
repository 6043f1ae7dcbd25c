import { describe, expect, test } from '@jest/globals';
import { degrade } from '../../../src/cpim/degrade/degrade.ts';
import type { Text } from '../../../src/cpim/envelope.ts';
import { able, envelope } from './envelopes.ts';

describe('a text in several languages', () => {
  const translations = [{ lang: 'de', text: 'guten Abend' }];
  const alone: Text = { kind: 'text', manner: 'plain', text: 'good evening', lang: 'en' };
  const text: Text = { ...alone, translations };
  const known = { targetKnown: true };
  const lost = { feature: 'languages', level: 'dropped' };
  const reply = { id: { kind: 'event', value: '28fd', strong: true }, author: 'Bob', excerpt: 'hi' };

  test('stays so where a place has them', () => {
    const sent = envelope(text);
    expect(degrade(sent, able(), known)).toEqual({ kind: 'deliver', envelope: sent });
  });

  test('is in one where a place has not, and that is recorded', () => {
    const done = degrade(envelope(text), able({ languages: 'dropped' }), known);
    expect(done).toEqual({ kind: 'deliver', envelope: { ...envelope(alone), degradations: [lost] } });
  });

  test('is in one beside a name of ours', () => {
    const done = degrade(envelope(text), able(), { ...known, speaker: 'Alice' });
    const payload = { ...alone, text: 'Alice: good evening' };
    expect(done).toMatchObject({ envelope: { payload, degradations: [{ feature: 'identity', level: 'fallback' }, lost] } });
  });

  test('is in one beside a quote of ours', () => {
    const done = degrade(envelope(text, { reply }), able({ reply: 'fallback' }), known);
    const payload = { ...alone, text: 'Bob: hi\ngood evening', spans: [{ style: 'quote', start: 0, end: 7 }] };
    expect(done).toMatchObject({ envelope: { payload, degradations: [{ feature: 'reply', level: 'fallback' }, lost] } });
  });

  test('is in one where they are too long together', () => {
    expect(degrade(envelope(text), able({}, 20), known)).toMatchObject({ envelope: { payload: alone, degradations: [lost] } });
  });

  test('is refused where a place would have to show all of them', () => {
    expect(degrade(envelope(text), able({ languages: 'rejected' }), known)).toMatchObject({ kind: 'reject' });
  });
});
