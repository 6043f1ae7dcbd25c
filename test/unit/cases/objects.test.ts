import { describe, expect, test } from '@jest/globals';
import { fromCpim, toCpim } from '../../../src/cpim/carry/carry.ts';
import { type Message, parse } from '../../../src/cpim/message/message.ts';
import { headerUrn } from '../../../src/cpim/message/namespaces.ts';
import { stepMessage } from '../../../src/cpim/message/operation.ts';
import { type Awaited, awaitReport, overdue, reported } from '../../../src/cpim/message/reports.ts';
import { covered } from '../../../src/cpim/message/wrap.ts';
import { reason, statusOf } from '../../../src/cpim/reasons.ts';
import { shortId } from '../../../src/cpim/short-id.ts';

const inner = Buffer.from(
  [
    'From: MR SANDERS <im:piglet@100akerwood.com>',
    'To: Depressed Donkey <im:eeyore@100akerwood.com>',
    'DateTime: 2000-12-13T13:40:00-08:00',
    'NS: i <urn:ietf:params:imdn>',
    'i.Message-ID: 34jk324j',
    'i.Disposition-Notification: positive-delivery',
    'Subject: the weather will be fine today',
    '',
    'Content-Type: multipart/signed; boundary=next',
    '',
    '--next\r\nnot looked at: \u{1f409}\r\n--next--\r\n',
  ].join('\r\n'),
);

const values = ({ headers }: Message, name: string): string[] =>
  headers.filter((header) => header.name === name).map(({ value }) => value);

describe('an object that is passed on', () => {
  const to = { uri: 'im:stable@example.org' };

  test('V3862-6-1 gets a timestamp and a route on a cover; inside it is what it was, octet by octet', () => {
    const octets = covered(inner, { dateTime: '2026-05-01T10:00:00Z', recordRoute: { uri: 'im:gw@example.org' } });
    const message = parse(octets, 'strict');
    expect(message.mime).toEqual([['Content-Type', 'Message/CPIM']]);
    expect(message.body.equals(inner)).toBe(true);
    expect(values(message, 'DateTime')).toEqual(['2026-05-01T10:00:00Z']);
    expect(values(message, 'IMDN-Record-Route')).toEqual(['<im:gw@example.org>']);
    // Whoever asks for a receipt asks on the cover, too.
    expect(values(message, 'Message-ID')).toEqual(['34jk324j']);
    expect(values(message, 'Disposition-Notification')).toEqual(['positive-delivery']);
  });

  test('V5438-6.4-1 to somebody else says once who it was for', () => {
    const once = parse(covered(inner, { to }), 'strict');
    expect(values(once, 'To')).toEqual(['<im:stable@example.org>']);
    expect(values(once, 'Original-To')).toEqual(['Depressed Donkey <im:eeyore@100akerwood.com>']);
    const octets = covered(inner, { to });
    const twice = parse(covered(octets, { to: { uri: 'im:meadow@example.org' } }), 'strict');
    expect(values(twice, 'To')).toEqual(['<im:meadow@example.org>']);
    expect(values(twice, 'Original-To')).toEqual(['Depressed Donkey <im:eeyore@100akerwood.com>']);
    expect(twice.body.equals(octets)).toBe(true);
  });

  test('V5438-6.4-1 to whom it was for says nothing of it', () => {
    expect(values(parse(covered(inner, { dateTime: '2026-05-01T10:00:00Z' }), 'strict'), 'Original-To')).toEqual([]);
  });

  test('V3862-6-2 keeps the headers of strangers, their octets and their order', () => {
    const strange = [
      'x.Zeta:;lang=fr;a="b;c" d\\u00e9j\\u00e0  vu "',
      'Vnd-Alpha: <b>',
      'x.Alpha: 1,2',
      'x.Zeta: again',
      'Subject:;lang=de Wetter',
    ];
    const head = ['From: <im:a@example.org>', 'To: <im:b@example.org>', 'DateTime: 2026-05-01T10:00:00Z', 'NS: x <urn:x:y>'];
    const ids = ['NS: i <urn:ietf:params:imdn>', 'i.Message-ID: m'];
    const octets = Buffer.from(
      [...head, ...ids, ...strange, '', 'Content-Type: text/plain; charset=utf-8', '', 'hi'].join('\r\n'),
    );
    const stored = toCpim(fromCpim(octets));
    const lines = (of: Buffer): string[] =>
      of
        .toString()
        .split('\r\n')
        .filter((line) => /Zeta|Alpha|Subject/.test(line));
    expect(lines(stored).map((line) => line.replace(/^\w+\./, 'x.'))).toEqual(strange);
    expect(toCpim(fromCpim(stored))).toEqual(stored);
  });
});

test('V3862-7.2-1 a registered header has a URN', () => {
  expect(headerUrn('Top&Tail')).toBe('urn:ietf:params:cpim-headers:Top%26Tail');
  expect(headerUrn('DateTime')).toBe('urn:ietf:params:cpim-headers:DateTime');
});

describe('an operation', () => {
  const operation = {
    source: 'im:a@example.com',
    destination: 'im:b@example.com',
    transId: 't1',
    maxForwards: 10,
    resolvable: true,
    permitted: true,
    delivery: 'delegated-with-report',
  } as const;

  test('V3860-3.4.1-6b that is reported on later has one response, and that is the report', () => {
    expect(stepMessage(operation).response).toBeUndefined();
    const open: Awaited = awaitReport({}, { transId: 't1', id: 't1', until: 60_000 });
    const first = reported(open, 't1', 'success');
    const again = reported(JSON.parse(JSON.stringify(first.awaited)), 't1', 'failure');
    const stranger = reported(open, 't2', 'success');
    expect([first.responses, again.responses, stranger.responses]).toEqual([[{ status: 'success', transId: 't1' }], [], []]);
  });

  test('V3860-3.4.1-6b that nobody reports on has failed, once', () => {
    const open = awaitReport(awaitReport({}, { transId: 't1', id: 't1', until: 60_000 }), {
      transId: 't2',
      id: 't2',
      until: 90_000,
    });
    expect(overdue(open, 59_999).responses).toEqual([]);
    const late = overdue(open, 60_000);
    expect(late.responses).toEqual([{ status: 'failure', transId: 't1' }]);
    expect(reported(late.awaited, 't1', 'success').responses).toEqual([]);
    expect(reported(late.awaited, 't2', 'success').responses).toEqual([{ status: 'success', transId: 't2' }]);
  });

  test('V3859-3.1-2 of a very long id is reported on under its alias', () => {
    const [transId, alias] = ['é'.repeat(21), 'salt-1'];
    expect([shortId(transId, alias), shortId('é'.repeat(20), alias)]).toEqual([alias, 'é'.repeat(20)]);
    const open = awaitReport({}, { transId, id: shortId(transId, alias), until: 60_000 });
    expect(reported(open, alias, 'success').responses).toEqual([{ status: 'success', transId }]);
  });

  test('VLOOP-1 that has gone round too often fails for that reason', () => {
    expect(stepMessage({ ...operation, maxForwards: 0 }).response?.status).toBe(statusOf(reason('loop').code));
  });
});
