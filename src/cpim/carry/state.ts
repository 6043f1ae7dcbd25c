import type { Party } from '../envelope.ts';
import { CpimError } from '../error.ts';
import { format, parse } from '../message/message.ts';
import { mediaTypeOf, mimeValue } from '../message/mime.ts';
import { type RoomState, roles, type StateChange } from '../state.ts';
import { attribute, element, text, word, wrong, type XmlElement } from '../xml/element.ts';
import { readXml } from '../xml/read.ts';
import { xmlAttribute, xmlDeclaration, xmlLeaf } from '../xml/write.ts';
import { Incoming, Outgoing, oneOf } from './headers.ts';

const conferenceNs = 'urn:ietf:params:xml:ns:conference-info';
const conferenceType = 'application/conference-info+xml';

/**
 * What changed of a room as Message/CPIM around a partial conference document (RFC 4575): its display-text, its subject, its icon among
 * the conf-uris, the roles of a user. Throws a CpimError, `malformed`, for a text that no document can hold.
 */
export function stateToCpim({ room, by, time, trace, change }: RoomState): Buffer {
  const out = new Outgoing();
  out.heading({ from: by, to: room, time, trace });
  out.add('Room-State', change.kind);
  const root = `<conference-info${xmlAttribute('xmlns', conferenceNs)}${xmlAttribute('entity', room.uri)} state="partial" version="0">`;
  const mime = [['Content-Type', conferenceType] as const, ['Content-Disposition', 'notification'] as const];
  return format(out.drafts, mime, `${xmlDeclaration}${root}${written(change)}</conference-info>`);
}

function written(change: StateChange): string {
  switch (change.kind) {
    case 'name':
      return described(xmlLeaf('display-text', change.name));
    case 'topic':
      return described(xmlLeaf('subject', change.topic));
    case 'avatar': {
      const entry = `<entry>${xmlLeaf('uri', change.url)}<purpose>icon</purpose></entry>`;
      return described(change.url === undefined ? '' : `<service-uris>${entry}</service-uris>`);
    }
    case 'role': {
      const { who, role } = change;
      const user = `${xmlLeaf('display-text', who.name)}<roles>${xmlLeaf('entry', role)}</roles>`;
      return `<users><user${xmlAttribute('entity', who.uri)}>${user}</user></users>`;
    }
  }
}

function described(content: string): string {
  return `<conference-description>${content}</conference-description>`;
}

/** Throws a CpimError: `refused` for what is no state of a room of ours. */
export function stateFromCpim(octets: Buffer): RoomState {
  const message = parse(octets, 'strict');
  const headers = new Incoming(message);
  const isState = mediaTypeOf(mimeValue(message.mime, 'Content-Type') ?? '') === conferenceType;
  if (!isState || headers.word('Room-State') === undefined) throw new CpimError('refused', 'no state of a room', 0);
  const { from: by, to: room, time, trace } = headers.heading();
  const root = readXml(message.body.toString('utf8'));
  const kind = headers.oneOf('Room-State', 'name', 'topic', 'avatar', 'role');
  return { room, by, time, trace, change: read(kind, root) };
}

function read(kind: StateChange['kind'], root: XmlElement): StateChange {
  const description = element(root, conferenceNs, 'conference-description');
  const value = (...path: readonly string[]): string | undefined => {
    const found = path.reduce<XmlElement | undefined>((at, name) => at && element(at, conferenceNs, name), description);
    return found && text(found);
  };
  switch (kind) {
    case 'name': {
      const name = value('display-text');
      return { kind, ...(name !== undefined && { name }) };
    }
    case 'topic': {
      const topic = value('subject');
      return { kind, ...(topic !== undefined && { topic }) };
    }
    case 'avatar': {
      const url = value('service-uris', 'entry', 'uri');
      return { kind, ...(url !== undefined && { url }) };
    }
    case 'role':
      return roleIn(root);
  }
}

function roleIn(root: XmlElement): StateChange {
  const users = element(root, conferenceNs, 'users');
  const user = users && element(users, conferenceNs, 'user');
  const uri = user && attribute(user, 'entity');
  const list = user && element(user, conferenceNs, 'roles');
  const entry = list && element(list, conferenceNs, 'entry');
  if (user === undefined || uri === undefined || entry === undefined) throw wrong(root, 'a role of nobody');
  const name = element(user, conferenceNs, 'display-text');
  const who: Party = { uri, ...(name && { name: text(name) }) };
  return { kind: 'role', who, role: oneOf(word(entry), roles) };
}
