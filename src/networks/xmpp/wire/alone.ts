import xml from '@xmpp/xml';
import { reason } from '../../../cpim/reasons.ts';
import { IqError } from '../errors.ts';
import { ns } from '../ns.ts';
import type { Wire } from './wire.ts';

// Of two connections each gets a part by chance: that all of these come to the one is less likely than 1 in 60,000.
const questions = 16;
const patienceMs = 3000;

export const notAlone = reason(
  'unreachable',
  'the server has another connection for our domain, and gives it a part of what is for us',
);

/**
 * Whether all that the server has for our domain comes to this connection.
 * COMPAT(ejabberd): it takes any number of connections for one domain and shares out what is for it, also to one that has died
 * without its knowledge; what goes there is lost. So we ask our own domain: each question must come back down this stream, or be
 * answered by a server that does so itself.
 */
export async function isAlone(wire: Pick<Wire, 'iq'>, domain: string, ms = patienceMs): Promise<boolean> {
  const ends = await Promise.all(Array.from({ length: questions }, () => ask(wire, { from: domain, to: domain }, ms)));
  return new Set(ends).size === 1;
}

/** What becomes of a question: it comes back down our own stream, or has an answer, or none in time. */
export async function ask(
  wire: Pick<Wire, 'iq'>,
  way: { readonly from: string; readonly to: string },
  ms: number,
): Promise<'returned' | 'answered' | 'lost'> {
  try {
    const el = await wire.iq(xml('iq', { type: 'get', ...way }, xml('ping', { xmlns: ns.ping })), ms);
    return el.attrs.type === 'get' ? 'returned' : 'answered';
  } catch (error) {
    return error instanceof IqError && error.el !== undefined ? 'answered' : 'lost';
  }
}
