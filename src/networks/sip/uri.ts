import { domainToASCII } from 'node:url';
import { CpimError } from '../../cpim/error.ts';
import { percentDecode, percentEncode, type Who } from '../../cpim/uri.ts';

// RFC 3261 §25.1: unreserved and user-unreserved; param-unreserved.
const user = /[A-Za-z0-9\-_.!~*'()&=+$,;?/]/;
const parameter = /[A-Za-z0-9\-_.!~*'()[\]/:&+$]/;

/** The resource of a JID, and what else tells the devices of one user apart, is the `gr` of a GRUU (RFC 7247 §6.3, RFC 5627). */
export function formatSipUri({ local, domain, device }: Who): string {
  const host = domain.startsWith('[') ? domain : domainToASCII(domain) || domain;
  const before = local === undefined ? '' : `${percentEncode(local, user)}@`;
  return `sip:${before}${host}${device === undefined ? '' : `;gr=${percentEncode(device, parameter)}`}`;
}

/** Without password, port, headers and other parameters (RFC 7247 §6.4). Throws a CpimError; `sips:` is `refused` (RFC 7247 §8). */
export function parseSipUri(uri: string): Who {
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(uri) ?? [];
  if (scheme === undefined || rest === undefined) throw new CpimError('malformed', 'not a URI', 0);
  if (/^sips$/i.test(scheme)) throw new CpimError('refused', 'a sips: address', 0);
  if (!/^sip$/i.test(scheme)) throw new CpimError('unsupported', 'not a sip: address', 0);
  // A user may hold `;` and `?`, so it ends before anything else is looked for.
  const at = rest.indexOf('@');
  const [address = '', ...parameters] = (rest.slice(at + 1).split('?')[0] ?? '').split(';');
  const domain = address.replace(/:\d*$/, '');
  const local = at < 0 ? undefined : decoded(rest.slice(0, at).split(':')[0] ?? '');
  if (domain === '' || local === '') throw new CpimError('malformed', 'a sip: address without its parts', 0);
  const gr = parameters.find((one) => /^gr=./i.test(one));
  return { ...(local !== undefined && { local }), domain, ...(gr !== undefined && { device: decoded(gr.slice(3)) }) };
}

function decoded(text: string): string {
  const plain = percentDecode(text);
  if (plain === undefined) throw new CpimError('malformed', 'a sip: address that is not UTF-8', 0);
  return plain;
}
