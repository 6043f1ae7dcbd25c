import xml from '@xmpp/xml';
import { reason } from '../../../cpim/reasons.ts';
import { answerOf, errorStanza } from '../errors.ts';
import { ns } from '../ns.ts';
import type { El } from '../wire/wire.ts';

/** To whom a query goes: the component itself, the listener, or a ghost. */
export interface Asked {
  readonly kind: 'domain' | 'listener' | 'ghost';
  /** The display name, where it is known. */
  readonly name?: string | undefined;
}

const features: Readonly<Record<Asked['kind'], readonly string[]>> = {
  domain: [ns.discoInfo, ns.discoItems, ns.escaping, ns.ping, ns.version, ns.vcard],
  listener: [ns.discoInfo, ns.ping, ns.version, ns.vcard],
  ghost: [ns.discoInfo, ns.ping, ns.version, ns.vcard],
};

function identityOf(asked: Asked): El {
  const name = asked.name ?? 'Rialto';
  switch (asked.kind) {
    case 'domain':
      return xml('identity', { category: 'gateway', type: 'rialto', name });
    case 'listener':
      return xml('identity', { category: 'client', type: 'bot', name });
    case 'ghost':
      return xml('identity', { category: 'account', type: 'registered', ...(asked.name ? { name } : {}) });
  }
}

type Answer = (asked: Asked, query: El) => El | undefined;

/** Payload of a `get` → payload of the result; undefined: an empty result. */
const answers: Readonly<Record<string, Answer>> = {
  [`${ns.discoInfo} query`]: (asked, query) => {
    // A node is a part of us that we do not have.
    if (query.attrs.node) return undefined;
    const vars = features[asked.kind].map((name) => xml('feature', { var: name }));
    return xml('query', { xmlns: ns.discoInfo }, identityOf(asked), ...vars);
  },
  [`${ns.discoItems} query`]: () => xml('query', { xmlns: ns.discoItems }),
  [`${ns.ping} ping`]: () => undefined,
  [`${ns.version} query`]: () => xml('query', { xmlns: ns.version }, xml('name', {}, 'Rialto'), xml('version', {}, '0.1')),
  [`${ns.vcard} vCard`]: (asked) => xml('vCard', { xmlns: ns.vcard }, ...(asked.name ? [xml('FN', {}, asked.name)] : [])),
};

/** RFC 6120 §8.2.3: each get and set is answered exactly once, results and errors never. */
export function answerTo(iq: El, asked: Asked): El | undefined {
  const { type, id } = iq.attrs;
  const { from, to } = iq.attrs;
  if ((type !== 'get' && type !== 'set') || from === undefined || to === undefined) return undefined;
  const head = { from: to, to: from, ...(id === undefined ? {} : { id }) };
  const query = iq.getChildElements()[0];
  const answer = type === 'get' && query ? answers[`${query.getNS()} ${query.getName()}`] : undefined;
  if (!answer || !query) return errorStanza(iq, answerOf(reason('not-served')));
  const missing = query.attrs.node !== undefined && query.getNS() === ns.discoInfo;
  if (missing) return errorStanza(iq, answerOf(reason('unknown-target')));
  return xml('iq', { type: 'result', ...head }, answer(asked, query));
}
