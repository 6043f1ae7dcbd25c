/** RFC 3859 §3.1, RFC 3860 §3.1: so many octets of a TransID or SubscriptID everybody can handle. */
const longestId = 40;

/** A native id as a TransID or SubscriptID: itself where it is short enough, else the alias, an id of ours that was never used. */
export function shortId(native: string, alias: string): string {
  return Buffer.byteLength(native) <= longestId ? native : alias;
}
