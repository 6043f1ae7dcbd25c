/** The MIME headers of the encapsulated entity (RFC 3862 §2.4, RFC 2045). */
export type MimeHeader = readonly [name: string, value: string];

const line = /^([!-9;-~]+):[ \t]*((?:[!-~\u0080-\uffff](?:[\t -~\u0080-\uffff]*[!-~\u0080-\uffff])?)?)[ \t]*$/;
const type = /^([!#$%&'*+\-.0-9A-Z^_`a-z|~]+\/[!#$%&'*+\-.0-9A-Z^_`a-z|~]+)[ \t]*(;.*)?$/;

/** One unfolded line; undefined if it is none. */
export function parseMimeLine(text: string): MimeHeader | undefined {
  const [, name, value] = line.exec(text) ?? [];
  return name === undefined || value === undefined ? undefined : [name, value];
}

/** Names of MIME headers have no case. */
export function mimeValue(headers: readonly MimeHeader[], name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([one]) => one === name || one.toLowerCase() === wanted)?.[1];
}

/** Exactly one Content-Type, and that with a type and a subtype. */
export function hasContentType(headers: readonly MimeHeader[]): boolean {
  const found = headers.filter(([name]) => name === 'Content-Type' || name.toLowerCase() === 'content-type');
  return found.length === 1 && found[0] !== undefined && type.test(found[0][1]);
}

/** Lower case, without parameters: `text/plain`. */
export function mediaTypeOf(contentType: string): string | undefined {
  return type.exec(contentType)?.[1]?.toLowerCase();
}

/** Lower case; `us-ascii` where none is given (RFC 2046 §4.1.2). */
export function charsetOf(contentType: string): string {
  return /;[ \t]*charset[ \t]*=[ \t]*"?([^";\s]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? 'us-ascii';
}

/** What may stand as the value of a MIME header, on one line. */
export function isMimeValue(text: string): boolean {
  return /^[!-~\u0080-\uffff](?:[ -~\u0080-\uffff]*[!-~\u0080-\uffff])?$/.test(text);
}
