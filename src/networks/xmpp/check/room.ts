import xml from '@xmpp/xml';
import type { Finding } from '../../finding.ts';
import { caught, type StanzaError } from '../errors.ts';
import { type Facts, factsOf } from '../muc/facts.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';
import type { Stream } from './stream.ts';

const askMs = 6000;

/** How a room is looked at. */
export interface Look {
  readonly stream: Stream;
  /** The bare address of the listener. */
  readonly listener: string;
  /** The running bridge has it in the room. */
  readonly isIn: (room: string) => boolean;
  /** What a room answers to one who comes under a name that is taken; undefined: nobody can knock, or it gave no answer. */
  readonly knock?: (room: string, takenNick: string) => Promise<StanzaError | undefined>;
}

/** What one linked room is like for us. */
export async function* aboutRoom(look: Look, room: string): AsyncGenerator<Finding> {
  const here = (finding: Finding): Finding => ({ ...finding, room });
  const answer = await ask(look, room, xml('query', { xmlns: ns.discoInfo }));
  if ('condition' in answer) return void (yield here(noRoom(answer)));
  const query = answer.getChild('query', ns.discoInfo) ?? xml('query', { xmlns: ns.discoInfo });
  const facts = factsOf(room, query);
  const shut = look.isIn(room) ? undefined : await closed(look, facts, query);
  if (shut) return void (yield here(shut));
  const weak = [...weaknesses(facts, look.listener)];
  for (const finding of weak) yield here(finding);
  if (weak.length === 0) yield here({ code: 'room', verdict: 'ok', evidence: 'open to us, with an archive' });
}

async function ask({ stream, listener }: Look, to: string, query: El, type = 'get'): Promise<El | StanzaError> {
  try {
    return await stream.iq(xml('iq', { type, from: `${listener}/check`, to }, query), askMs);
  } catch (error) {
    return caught(error);
  }
}

function noRoom({ condition, text }: StanzaError): Finding {
  const isGone = condition === 'item-not-found' || condition === 'gone';
  return {
    code: isGone ? 'room-gone' : 'room-unreachable',
    verdict: 'fault',
    evidence: isGone ? 'there is no such room any more' : `the room does not answer: ${condition}${text ? ` (${text})` : ''}`,
    fix: isGone
      ? 'make the room again, and persistent; or cut the link: rialto unlink ROOM'
      : 'see whether the server of the room runs',
  };
}

/** Why the listener would not be let in. Nobody in the room sees that we ask. */
async function closed(look: Look, facts: Facts, info: El): Promise<Finding | undefined> {
  const { listener } = look;
  if (info.getChildByAttr('var', 'muc_passwordprotected')) {
    return fault(
      'room-password',
      'the room has a password, which the bridge cannot give',
      'take the password away, and let members only in instead',
    );
  }
  const said = await refusal(look, facts);
  if (said === 'forbidden' && !facts.membersOnly) {
    return fault(
      'listener-banned',
      `${listener} is banned from the room`,
      `lift the ban on ${listener}: an owner sets its affiliation to none or member`,
    );
  }
  if (said === undefined) return undefined;
  if (said === 'forbidden' || said === 'registration-required') {
    return fault(
      'room-members-only',
      `the room is for members only, and ${listener} is none`,
      `make ${listener} a member, and the ghosts too, or open the room`,
    );
  }
  return fault(
    'room-closed',
    `the room does not let ${listener} in: ${said}`,
    'ask an owner of the room; its settings say who may enter',
  );
}

function fault(code: string, evidence: string, fix: string): Finding {
  return { code, verdict: 'fault', evidence, fix };
}

/**
 * The condition by which the room keeps us out. Three questions, of which each server answers another: the form of registration
 * (Prosody: `forbidden` to the banned), the archive (both: `forbidden` to who may not enter), and a knock under a name that is
 * taken: who could come in hears `conflict`.
 */
async function refusal(look: Look, facts: Facts): Promise<string | undefined> {
  const form = await ask(look, facts.jid, xml('query', { xmlns: ns.register }));
  if ('condition' in form && form.condition === 'forbidden') return 'forbidden';
  if (facts.archive) {
    const newest = xml('query', { xmlns: ns.mam, queryid: 'check' }, xml('set', { xmlns: ns.rsm }, xml('max', {}, '0')));
    const page = await ask(look, facts.jid, newest, 'set');
    if ('condition' in page && page.condition === 'forbidden') return 'forbidden';
  }
  const nick = await somebody(look, facts.jid);
  const told = nick === undefined ? undefined : await look.knock?.(facts.jid, nick);
  return told === undefined || told.condition === 'conflict' ? undefined : told.condition;
}

/** A nick in the room, where the room shows who is there (XEP-0045 §6.5). */
async function somebody(look: Look, room: string): Promise<string | undefined> {
  const answer = await ask(look, room, xml('query', { xmlns: ns.discoItems }));
  if ('condition' in answer) return undefined;
  const items = answer.getChild('query', ns.discoItems)?.getChildren('item') ?? [];
  const nicks = items.map((item) => (item.attrs.jid ?? '').slice(room.length + 1));
  return nicks.find((nick) => nick !== '');
}

function* weaknesses(facts: Facts, listener: string): Generator<Finding> {
  const warn = (code: string, evidence: string, fix: string): Finding => ({ code, verdict: 'warning', evidence, fix });
  if (!facts.isRoom)
    yield fault('room-no-room', 'what answers at this address is no room', 'check the address; rialto unlink ROOM cuts the link');
  if (!facts.archive) {
    yield warn(
      'room-no-archive',
      'the room keeps no archive: what is said while Rialto is away is lost, and lines may come twice',
      'switch the archive of the room on. Prosody: module muc_mam, and "Archive chat" in the settings of the room; ejabberd: mod_mam, and mam: true in the options of the room',
    );
  }
  if (facts.temporary)
    yield warn('room-not-persistent', 'the room is gone when its last occupant leaves', 'make it persistent in its settings');
  if (facts.moderated)
    yield warn(
      'room-moderated',
      'the room is moderated: who has no voice is relayed by the listener',
      `give voice to ${listener} and the ghosts, or make it unmoderated`,
    );
  if (facts.membersOnly)
    yield warn(
      'room-ghosts-kept-out',
      'the room is for members only: people of the other side are relayed by the listener',
      'open the room, or make the ghosts members',
    );
  if (!facts.nonAnonymous && !facts.occupantIds)
    yield warn(
      'room-weak-names',
      'the room tells people apart only by their nicks',
      'Prosody 0.12 and later, ejabberd 23.10 and later give occupant ids; or show real addresses to everybody',
    );
}
