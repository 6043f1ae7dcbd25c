import { expect, test } from '@jest/globals';
import { formatImdn, parseImdn } from '../../../src/cpim/notification/imdn.ts';
import { imdnOf, receiptElement, receiptOf } from '../../../src/networks/xmpp/cpim/receipts.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { serialize } from '../../../src/networks/xmpp/wire/serialize.ts';

const original = { messageId: '34jk324j', datetime: '2006-04-04T12:16:49-05:00' };
const stanza = (child: string) =>
  readElement(`<message xmlns='jabber:client' from='a@example.com/r' to='b@example.net'>${child}</message>`);

test.each([
  ['V5438-XMPP-2 received', `<received xmlns="urn:xmpp:receipts" id="m9"/>`, { type: 'delivery', status: 'delivered' }],
  ['displayed', `<displayed xmlns="urn:xmpp:chat-markers:0" id="m9"/>`, { type: 'display', status: 'displayed' }],
])('%s is a notification about the original message, with its time, and back', (_, child, said) => {
  const receipt = receiptOf(stanza(child));
  expect(receipt).toEqual({ id: 'm9', status: said.status });
  const imdn = receipt && parseImdn(formatImdn(imdnOf(receipt, original)));
  expect(imdn).toEqual({ ...original, ...said });
  const back = imdn && receiptElement(imdn, 'm9');
  expect(back && serialize(back)).toBe(child);
});

test('what is no receipt is none, and what XMPP cannot say is not said', () => {
  expect(receiptOf(stanza('<received xmlns="urn:x" id="m9"/>'))).toBeUndefined();
  expect(receiptOf(stanza('<received xmlns="urn:xmpp:receipts"/>'))).toBeUndefined();
  expect(receiptElement({ ...original, type: 'delivery', status: 'failed' }, 'm9')).toBeUndefined();
  expect(receiptElement({ ...original, type: 'processing', status: 'stored' }, 'm9')).toBeUndefined();
});
