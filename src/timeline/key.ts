import { createHmac, timingSafeEqual } from 'node:crypto';

/** What one delivery is: the copy of an entry at an endpoint. */
export interface DeliveryId {
  readonly endpoint: number;
  readonly seq: number;
}

const form = /^([a-z0-9]{8})-([a-z0-9]{1,11})-([a-z0-9]{1,11})-([a-f0-9]{16})$/;

/**
 * Makes and knows the keys that go out with every delivery: install salt, endpoint, seq, and 64 bits of HMAC-SHA256. A key is
 * stable over resends, cannot be made by anybody else, and is never reused, because the salt is new with every database.
 */
export class Keys {
  private readonly salt: string;
  private readonly secret: Buffer;

  constructor(salt: string, secret: Buffer) {
    this.salt = salt;
    this.secret = secret;
  }

  make(id: DeliveryId): string {
    const head = `${this.salt}-${id.endpoint.toString(36)}-${id.seq.toString(36)}`;
    return `${head}-${this.mac(head)}`;
  }

  /** The delivery that a key of ours names; undefined for anything else. */
  read(text: string): DeliveryId | undefined {
    const found = form.exec(text);
    if (!found || found[1] !== this.salt) return undefined;
    const mac = text.slice(-16);
    if (!timingSafeEqual(Buffer.from(mac), Buffer.from(this.mac(text.slice(0, -17))))) return undefined;
    return { endpoint: Number.parseInt(found[2] ?? '', 36), seq: Number.parseInt(found[3] ?? '', 36) };
  }

  private mac(head: string): string {
    return createHmac('sha256', this.secret).update(head).digest('hex').slice(0, 16);
  }
}
