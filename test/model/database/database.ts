import type { Database, Sql } from '../../../src/db.ts';
import type { Owner, Scheduler } from '../scheduler.ts';
import { type Statement, statementOf } from './statements.ts';
import { Tables, View } from './tables.ts';

/** How the database is, for one seed. Likelihoods in percent. */
export interface DatabaseTraits {
  /** As the embedded engine: whoever wants to say something waits until the transaction before has ended. */
  readonly hasOneSession: boolean;
  /** Of a statement within a transaction to let others in before it. */
  readonly yields: number;
  /** Of a commit to be answered late. */
  readonly slow: number;
}

/** What goes wrong now, in percent; changed while the world turns. */
export interface DatabaseTrouble {
  /** A statement or a commit fails, and nothing of it happened. */
  fails: number;
  /** A commit is done, and its answer is lost. */
  unanswered: number;
}

interface Session {
  readonly owner: Owner | undefined;
  readonly view: View;
  isOpen: boolean;
  holdsShare: boolean;
}

/** Sees every commit, in order, before anybody is answered. */
export type Witness = (tables: Tables) => void;

/** The database that outlives the processes: what is committed, who holds which locks, and what of it fails. */
export class ModelDatabase {
  readonly tables = new Tables();
  readonly trouble: DatabaseTrouble = { fails: 0, unanswered: 0 };
  witness: Witness = () => {};
  private readonly scheduler: Scheduler;
  private readonly traits: DatabaseTraits;
  private readonly sessions = new Set<Session>();
  /** Only one transaction at a time has written rows that are not committed: coarser than rows, never less. */
  private writer: Session | undefined;
  private waiting: { readonly owner: Owner | undefined; resolve(): void }[] = [];

  constructor(scheduler: Scheduler, traits: DatabaseTraits) {
    this.scheduler = scheduler;
    this.traits = traits;
  }

  /** As one process sees it. */
  open(): Database {
    return {
      // Nothing of what runs here asks for it.
      source: undefined as never,
      engine: this.traits.hasOneSession ? 'embedded' : 'postgres',
      query: <R>(text: string, values: readonly unknown[] = []) => this.single<R>(text, values),
      transaction: <T>(work: (sql: Sql) => Promise<T>) => this.transaction(work),
      close: async () => {},
    };
  }

  /** The sessions of a process that is gone end, and what they had not committed with them. */
  forget(owner: Owner): void {
    for (const session of [...this.sessions]) if (session.owner === owner) this.end(session);
  }

  private async single<R>(text: string, values: readonly unknown[]): Promise<R[]> {
    const statement = statementOf(text);
    await this.scheduler.step(`sql ${short(text)}`);
    const session = await this.begin();
    try {
      const rows = await this.say(session, statement, values);
      if (statement.locks !== 'nothing') await this.written(session);
      return rows as R[];
    } finally {
      this.end(session);
    }
  }

  private async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    await this.scheduler.step('sql begin');
    const session = await this.begin();
    try {
      const result = await work({
        query: async <R>(text: string, values: readonly unknown[] = []) => {
          if (this.scheduler.happens(this.traits.yields)) await this.scheduler.step(`sql ${short(text)}`, session.owner);
          return (await this.say(session, statementOf(text), values)) as R[];
        },
      });
      await this.commit(session);
      return result;
    } finally {
      this.end(session);
    }
  }

  private async commit(session: Session): Promise<void> {
    const { scheduler } = this;
    await scheduler.step('sql commit', session.owner);
    this.alive(session);
    if (scheduler.happens(this.trouble.fails)) throw this.lost('the commit failed');
    await this.written(session);
  }

  /** Done; and now this must be heard of. */
  private async written(session: Session): Promise<void> {
    const { scheduler } = this;
    session.view.commit();
    this.witness(this.tables);
    const isUnanswered = scheduler.happens(this.trouble.unanswered);
    this.end(session);
    if (isUnanswered || scheduler.happens(this.traits.slow)) await scheduler.step('sql commit answered', session.owner);
    if (isUnanswered) throw this.lost('the commit was done, and its answer lost');
  }

  private async begin(): Promise<Session> {
    const owner = this.scheduler.current;
    while (this.traits.hasOneSession && this.sessions.size > 0) await this.blocked(owner, [...this.sessions]);
    const session = { owner, view: new View(this.tables), isOpen: true, holdsShare: false };
    this.sessions.add(session);
    return session;
  }

  private async say(session: Session, statement: Statement, values: readonly unknown[]): Promise<readonly object[]> {
    this.alive(session);
    if (this.scheduler.happens(this.trouble.fails)) throw this.lost('a statement failed');
    const { locks } = statement;
    if (locks === 'commit') session.holdsShare = true;
    for (;;) {
      const inTheWay = this.holders(session, locks);
      if (inTheWay.length === 0) break;
      await this.blocked(session.owner, inTheWay);
      this.alive(session);
    }
    if (locks === 'rows' || locks === 'commit') this.writer = session;
    return statement.run(session.view, values, this.scheduler.now);
  }

  private holders(session: Session, locks: Statement['locks']): Session[] {
    if (locks === 'rows' || locks === 'commit') return this.writer && this.writer !== session ? [this.writer] : [];
    if (locks === 'lease') return [...this.sessions].filter((one) => one !== session && one.holdsShare);
    return [];
  }

  /** Waits for others to end. One that the operating system has stopped is ended (idle_in_transaction_session_timeout). */
  private async blocked(owner: Owner | undefined, holders: readonly Session[]): Promise<void> {
    const waited = new Promise<void>((resolve) => this.waiting.push({ owner, resolve }));
    for (const one of holders) if (one.owner?.isPaused) this.end(one);
    await waited;
  }

  private end(session: Session): void {
    if (!this.sessions.delete(session)) return;
    session.isOpen = false;
    if (this.writer === session) this.writer = undefined;
    const waiting = this.waiting;
    this.waiting = [];
    for (const { owner, resolve } of waiting)
      if (owner?.isAlive !== false) void this.scheduler.step('sql goes on', owner).then(resolve);
  }

  private alive(session: Session): void {
    if (!session.isOpen) throw this.lost('the session was ended');
  }

  private lost(why: string): Error {
    this.scheduler.note(`sql: ${why}`);
    return new Error(`the database: ${why}`);
  }
}

function short(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 60);
}
