/** Who may send how much: a homeserver's own limit for each user, and whether its answers were heeded. */
export class Limits {
  private perSecond = Number.POSITIVE_INFINITY;
  private readonly next = new Map<string, number>();
  private readonly told = new Map<string, number>();
  private refused = 0;
  private early = 0;

  set(perSecond: number | undefined): void {
    this.perSecond = perSecond ?? Number.POSITIVE_INFINITY;
  }

  /** How long the user has to wait, in ms; 0: it may send. A burst of a second's worth is free. */
  refuses(user: string, now: number): number {
    if (this.perSecond === Number.POSITIVE_INFINITY) return 0;
    // A timer may fire a little before its time.
    if (now < (this.told.get(user) ?? 0) - 2) this.early += 1;
    const due = Math.max(this.next.get(user) ?? 0, now - 1000);
    if (due > now) {
      this.refused += 1;
      const waitMs = Math.ceil(due - now);
      this.told.set(user, now + waitMs);
      return waitMs;
    }
    this.next.set(user, due + 1000 / this.perSecond);
    return 0;
  }

  report(): { readonly refused: number; readonly early: number } {
    return { refused: this.refused, early: this.early };
  }
}
