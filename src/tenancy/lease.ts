import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database, Sql } from '../db.ts';
import type { Log } from '../networks/network.ts';
import { type Claim, dropLeases, holders, renewLeases, takeLeases, unexpired } from './lease.store.ts';

const SECONDS = 10;
const RENEW_MS = 3000;
/** An owner that was told to end is gone by then, and one whose host has died has lost its lease. */
const PATIENCE_MS = 30_000;

/** Somebody else serves these networks, and goes on doing so. */
export class NetworksTaken extends Error {
  constructor(owners: readonly string[]) {
    const who = owners.map((owner) => owner.split('/')).map(([host, pid]) => `process ${pid} on ${host}`);
    super(`the networks of this database are served by ${who.join(' and ')}: stop it first, or give this one another database`);
  }
}

/** Names this process for ever: host, pid, and a number nobody else has. */
export function newHolder(): string {
  return `${hostname()}/${process.pid}/${randomUUID()}`;
}

/** A holder on this very host whose process has ended. */
function isDead(holder: string): boolean {
  const [host, pid] = holder.split('/');
  if (host !== hostname() || Number(pid) === process.pid) return host === hostname();
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Who serves the networks of this database now, as far as can be known: a process that died elsewhere counts until its lease ends. */
export async function serving(sql: Sql): Promise<string | undefined> {
  return (await unexpired(sql)).find((holder) => !isDead(holder));
}

/** The same, having waited for as long as the lease of a dead process may last. */
export async function stillServing(sql: Sql): Promise<string | undefined> {
  const until = Date.now() + (SECONDS + 1) * 1000;
  let holder = await serving(sql);
  while (holder !== undefined && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    holder = await serving(sql);
  }
  return holder;
}

/** One owner of each network: taken before anything connects, renewed while we live. */
export class Lease {
  private readonly db: Database;
  private readonly claim: Claim;
  private readonly log: Log;
  private timer: NodeJS.Timeout | undefined;
  /** When what was granted last was asked for; on the clock that nobody sets. */
  private askedAt = Number.NEGATIVE_INFINITY;

  constructor(db: Database, claim: Omit<Claim, 'seconds'>, log: Log) {
    this.db = db;
    this.claim = { ...claim, seconds: SECONDS };
    this.log = log;
  }

  /**
   * Takes over from a dead owner as soon as that is certain, and waits for a living one that may be about to end. Rejects with
   * NetworksTaken if it does not.
   */
  async take(lost: () => void, patienceMs = PATIENCE_MS): Promise<void> {
    const until = Date.now() + patienceMs;
    for (let told = false; ; ) {
      const others = await holders(this.db, this.claim.tenant, this.claim.networks);
      const asked = performance.now();
      if (await takeLeases(this.db, this.claim, others.filter(isDead))) {
        this.askedAt = asked;
        break;
      }
      if (Date.now() > until) throw new NetworksTaken(others);
      if (!told) this.log.warn('another process owns these networks, waiting for it to end', { owners: others });
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    this.timer = setInterval(() => void this.renew(lost), RENEW_MS);
  }

  /**
   * Nobody else can hold it now. False for a process that was stopped for too long and does not know yet: it must not send
   * what its successor sends. A write needs no such question, it is fenced.
   */
  get isSure(): boolean {
    return performance.now() < this.askedAt + SECONDS * 1000;
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    await dropLeases(this.db, this.claim);
  }

  private async renew(lost: () => void): Promise<void> {
    try {
      const asked = performance.now();
      if (await renewLeases(this.db, this.claim)) {
        this.askedAt = asked;
        return;
      }
      clearInterval(this.timer);
      lost();
    } catch (error) {
      this.log.warn('the lease could not be renewed', { reason: String(error) });
    }
  }
}
