import { CpimError } from '../../../cpim/error.ts';
import { parseMailbox, percentDecode, percentEncode, uriOf, type Who } from '../../../cpim/uri.ts';
import { bare, escapeLocal, format, parse, unescapeLocal } from '../jid.ts';

// RFC 3922 §3.2 prints them; XEP-0106 took their place (conflict register C1).
const legacy: Readonly<Record<string, string>> = { '#26;': '&', '#27;': "'", '#2f;': '/' };

/**
 * A JID, prepared and without its escapes (RFC 3922 §3.2, RFC 7247 §6.5). `legacyEscapes`: those of RFC 3922 are read too. Throws
 * a CpimError if it is no JID.
 */
export function whoOf(jid: string, legacyEscapes = false): Who {
  const prepared = parse(jid);
  if (!prepared) throw new CpimError('malformed', 'not a JID', 0);
  const { local, domain, resource } = prepared;
  return {
    ...(local !== undefined && { local: legacyEscapes ? unescapeBoth(local) : unescapeLocal(local) }),
    domain,
    ...(resource !== undefined && { device: resource }),
  };
}

/** In one pass: what one escape yields is never a part of the other. */
function unescapeBoth(local: string): string {
  return local.replace(/#2[67f];|[^#]+|#/g, (piece) => legacy[piece] ?? unescapeLocal(piece));
}

/** The JID of somebody, prepared (RFC 3922 §3.3, RFC 7247 §6.4). Throws a CpimError if there is none. */
export function jidOf({ local, domain, device }: Who): string {
  const escaped = local === undefined ? undefined : (escapeLocal(local) ?? fail());
  const jid = { domain, ...(escaped !== undefined && { local: escaped }), ...(device !== undefined && { resource: device }) };
  return format(parse(format(jid)) ?? fail());
}

function fail(): never {
  throw new CpimError('malformed', 'an address that no JID can hold', 0);
}

/** The bare JID that an `im:` or `pres:` URI stands for. Throws a CpimError. */
function jidOfUri(uri: string): string {
  return jidOf(parseMailbox(uri));
}

/** The `im:` URI that a JID stands for; its resource is left out (R3922-3.2-1). Throws a CpimError. */
function imUriOf(jid: string): string {
  return uriOf(whoOf(jid), 'im', 'extended');
}

// RFC 5122 §2.2: nodeallow and the like; all else is escaped.
const allowed = /[A-Za-z0-9\-._~!$()*+,;=]/;

/** `xmpp:` URI (RFC 5122) of what an `im:` URI stands for. */
export function xmppUriOf(uri: string): string {
  const { local = '', domain } = whoOf(jidOfUri(uri));
  return `xmpp:${percentEncode(escapeLocal(local) ?? '', allowed)}@${domain}`;
}

/** The `im:` URI of what an `xmpp:` URI names, without its resource; undefined if it names nobody. */
export function imUriOfXmpp(uri: string): string | undefined {
  const [, path] = /^xmpp:(?:\/\/[^/]*\/)?([^?#]*)/i.exec(uri) ?? [];
  const jid = path === undefined ? undefined : parse(percentDecode(path) ?? '');
  return jid?.local === undefined ? undefined : imUriOf(bare(jid));
}
