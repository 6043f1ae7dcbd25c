import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromCpim, toCpim } from '../../../src/cpim/carry/carry.ts';
import type { Envelope, Opaque } from '../../../src/cpim/envelope.ts';
import { entityOf, opaqueOf, unwrap, wrap } from '../../../src/networks/xmpp/cpim/protected.ts';
import { said } from '../../../src/networks/xmpp/features/table.ts';
import { StreamParser } from '../../../src/networks/xmpp/wire/parser.ts';
import { serialize } from '../../../src/networks/xmpp/wire/serialize.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';
import { hasOpenssl, missingOpenssl, Signer } from '../../support/openssl.ts';

const from = 'juliet@example.com/balcony';
const to = 'romeo@example.net';

/** An object of RFC 3862 as a MIME part: text that is not ASCII, and the end of a CDATA section. */
const part = [
  'Content-Type: Message/CPIM',
  'Content-Description: a question',
  '',
  'From: Juliet Capulet <im:juliet@example.com>',
  'To: Romeo Montague <im:romeo@example.net>',
  'DateTime: 2003-12-09T23:45:36.66Z',
  '',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'Pro\u010d jsi ty  \t Romeo ]]> ?',
  '',
].join('\r\n');

/** The same, with an encoding for the transfer: the signature is of the encoded lines. */
const encodedPart = `Content-Type: Message/CPIM\r\nContent-Transfer-Encoding: base64\r\n\r\n${wrapped(part, 64)}\r\n`;

function wrapped(text: string, width: number): string {
  const base64 = Buffer.from(text).toString('base64');
  return base64.match(new RegExp(`.{1,${width}}`, 'g'))?.join('\r\n') ?? '';
}

/** The stanza as a client writes it: in CDATA, with a newline before and after, on a stream whose parser makes CRLF to LF. */
function heard(name: 'message' | 'presence', entity: string): El {
  const text = `<${name} from='${from}' to='${to}'><e2e xmlns='urn:ietf:params:xml:ns:xmpp-e2e'><![CDATA[\n${entity.replaceAll(']]>', ']]]]><![CDATA[>')}\n]]></e2e></${name}>`;
  return onStream(text);
}

function onStream(text: string): El {
  const elements: El[] = [];
  const parser = new StreamParser({ element: (el) => void elements.push(el), oversized: () => {} }, 1 << 18);
  parser.octets(
    Buffer.from(`<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>${text}`),
  );
  const [el] = elements;
  if (!el) throw new Error('no stanza');
  return el;
}

/** From one XMPP server through the core, where it lies as Message/CPIM, to another server and out of its stream again. */
function crossed(entity: string, change = (octets: Buffer): Buffer => octets): Buffer {
  const object = unwrap(heard('message', entity));
  if (!object) throw new Error('nothing is protected');
  const stored = fromCpim(toCpim({ ...envelope, payload: opaqueOf(object) })).payload as Opaque;
  const octets = entityOf(stored);
  if (!octets) throw new Error('nothing came back');
  const { stanza } = object;
  const again = unwrap(
    onStream(serialize(wrap({ stanza, from, to, entity: change(octets) })).replace(` xmlns="jabber:client"`, '')),
  );
  if (!again) throw new Error('nothing arrived');
  return again.entity;
}

const envelope: Omit<Envelope, 'payload'> = {
  id: 'e1',
  from: { uri: 'im:juliet@example.com', name: 'Juliet' },
  to: { uri: 'im:romeo@example.net' },
  time: '2003-12-09T23:45:36.660Z',
  trace: [],
  extensions: [],
  degradations: [],
};

