import type { Opaque } from '../../../cpim/envelope.ts';
import { CpimError } from '../../../cpim/error.ts';
import { opaqueOf, unwrap } from '../cpim/protected.ts';
import type { El } from '../wire/wire.ts';
import type { Feature } from './line.ts';

function opaque(child: El, by: string): Opaque {
  return {
    kind: 'opaque',
    sort: 'encrypted',
    mediaType: 'application/xml',
    base64: Buffer.from(child.toString(), 'utf8').toString('base64'),
    label: `an encrypted message (${by})`,
  };
}

/** XEP-0384. Without a payload it only carries keys: nobody said anything. */
export const omemo: Feature = (child) => (child.getChild('payload') ? opaque(child, 'OMEMO') : undefined);

/** XEP-0373. */
export const openpgp: Feature = (child) => opaque(child, 'OpenPGP');

/** RFC 3923: the object goes on as it is. One that is broken is kept as the element that it came in. */
export const smime: Feature = (child, line) => {
  try {
    const object = unwrap(line.el);
    return object && opaqueOf(object);
  } catch (error) {
    if (error instanceof CpimError) return opaque(child, 'S/MIME');
    throw error;
  }
};

const known: Readonly<Record<string, string>> = {
  'eu.siacs.conversations.axolotl': 'OMEMO',
  'urn:xmpp:omemo:1': 'OMEMO',
  'urn:xmpp:omemo:2': 'OMEMO',
  'urn:xmpp:openpgp:0': 'OpenPGP',
  'jabber:x:encrypted': 'OpenPGP',
  'urn:xmpp:otr:0': 'OTR',
};

/** XEP-0380: says what it is where we do not know the element itself; the body then only says that one cannot read it. */
export const eme: Feature = (child, line) => {
  const by = child.attrs.namespace ?? '';
  const payload = line.el.getChildElements().find((one) => one !== child && one.getNS() === by);
  // OMEMO without a payload only carries keys, and OTR hides in the body.
  if (known[by] === 'OMEMO' && !payload?.getChild('payload')) return undefined;
  return opaque(payload ?? line.el, (known[by] ?? child.attrs.name ?? by).slice(0, 40));
};
