import { type Reason, reason } from '../../../cpim/reasons.ts';

const dayMs = 24 * 3_600_000;

/**
 * A room whose encryption was switched on after it was linked: nothing that people say there can be read any more. That is announced
 * once on all sides. Of what is said then, each person's first line a day crosses as a line that cannot be shown, and the person is
 * told; the others are counted, and the count is what `links` shows.
 */
export class Secrecy {
  /** It has been said to everybody. */
  isAnnounced = false;
  private isOn = false;
  private unread = 0;
  private told: Map<string, number> | undefined;

  /** From now on lines count. */
  begin(): void {
    this.isOn = true;
  }

  /** Whether this person's line is to be shown and answered; undefined: the room is not known to be encrypted. */
  isDue(userId: string, now = Date.now()): boolean | undefined {
    if (!this.isOn) return undefined;
    return now - (this.told?.get(userId) ?? 0) >= dayMs;
  }

  /** A line that could not be read. */
  count(userId: string, wasDue: boolean, now = Date.now()): void {
    this.unread += 1;
    if (!wasDue) return;
    this.told ??= new Map();
    this.told.set(userId, now);
  }

  get trouble(): Reason | undefined {
    if (!this.isOn) return undefined;
    const lines = this.unread === 0 ? '' : ` (${this.unread} so far)`;
    return reason('encrypted', `the room is encrypted now, and what is said there cannot be read${lines}: link a new room`);
  }
}