missingOpenssl('protected objects stay as they are');
(hasOpenssl ? describe : describe.skip)('an S/MIME object of RFC 3923', () => {
  let juliet: Signer;
  beforeAll(() => {
    juliet = new Signer();
  });
  afterAll(() => juliet.close());

  test('has a certificate that names im:, pres: and XMPP address', () => {
    const { subjectAltName } = new X509Certificate(juliet.certificate());
    expect(subjectAltName).toMatch(/URI:im:juliet@example.com, URI:pres:juliet@example.com, othername: ?.*juliet@example.com/i);
  });

  test.each([
    ['signed in clear', []],
    ['signed, all in one', ['-nodetach']],
  ])('VE2E-1 %s is the same octet by octet, and verifies', (_, options) => {
    const entity = juliet.sign(part, ...options);
    const arrived = crossed(entity);
    expect(arrived).toEqual(Buffer.from(entity));
    expect(juliet.verified(arrived)).toBe(part);
  });

  test.each(['aes-128-cbc', 'aes-128-gcm', 'aes-256-gcm'])('VE2E-1 encrypted by %s is the same, and opens', (cipher) => {
    const entity = juliet.encrypt(part, cipher);
    const arrived = crossed(entity);
    expect(arrived).toEqual(Buffer.from(entity));
    expect(juliet.decrypted(arrived)).toBe(part);
  });

  test('signed, then encrypted, opens and verifies', () => {
    const opened = juliet.decrypted(crossed(juliet.encrypt(juliet.sign(part), 'aes-128-gcm')));
    expect(juliet.verified(Buffer.from(opened ?? ''))).toBe(part);
  });

  // What shows that the proof can fail: each is what a bridge does that reads the object and writes it anew.
  test.each<[string, (octets: Buffer) => Buffer]>([
    ['one word', (octets) => replaced(octets, 'jsi', 'nejsi')],
    ['one space at the end of a line', (octets) => replaced(octets, 'Romeo ]]> ?', 'Romeo ]]> ? ')],
    ['the case of a type', (octets) => replaced(octets, 'Message/CPIM', 'message/cpim')],
    [
      'the order of the MIME headers',
      (octets) => swapped(octets, 'Content-Type: Message/CPIM', 'Content-Description: a question'),
    ],
    [
      'the order of From and To',
      (octets) => swapped(octets, 'From: Juliet Capulet <im:juliet@example.com>', 'To: Romeo Montague <im:romeo@example.net>'),
    ],
  ])('VE2E-2 signed in clear does not verify when a hop changes %s', (_, change) => {
    const entity = juliet.sign(part);
    const arrived = crossed(entity, change);
    expect(arrived).not.toEqual(Buffer.from(entity));
    expect(juliet.verified(arrived)).toBeUndefined();
  });

  test('VE2E-2 does not verify with the line ends of XML, nor with base64 of other lines', () => {
    const entity = juliet.sign(part);
    expect(juliet.verified(Buffer.from(entity.replaceAll('\r\n', '\n')))).toBeUndefined();
    const encoded = juliet.sign(encodedPart);
    expect(juliet.verified(crossed(encoded))).toBe(encodedPart);
    const again = replaced(Buffer.from(encoded), wrapped(part, 64), wrapped(part, 76));
    expect(juliet.verified(again)).toBeUndefined();
  });

  test('is called what it is', () => {
    const label = (entity: string): string | undefined => (said(heard('message', entity))?.payload as Opaque | undefined)?.label;
    expect(label(juliet.sign(part))).toBe('a signed message (S/MIME)');
    expect(label(juliet.sign(part, '-nodetach'))).toBe('a signed message (S/MIME)');
    // The object decides, whatever its label says.
    const encrypted = juliet.encrypt(part, 'aes-128-cbc').replace('smime-type=enveloped-data', 'smime-type=signed-data');
    expect(label(encrypted)).toBe('an encrypted message (S/MIME)');
  });
});

function replaced(octets: Buffer, old: string, by: string): Buffer {
  const text = octets.toString('utf8');
  if (!text.includes(old)) throw new Error(`there is no ${old}`);
  return Buffer.from(text.replace(old, by));
}

function swapped(octets: Buffer, first: string, second: string): Buffer {
  return replaced(octets, `${first}\r\n${second}`, `${second}\r\n${first}`);
}

test('a protected object that is broken is carried as the element it came in', () => {
  const payload = said(heard('message', 'Content-Type: application/pkcs7-mime\r\n\r\nAAAA'))?.payload;
  expect(payload).toMatchObject({ kind: 'opaque', sort: 'encrypted', mediaType: 'application/xml' });
  expect(said(heard('message', 'no header'))?.payload).toMatchObject({ kind: 'opaque', mediaType: 'application/xml' });
});

test.each([
  ['octets that are no text', Buffer.from([0xff, 0xfe])],
  ['a NUL', Buffer.from('Content-Type: text/plain\r\n\r\n\0')],
  ['a line end that would come back as another', Buffer.from('Content-Type: text/plain\n\nx')],
])('an entity that XML cannot hold is not sent: %s', (_, entity) => {
  expect(() => wrap({ stanza: 'message', from, to, entity })).toThrow(expect.objectContaining({ kind: 'unsupported' }));
});
