import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database, Sql } from '../db.ts';
import type { Log } from '../networks/network.ts';
import { type Claim, dropLeases, holders, renewLeases, takeLeases, unexpired } from './lease.store.ts';

const SECONDS = 10;
const RENEW_MS = 3000;

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

  constructor(db: Database, claim: Omit<Claim, 'seconds'>, log: Log) {
    this.db = db;
    this.claim = { ...claim, seconds: SECONDS };
    this.log = log;
  }

  /** Waits for a living owner to let go; takes over from a dead one as soon as that is certain. */
  async take(lost: () => void): Promise<void> {
    for (let told = false; ; ) {
      const others = await holders(this.db, this.claim.tenant, this.claim.networks);
      if (await takeLeases(this.db, this.claim, others.filter(isDead))) break;
      if (!told) this.log.warn('another process owns these networks, waiting for it to end', { owners: others });
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    this.timer = setInterval(() => void this.renew(lost), RENEW_MS);
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    await dropLeases(this.db, this.claim);
  }

  private async renew(lost: () => void): Promise<void> {
    try {
      if (await renewLeases(this.db, this.claim)) return;
      clearInterval(this.timer);
      lost();
    } catch (error) {
      this.log.warn('the lease could not be renewed', { reason: String(error) });
    }
  }
}
