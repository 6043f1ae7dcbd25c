export interface AllowanceParts {
  /** How often at once, and in an hour. */
  readonly anHour: number;
  /** Milliseconds. */
  readonly now?: () => number;
}

const HOUR_MS = 3_600_000;
const MAX_KNOWN = 10_000;

/** What one party may do so and so often: a bucket of tokens for each, filled again at an even pace. */
export class Allowance {
  /** What is left, and since when; who has taken most lately is the last. */
  private readonly buckets = new Map<string, { readonly left: number; readonly at: number }>();
  private readonly parts: AllowanceParts;

  constructor(parts: AllowanceParts) {
    this.parts = parts;
  }

  /** Whether somebody may. */
  has(who: string): boolean {
    return this.left(who) >= 1;
  }

  /** Somebody does. */
  take(who: string): void {
    const left = this.left(who) - 1;
    this.buckets.delete(who);
    this.buckets.set(who, { left, at: this.now() });
    const oldest = this.buckets.size > MAX_KNOWN ? this.buckets.keys().next().value : undefined;
    if (oldest !== undefined) this.buckets.delete(oldest);
  }

  private left(who: string): number {
    const { anHour } = this.parts;
    const bucket = this.buckets.get(who);
    return bucket ? Math.min(anHour, bucket.left + ((this.now() - bucket.at) * anHour) / HOUR_MS) : anHour;
  }

  private now(): number {
    return (this.parts.now ?? Date.now)();
  }
}
