import { describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import { denials, reasonCodes } from '../../../src/cpim/reasons.ts';
import { resultOf, statusOfResult } from '../../../src/networks/sip/codes.ts';
import { msrpCodeOf } from '../../../src/networks/sip/msrp-codes.ts';
import { type Condition, conditionTypes } from '../../../src/networks/xmpp/cpim/conditions.ts';
import { answerOf, errorOf, errorStanza, joinReason, reasonOf } from '../../../src/networks/xmpp/errors.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';

const conditions = Object.keys(conditionTypes) as Condition[];
const request: El = xml('presence', { from: 'juliet@example.com', to: 'romeo@example.net', type: 'subscribe' });

describe('a stanza error', () => {
  test.each(conditions)('%s is a reason that is told by the same condition', (condition) => {
    const { condition: again } = answerOf(reasonOf({ condition, type: 'cancel' }));
    expect(again).toBe(condition);
  });

  test.each(reasonCodes)('a stanza that says %s is read as something that is told alike', (code) => {
    const answer = answerOf({ code, text: 'why' });
    const stanza = errorStanza(request, answer);
    const read = stanza && errorOf(stanza);
    expect(read).toEqual({ condition: answer.condition, type: answer.type, text: 'why' });
    expect(read && answerOf(reasonOf(read)).condition).toBe(answer.condition);
  });

  test.each(reasonCodes)('%s has codes of SIP and MSRP that say it failed', (code) => {
    const { code: status } = statusOfResult({ code });
    expect(status).toBeGreaterThanOrEqual(300);
    expect(resultOf(status).code).not.toBe('delivered-final');
    expect(msrpCodeOf(code)).toBeGreaterThanOrEqual(400);
  });

  test('as an answer to a join says why the room is shut, and not what it says elsewhere', () => {
    expect(joinReason({ condition: 'forbidden', type: 'auth' }).code).toBe('banned');
    expect(reasonOf({ condition: 'forbidden', type: 'auth' }).code).toBe('forbidden');
    expect(joinReason({ condition: 'resource-constraint', type: 'wait' }).code).toBe('overload');
  });

  test('of a person who moved leads to the new address in every protocol', () => {
    const gone = reasonOf({ condition: 'gone', type: 'cancel', address: 'xmpp:o%5C27malley@example.org' });
    expect(gone.address).toBe("im:o'malley@example.org");
    expect(statusOfResult(gone)).toEqual({ code: 301, address: "sip:o'malley@example.org" });
    expect(answerOf({ code: 'gone', address: gone.address ?? '' }).address).toBe('xmpp:o%5C27malley@example.org');
    expect(resultOf(301, "sip:o'malley@example.org").address).toBe(gone.address);
    expect(reasonOf({ condition: 'gone', type: 'cancel', address: 'http://example.org/' }).address).toBeUndefined();
  });
});

test('V3922-6.1-P-4 a target that does not exist is told to those who may know', () => {
  const answer = answerOf({ code: denials['invalid-target'], text: 'there is no romeo' });
  const told = (authorised: boolean): unknown => {
    const stanza = errorStanza(request, answer, { authorised });
    return stanza && errorOf(stanza);
  };
  expect(told(true)).toEqual({ condition: 'item-not-found', type: 'cancel', text: 'there is no romeo' });
  // Its words would tell it, too.
  expect(told(false)).toEqual({ condition: 'service-unavailable', type: 'cancel' });
});
