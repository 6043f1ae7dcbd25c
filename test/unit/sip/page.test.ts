import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { format, parse } from '../../../src/cpim/message/message.ts';
import { parseSides } from '../../../src/cpim/message/sides.ts';
import { textOf } from '../../../src/cpim/message/text.ts';
import { formatRequest, parseNameAddr, parseRequest, type SipRequest } from '../../../src/networks/sip/message.ts';
import { cpimToRequest, requestToCpim, tooLarge } from '../../../src/networks/sip/page.ts';

const head = [
  ['Via', 'SIP/2.0/UDP proxy.example.net;branch=z9hG4bKx'],
  ['To', '<sip:juliet@example.com>'],
  ['From', '"Romeo" <sip:romeo@example.net;gr=orchard>;tag=1'],
  ['Call-ID', 'c1'],
  ['CSeq', '1 MESSAGE'],
] as const;
const message = (type: string, body: string, ...more: readonly (readonly [string, string])[]): SipRequest => ({
  method: 'MESSAGE',
  uri: 'sip:juliet@example.com',
  headers: [...head, ...more, ['Content-Type', type]],
  body: Buffer.from(body),
});
const said = (request: SipRequest): string => textOf(parse(requestToCpim(request), 'strict'), 'extended');

describe('a request', () => {
  const line = fc.stringMatching(/^[!-~\u00a1-\ud7ff]([ -~\u00a1-\ud7ff]{0,20}[!-~\u00a1-\ud7ff])?$/);
  const headers = fc.array(fc.tuple(fc.stringMatching(/^X-[A-Za-z]{1,8}$/), line));

  test('is read as it was written', () => {
    fc.assert(
      fc.property(headers, fc.uint8Array(), (more, octets) => {
        const request: SipRequest = { ...message('text/plain', ''), headers: [...head, ...more], body: Buffer.from(octets) };
        const { headers: read, ...rest } = parseRequest(formatRequest(request));
        expect(rest).toEqual({ method: request.method, uri: request.uri, body: request.body });
        expect(read.slice(0, -1)).toEqual(request.headers);
      }),
    );
  });

  test('has short names, folded lines, and an end', () => {
    const text = `MESSAGE sip:a@b SIP/2.0\r\nv: x\r\nt: sip:a@b;tag=1\r\nf: <sip:c@d>\r\ni: 1\r\nCSeq: 1\r\n  MESSAGE\r\nl: 2\r\n\r\nhi!`;
    const { headers, body } = parseRequest(Buffer.from(text));
    expect(headers.map(([name]) => name)).toEqual(['Via', 'To', 'From', 'Call-ID', 'CSeq', 'Content-Length']);
    expect(headers[4]?.[1]).toBe('1 MESSAGE');
    expect(body.toString()).toBe('hi');
  });

  test.each([
    ['no blank line', 'MESSAGE sip:a@b SIP/2.0\r\nVia: x\r\n'],
    ['a response', 'SIP/2.0 200 OK\r\nVia: x\r\n\r\n'],
    ['no From', 'MESSAGE sip:a@b SIP/2.0\r\nVia: x\r\nTo: sip:a@b\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n\r\n'],
    ['a body that is cut', `MESSAGE sip:a@b SIP/2.0\r\nv: x\r\nt: sip:a@b\r\nf: sip:a@b\r\ni: 1\r\nCSeq: 1 M\r\nl: 9\r\n\r\nhi`],
  ])('is refused: %s', (_, text) => {
    expect(() => parseRequest(Buffer.from(text))).toThrow(expect.objectContaining({ kind: 'malformed' }));
  });

  test('is never written with a line end in a header', () => {
    expect(() => formatRequest(message('text/plain', '', ['Subject', 'a\r\nFrom: sip:other@example.com']))).toThrow('line end');
  });

  test('has parameters of the address in brackets only', () => {
    expect(parseNameAddr('sip:a@b;gr=x;tag=1')).toEqual({ uri: 'sip:a@b', params: ';gr=x;tag=1' });
    expect(parseNameAddr('"A \\"B\\" <c>" <sip:a@b;gr=x>;tag=1')).toEqual({
      name: 'A "B" <c>',
      uri: 'sip:a@b;gr=x',
      params: ';tag=1',
    });
  });
});

describe('a MESSAGE', () => {
  test('V7572-6-1 of 1301 octets is too large outside a session, one of 1300 is not', () => {
    const room = 1300 - formatRequest(message('text/plain', '')).length;
    const of = (length: number): Buffer => formatRequest(message('text/plain', 'x'.repeat(length)));
    // A body of four digits in length takes three octets more in Content-Length than an empty one.
    const length = room - 3;
    expect([of(length).length, tooLarge(of(length))]).toEqual([1300, undefined]);
    expect([of(length + 1).length, tooLarge(of(length + 1))?.code]).toEqual([1301, 'too-large']);
  });

  test('V3428-4-1 has no Contact', () => {
    const cpim = format(
      [
        { name: 'From', address: { uri: 'im:a@example.com' } },
        { name: 'To', address: { uri: 'im:b@example.net' } },
      ],
      [['Content-Type', 'text/plain']],
      'hi',
    );
    expect(cpimToRequest(cpim).headers.map(([name]) => name)).not.toContain('Contact');
  });

  test('is UTF-8 where it does not say otherwise', () => {
    expect(said(message('text/plain', 'né'))).toBe('né');
    expect(() => said(message('text/plain; charset=us-ascii', 'né'))).toThrow(expect.objectContaining({ kind: 'malformed' }));
  });

  test('V7572-7-1 with message/cpim in it is unwrapped, and speaks for whom the transport says', () => {
    const inner =
      'From: <im:mercutio@example.net>\r\nTo: <im:x@y>\r\nSubject: Hi\r\n\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nné';
    const cpim = parse(requestToCpim(message('message/cpim', inner)), 'strict');
    expect(
      cpim.headers.filter(({ ns, name }) => ns === undefined && name !== 'NS').map(({ name, value }) => [name, value]),
    ).toEqual([
      ['From', '<im:romeo@example.net>'],
      ['To', '<im:juliet@example.com>'],
      ['Subject', 'Hi'],
    ]);
    expect(textOf(cpim, 'extended')).toBe('né');
    expect(parseSides(cpim)).toEqual({ fromDevice: 'orchard', thread: 'c1' });
  });

  test.each([
    ['text/html', 'unsupported', message('text/html', '<p>x</p>')],
    ['an unknown encoding', 'unsupported', message('text/plain', 'x', ['Content-Encoding', 'deflate'])],
    ['a required extension', 'unsupported', message('text/plain', 'x', ['Require', '100rel'])],
    ['V7247-8-1r a sips: Request-URI', 'refused', { ...message('text/plain', 'x'), uri: 'sips:juliet@example.com' }],
  ])('is not taken: %s', (_, kind, request) => {
    expect(() => requestToCpim(request)).toThrow(expect.objectContaining({ kind }));
  });
});
