export interface Jid {
  readonly local?: string;
  readonly domain: string;
  readonly resource?: string;
}

/** RFC 7622: split, prepare and check; undefined if it is no JID. */
export function parse(_text: string): Jid | undefined {
  return undefined;
}

/** Only splits (RFC 7622 §3.5): for addresses that our own server has checked already. */
export function split(_text: string): Jid | undefined {
  return undefined;
}

/** `local@domain`, or the domain alone. */
export function bare(jid: Jid): string {
  return jid.local === undefined ? jid.domain : `${jid.local}@${jid.domain}`;
}

export function format(jid: Jid): string {
  return jid.resource === undefined ? bare(jid) : `${bare(jid)}/${jid.resource}`;
}

/** XEP-0106 §4.2; undefined if the text begins or ends with a space, which no escaped localpart may. */
export function escapeLocal(text: string): string | undefined {
  return text;
}

/** XEP-0106 §4.3. */
export function unescapeLocal(local: string): string {
  return local;
}
