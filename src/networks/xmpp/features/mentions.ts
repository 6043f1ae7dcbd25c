import type { Mention } from '../../../cpim/envelope.ts';
import { imUri, percentDecode } from '../../../cpim/uri.ts';
import { parse } from '../jid.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';

const most = 50;

/**
 * XEP-0372: who is mentioned in a body. The name stands where it says only as long as the text is still that body: without
 * the marks of formatting or the quote of a reply, nobody knows where.
 */
export function mentionsOf(el: El, body: string, text: string): Mention[] {
  const references = el.getChildren('reference', ns.reference).filter((one) => one.attrs.type === 'mention');
  if (references.length === 0) return [];
  const points = Array.from(body);
  return references.slice(0, most).flatMap((one) => {
    const uri = personOf(one.attrs.uri ?? '');
    if (uri === undefined) return [];
    const [start, end] = [Number(one.attrs.begin ?? Number.NaN), Number(one.attrs.end ?? Number.NaN)];
    const isPlaced = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= points.length;
    const name = isPlaced ? points.slice(start, end).join('').replace(/^@/, '') : '';
    return [{ who: { uri, ...(name && { name }) }, ...(isPlaced && body === text && { start, end }) }];
  });
}

/** Of somebody in a room the nick is a part of the address. */
function personOf(xmppUri: string): string | undefined {
  const [, path] = /^xmpp:(?:\/\/[^/]*\/)?([^?#]*)/i.exec(xmppUri) ?? [];
  const jid = path === undefined ? undefined : parse(percentDecode(path) ?? '');
  if (jid?.local === undefined) return undefined;
  return imUri(jid.resource === undefined ? jid.local : `${jid.local}/${jid.resource}`, jid.domain);
}
