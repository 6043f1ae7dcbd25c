import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromCpim, toCpim } from '../../../src/cpim/carry/carry.ts';
import { signalFromCpim, signalToCpim } from '../../../src/cpim/carry/signal.ts';
import { stateFromCpim, stateToCpim } from '../../../src/cpim/carry/state.ts';
import { parse } from '../../../src/cpim/message/message.ts';
import { isNotification } from '../../../src/cpim/notification/class.ts';
import type { Presence, Receipt, Signal, Typing } from '../../../src/cpim/signal.ts';
import { type RoomState, roles, type StateChange } from '../../../src/cpim/state.ts';
import { dateTime, documents, imdns, optional, xmlString } from './documents.ts';
import { envelope, id, party } from './envelopes.ts';

const heading = {
  from: party,
  to: party,
  time: dateTime,
  trace: fc.array(xmlString, { maxLength: 2 }),
};
const receipt: fc.Arbitrary<Receipt> = fc
  .record({ ...heading, of: id, imdn: imdns }, { noNullPrototype: true })
  .filter(({ of }) => /^[!-~]+$/.test(of.value))
  .map(({ imdn: { type, status, datetime }, ...rest }) => ({ kind: 'receipt', ...rest, sent: datetime, type, status }));
const signals: fc.Arbitrary<Signal> = fc.oneof(
  optional<Typing, Exclude<keyof Typing, 'refresh'>>(
    {
      kind: fc.constant('typing' as const),
      ...heading,
      state: fc.constantFrom('active', 'composing', 'paused', 'inactive', 'gone'),
      refresh: fc.integer({ min: 1, max: 9999 }),
    },
    ['kind', 'from', 'to', 'time', 'trace', 'state'],
  ),
  receipt,
  fc.record(
    { kind: fc.constant('presence' as const), ...heading, document: documents },
    { noNullPrototype: true },
  ) as fc.Arbitrary<Presence>,
);
const change: fc.Arbitrary<StateChange> = fc.oneof(
  optional({ kind: fc.constant('name' as const), name: xmlString }, ['kind']),
  optional({ kind: fc.constant('topic' as const), topic: xmlString }, ['kind']),
  optional({ kind: fc.constant('avatar' as const), url: fc.webUrl() }, ['kind']),
  fc.record(
    {
      kind: fc.constant('role' as const),
      who: optional({ uri: fc.webUrl(), name: xmlString }, ['uri']),
      role: fc.constantFrom(...roles),
    },
    { noNullPrototype: true },
  ),
);
const { from: by, to: _, ...rest } = heading;
const room = optional({ uri: fc.constantFrom('im:room@rooms.example', 'im:a%22b@x.example'), name: xmlString }, ['uri']);
const roomStates: fc.Arbitrary<RoomState> = fc.record({ room, by, ...rest, change }, { noNullPrototype: true });

describe('a signal', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(signals, (signal) => {
        expect(signalFromCpim(signalToCpim(signal))).toEqual(signal);
      }),
      { numRuns: 1000 },
    );
  });

  test('is no message, and a message is no signal', () => {
    fc.assert(
      fc.property(signals, (signal) => {
        const octets = signalToCpim(signal);
        expect(isNotification(parse(octets, 'strict'))).toBe(true);
        expect(() => fromCpim(octets)).toThrow('a notification is no message');
      }),
    );
    expect(() => signalFromCpim(toCpim(envelope({ kind: 'notice', text: 'x' })))).toThrow('a message is no signal');
  });

  test('has the form that RFC 3994 gives it', () => {
    const signal: Signal = {
      kind: 'typing',
      from: { uri: 'im:alice@example.org', name: 'Alice' },
      to: { uri: 'im:room@rooms.example' },
      time: '2026-05-01T10:00:00.123Z',
      trace: [],
      state: 'paused',
    };
    const lines = signalToCpim(signal).toString('utf8').split('\r\n');
    expect(lines).toEqual([
      'From: Alice <im:alice@example.org>',
      'To: <im:room@rooms.example>',
      'DateTime: 2026-05-01T10:00:00.123Z',
      expect.stringMatching(/^NS: rialto </),
      'rialto.Chat-State: paused',
      '',
      'Content-Type: application/im-iscomposing+xml',
      'Content-Disposition: notification',
      '',
      expect.stringContaining('<state>idle</state>'),
    ]);
  });
});

describe('the state of a room', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(roomStates, (state) => {
        expect(stateFromCpim(stateToCpim(state))).toEqual(state);
      }),
      { numRuns: 1000 },
    );
  });

  test('is no message', () => {
    fc.assert(
      fc.property(roomStates, (state) => {
        expect(() => fromCpim(stateToCpim(state))).toThrow('a notification is no message');
        expect(() => signalFromCpim(stateToCpim(state))).toThrow('a message is no signal');
      }),
    );
    expect(() => stateFromCpim(toCpim(envelope({ kind: 'notice', text: 'x' })))).toThrow('no state of a room');
  });
});
