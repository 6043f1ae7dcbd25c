import xml, { type Element as El } from '@xmpp/xml';
import { type Reason, type ReasonCode, reason } from '../../cpim/reasons.ts';
import { imUriOfXmpp, xmppUriOf } from './cpim/address.ts';
import {
  type Condition,
  conditionOfReason,
  conditionTypes,
  type ErrorType,
  isCondition,
  reasonOfCondition,
  reasonOfJoin,
} from './cpim/conditions.ts';
import { split } from './jid.ts';
import { ns } from './ns.ts';

/** What an error stanza says (RFC 6120 §8.3). Read from the wire, condition and type are whatever stands there. */
export interface StanzaError {
  readonly condition: string;
  readonly type: string;
  readonly text?: string;
  /** `gone`, `redirect`: the new address, an `xmpp:` URI. */
  readonly address?: string;
}

export function errorOf(stanza: El): StanzaError {
  const error = stanza.getChild('error');
  const said = error?.getChildElements().filter((child) => child.attrs.xmlns === undefined || child.getNS() === ns.stanzas);
  const defined = said?.find((child) => child.getName() !== 'text');
  const text = said
    ?.find((child) => child.getName() === 'text')
    ?.getText()
    .trim()
    .slice(0, 200);
  const address = defined?.getText().trim();
  return {
    condition: defined?.getName() ?? 'undefined-condition',
    type: error?.attrs.type ?? 'cancel',
    ...(text ? { text } : {}),
    ...(address ? { address } : {}),
  };
}

/** What is known of a stanza that failed, besides the error itself. */
export interface Known {
  /** It was sent to a full address, or to a bare one. */
  readonly to?: 'full' | 'bare';
  /** Why a domain was not found: there is none, or nobody could say. */
  readonly domain?: 'nonexistent' | 'unresolvable';
}

export function reasonOf(error: StanzaError, { to, domain }: Known = {}): Reason {
  const isNone = domain === 'nonexistent' && error.condition === 'remote-server-not-found';
  const found = reasonFrom(error, isNone ? 'unknown-domain' : codeOf(error));
  return to === undefined ? found : { ...found, scope: to === 'full' ? 'device' : 'person' };
}

export function joinReason(error: StanzaError): Reason {
  const { condition } = error;
  return reasonFrom(error, (isCondition(condition) ? reasonOfJoin[condition] : undefined) ?? codeOf(error));
}

/** An IQ may also have no answer at all; see `caught`. */
function codeOf({ condition }: StanzaError): ReasonCode {
  if (condition === 'timeout') return 'timeout';
  return isCondition(condition) ? reasonOfCondition[condition] : 'internal';
}

function reasonFrom(error: StanzaError, code: ReasonCode): Reason {
  const address = error.address === undefined ? undefined : imUriOfXmpp(error.address);
  return { ...reason(code, error.text ?? error.condition), ...(address !== undefined && { address }) };
}

const passingCodes: readonly ReasonCode[] = [
  'absent',
  'fault',
  'not-served',
  'overload',
  'timeout',
  'unreachable',
  'unresolvable',
];

/** A place that may well let us in later, without anybody changing anything. */
export function passing(error: StanzaError): boolean {
  return error.type === 'wait' || passingCodes.includes(codeOf(error));
}

export class IqError extends Error {
  constructor(
    /** A defined condition of RFC 6120 §8.3.3; without an answer one of our own choice, `remote-server-timeout` for a lost one. */
    readonly condition: string,
    /** `cancel`, `continue`, `modify`, `auth` or `wait`. */
    readonly type: string,
    readonly text?: string,
    /** The answer; absent when there was none: a timeout, a lost link, a refusal by our own filter. */
    readonly el?: El,
  ) {
    super(text === undefined ? condition : `${condition}: ${text}`);
  }
}

/** What an IQ was rejected with. */
export function caught(error: unknown): StanzaError {
  if (error instanceof IqError) {
    return { condition: error.condition, type: error.type, ...(error.text === undefined ? {} : { text: error.text }) };
  }
  return { condition: 'timeout', type: 'wait', text: String(error) };
}

/** How a reason is told in an error stanza. */
export interface Answer {
  readonly condition: Condition;
  readonly type: ErrorType;
  readonly text?: string;
  /** A BCP 47 tag. */
  readonly textLang?: string;
  readonly address?: string;
}

