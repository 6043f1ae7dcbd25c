import { CpimError } from '../error.ts';

/** One value of ASN.1 in BER (X.690). */
export interface BerItem {
  /** The identifier octet: class, constructed or not, number. */
  readonly tag: number;
  readonly content: Buffer;
  /** Of a constructed one: what it is made of. */
  readonly items?: readonly BerItem[];
}

const maxDepth = 64;
const constructed = 0x20;

/** The one value that the octets are. Throws a CpimError, `malformed`, if it is not whole or something follows it. */
export function readBer(octets: Buffer): BerItem {
  const reading = new Reading(octets);
  const item = reading.item(octets.length, 0);
  if (reading.at !== octets.length) throw reading.fail('something behind the value');
  return item;
}

class Reading {
  at = 0;

  constructor(private readonly octets: Buffer) {}

  /** The value that begins here and ends before `limit`. */
  item(limit: number, depth: number): BerItem {
    if (depth > maxDepth) throw this.fail('values that are nested too deep');
    const tag = this.octet(limit);
    // Numbers above 30 take more octets; no object of CMS has them.
    if ((tag & 0x1f) === 0x1f) throw this.fail('a long tag');
    const length = this.length(limit);
    const start = this.at;
    const isConstructed = (tag & constructed) !== 0;
    if (length === undefined) {
      if (!isConstructed) throw this.fail('a primitive value of no length');
      const items = this.itemsToMark(limit, depth + 1);
      return { tag, content: this.octets.subarray(start, this.at), items };
    }
    const end = start + length;
    const items = isConstructed ? this.itemsTo(end, depth + 1) : undefined;
    this.at = end;
    return { tag, content: this.octets.subarray(start, end), ...(items && { items }) };
  }

  fail(what: string): CpimError {
    return new CpimError('malformed', what, this.at);
  }

  private itemsTo(end: number, depth: number): BerItem[] {
    const items: BerItem[] = [];
    while (this.at < end) items.push(this.item(end, depth));
    return items;
  }

  /** §8.1.3.6: until two zero octets, which are taken too. */
  private itemsToMark(limit: number, depth: number): BerItem[] {
    const items: BerItem[] = [];
    while (this.octets[this.at] !== 0 || this.octets[this.at + 1] !== 0) items.push(this.item(limit, depth));
    this.at += 2;
    if (this.at > limit) throw this.fail('a value that is cut off');
    return items;
  }

  private octet(limit: number): number {
    const octet = this.at < limit ? this.octets[this.at] : undefined;
    if (octet === undefined) throw this.fail('a value that is cut off');
    this.at++;
    return octet;
  }

  /** Undefined: until the mark. */
  private length(limit: number): number | undefined {
    const first = this.octet(limit);
    if (first === 0x80) return undefined;
    let length = first & 0x7f;
    if (first > 0x80) {
      if (length > 4) throw this.fail('a length that is too large');
      const octets = length;
      length = 0;
      for (let count = 0; count < octets; count++) length = length * 256 + this.octet(limit);
    }
    if (length > limit - this.at) throw this.fail('a value that is cut off');
    return length;
  }
}
