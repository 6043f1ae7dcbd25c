import { hash, timingSafeEqual } from 'node:crypto';

/** What one delivery is: the copy of an entry at an endpoint. */
export interface DeliveryId {
  readonly endpoint: number;
  readonly seq: number;
}

/** What a key says, and the salt that it was made with. */
interface Named {
  readonly salt: string;
  readonly id: DeliveryId;
}

const KEPT = 5000;
const form = /^([a-z0-9]{8})-([a-z0-9]{1,11})-([a-z0-9]{1,11})-([a-f0-9]{16})$/;

/** What keys are made of; see `Install`. */
export interface Salts {
  readonly salt: string;
  readonly secret: Buffer;
  readonly past?: readonly string[];
  /** In ascending order of `upto` for each endpoint. */
  readonly waiting?: readonly { readonly endpoint: number; readonly upto: number; readonly salt: string }[];
}

/**
 * Makes and knows the keys that go out with every delivery: install salt, endpoint, seq, and 64 bits of HMAC-SHA256. A key is
 * stable over resends, cannot be made by anybody else, and is never reused, because the salt is new with every database.
 * A line that was waiting when the salt changed keeps the key it had.
 */
export class Keys {
  private readonly salts: Salts;
  private readonly ours: ReadonlySet<string>;
  private readonly waiting = new Map<number, { readonly upto: number; readonly salt: string }[]>();
  private readonly digest: (text: string) => string;
  /** The newest that were made: each comes back with its echo, and need not be proven then. */
  private readonly made = new Map<string, Named>();

  constructor(salts: Salts) {
    this.salts = salts;
    this.digest = hmac(salts.secret);
    this.ours = new Set([salts.salt, ...(salts.past ?? [])]);
    for (const { endpoint, upto, salt } of salts.waiting ?? [])
      this.waiting.set(endpoint, [...(this.waiting.get(endpoint) ?? []), { upto, salt }]);
  }

  make(id: DeliveryId): string {
    const salt = this.saltOf(id);
    const head = `${salt}-${id.endpoint.toString(36)}-${id.seq.toString(36)}`;
    const key = `${head}-${this.mac(head)}`;
    this.made.set(key, { salt, id });
    const oldest = this.made.size > KEPT ? this.made.keys().next().value : undefined;
    if (oldest !== undefined) this.made.delete(oldest);
    return key;
  }

  /** Made by us, under the salt of today or an earlier one. */
  isOurs(text: string): boolean {
    return this.parse(text) !== undefined;
  }

  /**
   * The delivery that a key names; undefined for anything else, and for a key of an earlier salt whose line was settled then
   * or was said after this database had been copied: that seq means something else here.
   */
  read(text: string): DeliveryId | undefined {
    const found = this.parse(text);
    return found && found.salt === this.saltOf(found.id) ? found.id : undefined;
  }

  private saltOf({ endpoint, seq }: DeliveryId): string {
    return this.waiting.get(endpoint)?.find(({ upto }) => seq <= upto)?.salt ?? this.salts.salt;
  }

  private parse(text: string): Named | undefined {
    const made = this.made.get(text);
    if (made) return made;
    const [, salt = '', endpoint = '', seq = ''] = form.exec(text) ?? [];
    if (!this.ours.has(salt)) return undefined;
    const mac = text.slice(-16);
    if (!timingSafeEqual(Buffer.from(mac), Buffer.from(this.mac(text.slice(0, -17))))) return undefined;
    return { salt, id: { endpoint: Number.parseInt(endpoint, 36), seq: Number.parseInt(seq, 36) } };
  }

  private mac(head: string): string {
    return this.digest(head).slice(0, 16);
  }
}

const BLOCK = 64;

/**
 * HMAC-SHA256 in hex (RFC 2104 §2) for texts of ASCII up to one block. Several are needed for every line that crosses, and
 * the two plain digests cost a seventh of what `createHmac` does.
 */
function hmac(secret: Buffer): (text: string) => string {
  const padded = Buffer.alloc(BLOCK);
  (secret.length > BLOCK ? hash('sha256', secret, 'buffer') : secret).copy(padded);
  const inner = Buffer.alloc(
    2 * BLOCK,
    padded.map((octet) => octet ^ 0x36),
  );
  const outer = Buffer.alloc(
    BLOCK + 32,
    padded.map((octet) => octet ^ 0x5c),
  );
  return (text) => {
    if (text.length > BLOCK) throw new RangeError('a key is longer than one block');
    const end = BLOCK + inner.write(text, BLOCK, 'latin1');
    hash('sha256', inner.subarray(0, end), 'buffer').copy(outer, BLOCK);
    return hash('sha256', outer, 'hex');
  };
}
