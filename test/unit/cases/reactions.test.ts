import { expect, test } from '@jest/globals';
import { fromCpim, toCpim } from '../../../src/cpim/carry/carry.ts';
import type { Payload } from '../../../src/cpim/envelope.ts';
import { formatImdn } from '../../../src/cpim/notification/imdn.ts';

function read(mime: readonly string[], body: string): Payload {
  const head = [
    'From: <im:a@b>',
    'To: <im:c@d>',
    'DateTime: 2026-05-01T10:00:00Z',
    'NS: i <urn:ietf:params:imdn>',
    'i.Message-ID: m',
  ];
  const envelope = fromCpim(Buffer.from([...head, '', ...mime, '', body].join('\r\n')));
  // What was understood of a stranger's object stays so in the timeline.
  expect(fromCpim(toCpim(envelope))).toEqual(envelope);
  return envelope.payload;
}

const text = 'Content-Type: text/plain; charset=utf-8';
const disposition = 'Content-Disposition: Reaction';
const about = 'In-Reply-To: <34jk324j@example.org>';
const reaction = (...emoji: string[]): Payload => ({
  kind: 'reaction',
  target: { id: { kind: 'message-id', value: '34jk324j@example.org', strong: false } },
  mode: 'add',
  emoji,
});

test('V9078-5.1-1 a part with that disposition is a reaction to the message that it names, and no text', () => {
  expect(read([text, disposition, about], '👍')).toEqual(reaction('👍'));
  expect(read([text, disposition, about], '👩‍👩‍👧 🇨🇭\r\n❤')).toEqual(reaction('👩‍👩‍👧', '🇨🇭', '❤'));
});

test('V9078-5.1-1 without either it is text', () => {
  for (const mime of [
    [text, disposition],
    [text, about],
    [text, 'Content-Disposition: render', about],
  ]) {
    expect(read(mime, '👍')).toEqual({ kind: 'text', manner: 'plain', text: '👍' });
  }
});

test('V9078-3-1 words that are no emoji are dropped, the others are kept', () => {
  expect(read([text, disposition, about], '👍 ok 🎉 1 🎉🎉 👍')).toEqual(reaction('👍', '🎉'));
  expect(read([text, disposition, about], 'ok')).toEqual({ kind: 'text', manner: 'plain', text: 'ok' });
});

test.each(['message/imdn+xml', 'application/im-iscomposing+xml'])('VCLASS-1 an object of %s is no message of a room', (type) => {
  const body = formatImdn({ messageId: 'm', datetime: '2026-05-01T10:00:00Z', type: 'display', status: 'displayed' });
  expect(() => read([`Content-Type: ${type}`], body)).toThrow(expect.objectContaining({ kind: 'refused' }));
});

test('VCLASS-1 neither is a text whose disposition says that it is a notification', () => {
  expect(() => read([text, 'Content-Disposition: notification'], 'read')).toThrow(expect.objectContaining({ kind: 'refused' }));
});
