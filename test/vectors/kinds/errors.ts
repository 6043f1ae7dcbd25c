import { type Denial, denials, type Reason, type ReasonCode, type ResultCode, statusOf } from '../../../src/cpim/reasons.ts';
import { type Result, resultOf, statusOfResult } from '../../../src/networks/sip/codes.ts';
import { msrpCodeOf, msrpResultOf } from '../../../src/networks/sip/msrp-codes.ts';
import * as xmpp from '../../../src/networks/xmpp/cpim/conditions.ts';
import { type Answer, answerOf, errorStanza, type Known, reasonOf } from '../../../src/networks/xmpp/errors.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { serialize } from '../../../src/networks/xmpp/wire/serialize.ts';
import { asJson, asXml } from '../compare.ts';
import type { Kinds } from './kind.ts';

interface Failure {
  readonly from: keyof typeof read;
  readonly to: keyof typeof tell;
  readonly condition: string;
  readonly scope?: Known['to'];
  readonly cause?: Known['domain'];
  readonly address?: string;
  readonly code: number;
  readonly reason: string;
}

/** What each one says, as a reason of ours. */
const read = {
  xmpp: ({ condition, scope, cause, address }: Failure): Result =>
    reasonOf(
      { condition, type: 'cancel', ...(address && { address }) },
      { ...(scope && { to: scope }), ...(cause && { domain: cause }) },
    ),
  sip: ({ code, address }: Failure): Result => resultOf(code, address),
  msrp: ({ code }: Failure): Result => ({ code: msrpResultOf(code) }),
  reason: ({ reason }: Failure): Result => ({ code: reason as ResultCode }),
  cpp: ({ reason }: Failure): Result => ({ code: denials[reason as Denial] }),
  routing: ({ reason }: Failure): Result => ({ code: xmpp.reasonOfRouting[reason as keyof typeof xmpp.reasonOfRouting] }),
  legacy: ({ reason }: Failure): Result => ({ code: xmpp.reasonOfLegacy[reason as keyof typeof xmpp.reasonOfLegacy] }),
  e2e: ({ reason }: Failure): Result => ({ code: xmpp.reasonOfProtection[reason as keyof typeof xmpp.reasonOfProtection] }),
};

/** How each one is told. A type is shown where the README's table fixes it. */
const tell = {
  xmpp: (why: Result, { from, reason }: Failure): object => {
    const { condition, type, address } = answerOf(why as Reason);
    const isFixed = from === 'reason' || from === 'e2e';
    return { condition, ...(isFixed && { type }), ...(from === 'e2e' && { application: reason }), ...(address && { address }) };
  },
  sip: (why: Result): object => statusOfResult(why),
  msrp: ({ code }: Result): object => ({ code: msrpCodeOf(code) }),
  cpim: ({ code }: Result): object => ({ status: statusOf(code as ReasonCode) }),
};

interface Failed {
  readonly stanza: string;
  readonly condition: xmpp.Condition;
  readonly type?: xmpp.ErrorType;
  readonly text?: string;
  readonly textLang?: string;
  readonly address?: string;
  readonly by?: string;
  readonly authorised?: boolean;
}

function answer({ stanza, condition, type, by, authorised, ...more }: Failed): string | null {
  const answer: Answer = { condition, type: type ?? xmpp.conditionTypes[condition], ...more };
  const situation = { ...(by !== undefined && { by }), ...(authorised !== undefined && { authorised }) };
  const told = errorStanza(readElement(stanza), answer, situation);
  return told ? serialize(told) : null;
}

export const errorKinds: Kinds = {
  'error.map': { run: (failure: Failure) => tell[failure.to](read[failure.from](failure), failure), compare: asJson },
  'error.stanza': { run: answer, compare: asXml },
};
