import type { Party } from '../envelope.ts';
import { percentEncode } from '../uri.ts';
import { isName, nameChars } from './escape.ts';
import { parseParty } from './party.ts';

/** RFC 3862 §4: the namespace of From, To, DateTime and the like. */
export const coreNs = 'urn:ietf:params:cpim-headers:';
/** RFC 5438 §6.1: that of its message headers. */
export const imdnNs = 'urn:ietf:params:imdn';

/** Our own (RFC 3862 §3.4). */
export const ourNs = 'tag:rialto.im,2026:cpim:1';

/** The URN of a header that is registered in the core namespace (RFC 3862 §7.2). */
export function headerUrn(name: string): string {
  return coreNs + percentEncode(name, /[A-Za-z0-9\-._~!$*+=']/);
}

// §3.4: an absolute URI without a fragment.
const declaration = new RegExp(`^(?:(${nameChars}) )?<([A-Za-z][A-Za-z0-9+.-]*:[!$-;=?-[\\]-~\\u0080-\\uffff]+)>$`);

// What stands in nearly every message.
const usual: ReadonlyMap<string, readonly string[]> = new Map(
  [`imdn <${imdnNs}>`, `rialto <${ourNs}>`].map((value) => [value, declaration.exec(value) ?? []]),
);

/** What the recipient can do with a header whose name the core namespace defines. */
export interface Meaning {
  /** From, To, cc. */
  readonly address?: Party;
  /** Require: `{namespace}name`. */
  readonly features?: readonly string[];
}

const none: Meaning = {};

/** The prefixes declared so far; they are local to one message (RFC 3862 §3.4). */
export class Namespaces {
  private readonly byPrefix = new Map<string, string>();
  private unprefixed = coreNs;
  private invented = 0;

  /** The namespace of a prefix, or of names without one; undefined if it was not declared before its use. */
  of(prefix: string | undefined): string | undefined {
    return prefix === undefined ? this.unprefixed : this.byPrefix.get(prefix);
  }

  /** Splits `prefix.name` as written. */
  resolve(written: string): { ns: string; name: string } | undefined {
    const dot = written.indexOf('.');
    const name = dot < 0 ? written : written.slice(dot + 1);
    const ns = this.of(dot < 0 ? undefined : written.slice(0, dot));
    // A prefix that was declared is a name already.
    return ns === undefined || !isName(name) ? undefined : { ns, name };
  }

  /** How a name of a namespace is written now; undefined if the namespace is not declared. */
  write(ns: string, name: string): string | undefined {
    if (ns === this.unprefixed) return name;
    for (const [prefix, uri] of this.byPrefix) if (uri === ns) return `${prefix}.${name}`;
    return undefined;
  }

  /** The value of an NS header for a namespace, with a prefix that is not taken. */
  invent(ns: string): string {
    do this.invented++;
    while (this.byPrefix.has(`n${this.invented}`));
    return `n${this.invented} <${ns}>`;
  }

  /** Checks the value of a core header, takes in what it declares, and says what it means; undefined if it is malformed. */
  understand(name: string, value: string, lenient: boolean): Meaning | undefined {
    switch (name) {
      case 'From':
      case 'To':
      case 'cc': {
        const address = parseParty(value);
        return address && { address };
      }
      case 'NS':
        return this.declare(value) ? none : undefined;
      case 'Require':
        return this.required(value, lenient);
      default:
        return none;
    }
  }

  private declare(value: string): boolean {
    const [, prefix, uri] = usual.get(value) ?? declaration.exec(value) ?? [];
    if (uri === undefined) return false;
    if (prefix === undefined) this.unprefixed = uri;
    else this.byPrefix.set(prefix, uri);
    return true;
  }

  // §3.5: a comma-separated list without spaces; lenient reception allows a space after the comma.
  private required(value: string, lenient: boolean): Meaning | undefined {
    const features: string[] = [];
    for (const written of value.split(lenient ? /, */ : ',')) {
      const feature = this.resolve(written);
      if (!feature) return undefined;
      features.push(`{${feature.ns}}${feature.name}`);
    }
    return { features };
  }
}
