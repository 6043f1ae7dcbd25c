/** Who could not write tries again within ten seconds at the latest; after this long without another failure it works again. */
const RECENT_MS = 15_000;

/** SQLSTATEs of a database that answers and takes nothing: out of disk, memory or the like; read-only; input and output errors. */
const REFUSING = /^(53...|25006|58...)$/;

/** Remembers whether the database has refused to store something a moment ago. */
export class Refusals {
  private last: { readonly at: number; readonly why: string } | undefined;

  note(error: unknown): void {
    const { code, message } = error as { code?: unknown; message?: unknown };
    if (typeof code === 'string' && REFUSING.test(code)) this.last = { at: Date.now(), why: String(message) };
  }

  /** In the database's words; undefined: it stores what it is given. */
  why(): string | undefined {
    return this.last && Date.now() - this.last.at < RECENT_MS ? this.last.why : undefined;
  }
}