export function answerOf(why: Reason): Answer {
  const { condition, type = conditionTypes[condition] } = conditionOfReason[why.code];
  return {
    condition,
    type,
    ...(why.text !== undefined && { text: why.text, textLang: 'en' }),
    ...(why.address !== undefined && { address: xmppUriOf(why.address) }),
  };
}

interface Situation {
  /** Who found the error (RFC 6120 §8.3.1). */
  readonly by?: string;
  /** False: whoever asked may not know who exists and who is there. */
  readonly authorised?: boolean;
}

/** RFC 6120 §8.3.3.7, §8.3.3.13: what would tell a stranger who exists or is there. */
const revealing: ReadonlySet<Condition> = new Set(['item-not-found', 'recipient-unavailable']);

/**
 * The answer to a stanza that failed: addresses swapped, the same id, its payload not repeated. Undefined: an error or a result is
 * never answered (RFC 6120 §8.2.3, §8.3.1).
 */
export function errorStanza(stanza: El, answer: Answer, { by, authorised = true }: Situation = {}): El | undefined {
  const { from, to, id, type } = stanza.attrs;
  if (type === 'error' || (stanza.name === 'iq' && type === 'result')) return undefined;
  const told = authorised || !revealing.has(answer.condition) ? answer : hidden;
  const head = { xmlns: stanza.attrs.xmlns, from: to, to: from, id, type: 'error' };
  return xml(stanza.name, head, errorElement(told, by));
}

const hidden: Answer = { condition: 'service-unavailable', type: conditionTypes['service-unavailable'] };

/** The `<error/>` itself. */
export function errorElement({ condition, type, text, textLang, address }: Answer, by?: string): El {
  const words = text === undefined ? [] : [xml('text', { xmlns: ns.stanzas, 'xml:lang': textLang }, text)];
  return xml('error', { type, by }, xml(condition, { xmlns: ns.stanzas }, address), ...words);
}

/** What somebody has to do about it, by what keeps the listener out. */
const remedies: Partial<Record<ReasonCode, (listener: string) => string>> = {
  'members-only': (listener) => `the room is for members only: make ${listener} a member`,
  banned: (listener) => `the listener is banned from the room: lift the ban on ${listener}`,
  full: () => 'the room is full: let more occupants in, or link it when somebody has left',
  password: () => 'the room has a password, which the bridge cannot give: remove the password, and let members only in instead',
  'name-taken': () => 'all names of the listener are taken in the room: set another nick in the configuration, or free one',
  forbidden: (listener) => `the server lets ${listener} neither enter nor make this room: allow it, or make the room first`,
  'unknown-target': () => 'there is no such room: check the address, or make the room first',
  'bad-address': () => 'the server takes this for no address of a room: check it',
  unresolvable: () => 'our server finds no server of that name: check the address, and that our server may speak to others',
};

/** Why the listener (a full JID) is not let in, and the remedy; the server's own words at the end. */
export function shut(error: StanzaError, listener: string): Reason {
  return remedied(joinReason(error), error, listener);
}

/** Why the room could not be asked what it is. That tells less than a join; what answers `service-unavailable` is an account. */
export function noRoom(error: StanzaError, listener: string): Reason {
  // COMPAT(ejabberd): the account of somebody who does not show us his presence is `subscription-required`.
  if (['service-unavailable', 'subscription-required'].includes(error.condition))
    return reason('unknown-target', 'this address is no room: check it');
  return remedied(reasonOf(error), error, listener);
}

/** The listener is in and may not speak. */
export function voiceless(listener: string): Reason {
  return reason('moderated', `the room is moderated and gives the listener no voice: give voice to ${bareOf(listener)}`);
}

function remedied(why: Reason, error: StanzaError, listener: string): Reason {
  const remedy = remedies[why.code]?.(bareOf(listener));
  if (remedy === undefined) return why;
  return reason(why.code, error.text ? `${remedy} (the server says: ${error.text})` : remedy);
}

function bareOf(jid: string): string {
  const { local, domain } = split(jid) ?? { domain: jid };
  return local === undefined ? domain : `${local}@${domain}`;
}

/** What a link would harm; said only of a new one. */
export const noArchive = reason(
  'unsupported',
  'the room keeps no archive, so that what is said while Rialto is away is lost and some lines come twice: switch the archive on',
);
