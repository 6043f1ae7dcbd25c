import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';

/** What the tests of subscriptions send, and how they write down what was received. */

export const juliet = 'juliet@example.com';
export const romeo = 'romeo@example.net';

export function stanza(type: string | undefined, id = 's1', from = juliet, to = romeo): El {
  const typed = type === undefined ? '' : ` type='${type}'`;
  return readElement(`<presence xmlns='jabber:client' from='${from}' to='${to}' id='${id}'${typed}/>`);
}

/** `romeo@example.net/orchard away`, `error forbidden`. */
export function line(el: El): string {
  const { type, from } = el.attrs;
  const condition = el.getChild('error')?.getChildElements()[0]?.getName();
  const said = condition ?? el.getChildText('show');
  return [type === undefined ? from : `${from} ${type}`, said].filter((word) => word).join(' ');
}

export function document(resources: Readonly<Record<string, string>>, at = '2026-05-01T10:00:00Z'): string {
  const tuples = Object.entries(resources).map(
    ([id, show]) =>
      `<tuple id='ID-${id}'><status><basic>${show === 'closed' ? 'closed' : 'open'}</basic>${
        ['open', 'closed'].includes(show) ? '' : `<show xmlns='jabber:client'>${show}</show>`
      }</status><timestamp>${at}</timestamp></tuple>`,
  );
  return `<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:${romeo}'>${tuples.join('')}</presence>`;
}
