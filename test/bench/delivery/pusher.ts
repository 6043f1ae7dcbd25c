import { Agent, request } from 'undici';

export type Content = Readonly<Record<string, unknown>>;

export interface Event {
  readonly type: string;
  readonly room_id: string;
  readonly sender: string;
  readonly event_id: string;
  readonly origin_server_ts: number;
  readonly content: Content;
  readonly state_key?: string;
}

export const MAX_EVENTS = 100;

/** How a homeserver hands events to an application service: one transaction after the other, each until it is taken. */
export class Pusher {
  to = { bridge: '', hsToken: '' };
  /** Every tenth transaction comes a second time, under another number. */
  repeats = false;
  private readonly queue: Event[] = [];
  private agent = new Agent({ connections: 1, pipelining: 1 });
  private awayUntil = 0;
  private transactions = 0;
  private isPushing = false;
  /** The service did not answer: all that comes is written down. */
  private isDown = false;

  get waiting(): number {
    return this.queue.length;
  }

  get isAway(): boolean {
    return Date.now() < this.awayUntil;
  }

  add(event: Event): void {
    this.queue.push(event);
    if (!this.isPushing) void this.push();
  }

  /** The service is elsewhere now; what is under way goes there again. */
  async turn(bridge: string): Promise<void> {
    this.to = { ...this.to, bridge };
    await this.hangUp();
  }

  /** True if it was taken. */
  async send(method: 'PUT' | 'POST', path: string, body: unknown): Promise<boolean> {
    const headers = { authorization: `Bearer ${this.to.hsToken}`, 'content-type': 'application/json' };
    const dispatcher = this.agent;
    try {
      const answer = await request(`${this.to.bridge}${path}`, { method, headers, dispatcher, body: JSON.stringify(body) });
      await answer.body.dump();
      return answer.statusCode === 200;
    } catch {
      return false;
    }
  }

  /**
   * Nobody is answered for `ms`. As with Synapse, a transaction that is under way is on the disk, and so is everything while the
   * service is down; what waited for the answer to a transaction was in memory, and is never sent.
   */
  async die(ms: number): Promise<void> {
    this.awayUntil = Date.now() + ms;
    if (!this.isDown) this.queue.length = 0;
    await this.hangUp();
    await new Promise((resolve) => setTimeout(resolve, ms));
  }

  private async hangUp(): Promise<void> {
    const before = this.agent;
    this.agent = new Agent({ connections: 1, pipelining: 1 });
    await before.destroy();
  }

  private async push(): Promise<void> {
    this.isPushing = true;
    // What comes in the same moment goes together.
    await new Promise(setImmediate);
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, MAX_EVENTS);
      await this.transaction(batch);
      if (this.repeats && this.transactions % 10 === 0) await this.transaction(batch);
    }
    this.isPushing = false;
  }

  private async transaction(events: readonly Event[]): Promise<void> {
    this.transactions += 1;
    const path = `/_matrix/app/v1/transactions/${this.transactions}`;
    while (this.isAway || !(await this.send('PUT', path, { events }))) {
      this.isDown ||= !this.isAway;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    this.isDown = false;
  }
}
