import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CpimError } from '../../../src/cpim/error.ts';
import { parse } from '../../../src/cpim/message/message.ts';
import { chatStateOf, composingOf, formatComposing, parseComposing } from '../../../src/cpim/notification/composing.ts';
import { formatImdn, type Imdn, parseImdn } from '../../../src/cpim/notification/imdn.ts';
import { respond } from '../../../src/cpim/notification/respond.ts';
import { composings, imdns } from './documents.ts';

describe('a disposition notification', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(imdns, (imdn) => {
        expect(parseImdn(formatImdn(imdn))).toEqual(imdn);
      }),
      { numRuns: 1000 },
    );
  });

  const about = { messageId: 'm', datetime: '2026-05-01T10:00:00Z', type: 'delivery', status: 'delivered' } as const;
  test.each<[string, Imdn]>([
    ['no id', { ...about, messageId: '' }],
    ['one of the URIs', { ...about, recipientUri: 'im:a@b' }],
    ['a subject alone', { ...about, subject: 'x' }],
    ['a status of another type', { ...about, status: 'stored' }],
  ])('is not written with %s', (_, imdn) => {
    expect(() => formatImdn(imdn)).toThrow(CpimError);
  });

  const written = (said: string): string =>
    `<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>m</message-id><datetime>t</datetime>${said}</imdn>`;
  const delivered = '<delivery-notification><status><delivered/></status></delivery-notification>';
  test.each([
    ['nothing', ''],
    ['two notifications', delivered.repeat(2)],
    ['two statuses', delivered.replace('<delivered/>', '<delivered/><failed/>')],
    ['a status of a prototype', delivered.replace('delivered', 'constructor')],
  ])('is not read with %s', (_, said) => {
    expect(() => parseImdn(written(said))).toThrow(CpimError);
  });
});

describe('what is answered to a message that asks', () => {
  const message = (...headers: string[]): ReturnType<typeof parse> =>
    parse(
      [
        'From: <im:a@example.org>',
        'To: <im:b@example.org>',
        'DateTime: 2026-05-01T10:00:00Z',
        'NS: i <urn:ietf:params:imdn>',
        'i.Message-ID: m',
        'i.Disposition-Notification: positive-delivery;x=1',
        ...headers,
        '',
        'Content-Type: text/plain',
        '',
        'hi',
      ].join('\r\n'),
      'strict',
    );

  test('goes the way back that the message came', () => {
    const [first, second] = ['Gate <im:gw1@example.org>', '<im:gw2@example.org>'];
    const answer = respond(message(`i.IMDN-Record-Route: ${first}`, `i.IMDN-Record-Route: ${second}`), 'delivered', 'recipient');
    expect(answer).toMatchObject({ to: 'im:gw1@example.org', route: [first, second] });
  });

  test('names both whom it reached and whom it was for', () => {
    const answer = respond(message('i.Original-To: The list <im:list@example.org>'), 'delivered', 'recipient');
    expect(parseImdn(answer?.imdn ?? '')).toMatchObject({
      recipientUri: 'im:b@example.org',
      originalRecipientUri: 'im:list@example.org',
    });
  });

  test('is nothing where the headers of another namespace ask', () => {
    const foreign = parse(
      'From: <im:a@b>\r\nDateTime: t\r\nNS: i <urn:x>\r\ni.Message-ID: m\r\ni.Disposition-Notification: display\r\n\r\nContent-Type: a/b\r\n\r\n',
      'strict',
    );
    expect(respond(foreign, 'displayed', 'recipient')).toBeUndefined();
  });
});

describe('a composing indication', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(composings, (composing) => {
        expect(parseComposing(formatComposing(composing))).toEqual(composing);
      }),
      { numRuns: 1000 },
    );
  });

  test('has two states for five, and none for who is gone', () => {
    const states = (['active', 'composing', 'paused', 'inactive', 'gone'] as const).map((state) => composingOf(state)?.state);
    expect(states).toEqual(['idle', 'active', 'idle', 'idle', undefined]);
    expect(chatStateOf({ state: 'active' })).toBe('composing');
    expect(chatStateOf({ state: 'idle' })).toBe('active');
  });

  test('with what is unknown is idle, with what is wrong goes without it', () => {
    const inner = '<state>dreaming</state><refresh>-1</refresh><lastactive>today</lastactive><contenttype/>';
    expect(parseComposing(`<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">${inner}</isComposing>`)).toEqual({
      state: 'idle',
    });
  });

  test.each([{ refresh: 0 }, { refresh: 1.5 }, { lastActive: 'today' }])('is not written with %j', (wrong) => {
    expect(() => formatComposing({ state: 'active', ...wrong })).toThrow(CpimError);
  });
});
