import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask } from '../../src/admin/control.ts';
import { type Bridge, build } from '../../src/app.module.ts';
import type { Config } from '../../src/config.ts';
import type { Database } from '../../src/db.ts';
import type { Logger } from '../../src/ops/log.ts';
import { type FakeNetwork, type FakeOptions, FakePlace, fakeProtocol } from './fake-network.ts';
import { QuietLog } from './quiet-log.ts';

/** Two networks, alpha and beta, that outlive the bridges which are started between them on one database. */
export class Town {
  readonly places = new Map<string, FakePlace>();
  readonly data = mkdtempSync(join(tmpdir(), 'rialto-town-'));
  /** Of every bridge that is started from now on. */
  log: Logger = new QuietLog();
  /** How many lines may wait; for bridges that are started from now on. */
  backlog = 1_000_000;
  /** For bridges that are started from now on. */
  directChats = true;
  /** How long a line may wait; for bridges that are started from now on. */
  expiryHours = 24;
  /** As long as it is set, the database answers with it. */
  failing: Error | undefined;
  private readonly db: Database;
  private readonly options: { readonly alpha?: FakeOptions; readonly beta?: FakeOptions };
  private readonly bridges: Bridge[] = [];

  constructor(db: Database, options: { readonly alpha?: FakeOptions; readonly beta?: FakeOptions } = {}) {
    this.db = db;
    this.options = options;
  }

  /** A bridge; one that was started before and not stopped counts as dead: its networks are taken over. */
  async bridge(
    prepare?: (alpha: FakeNetwork, beta: FakeNetwork) => void,
  ): Promise<{ alpha: FakeNetwork; beta: FakeNetwork; stop(): Promise<void> }> {
    const alpha = fakeProtocol('alpha', this.places, this.options.alpha);
    const beta = fakeProtocol('beta', this.places, this.options.beta);
    const database = this.database();
    const config = {
      data: this.data,
      http: { host: '127.0.0.1', port: 0 },
      operator: { host: '127.0.0.1' },
      database: {},
      directChats: this.directChats,
      delivery: { expiryHours: this.expiryHours, backlog: this.backlog },
      retention: { bodyDays: 7, excerptDays: 90, idDays: 365 },
      ghosts: { idleDays: 30 },
      log: { level: 'error' },
      networks: { alpha: { protocol: 'alpha' }, beta: { protocol: 'beta' } },
    } as Config;
    const bridge = await build(config, this.log, { protocols: [alpha.protocol, beta.protocol], database });
    this.bridges.push(bridge);
    prepare?.(alpha.network(), beta.network());
    await bridge.start(() => {});
    return { alpha: alpha.network(), beta: beta.network(), stop: () => this.stop(bridge) };
  }

  /** Asks the bridge that was started last. */
  ask(name: string, args: unknown): Promise<unknown> {
    return ask(this.data, name, args);
  }

  /** The bridge that was started last. */
  get last(): Bridge {
    const bridge = this.bridges.at(-1);
    if (!bridge) throw new Error('no bridge runs');
    return bridge;
  }

  /** What `/metrics` says: `name{label="value"}` → number, as far as it is not a bucket. */
  async numbers(): Promise<ReadonlyMap<string, number>> {
    const lines = (await this.last.numbers.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
  }

  place(native: string): FakePlace {
    const place = this.places.get(native) ?? new FakePlace();
    this.places.set(native, place);
    return place;
  }

  /** What everybody at a place has heard, as `name: text`. */
  heard(native: string): string[] {
    return this.place(native).lines.map((line) => `${line.by}: ${line.text}`);
  }

  async close(): Promise<void> {
    for (const bridge of [...this.bridges]) await this.stop(bridge);
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Outlives the bridges, and fails when it is told to. */
  private database(): Database {
    const { db } = this;
    const failing = async <T>(work: () => Promise<T>): Promise<T> => {
      if (this.failing) throw this.failing;
      return work();
    };
    return {
      source: db.source,
      engine: db.engine,
      query: (text, values) => failing(() => db.query(text, values)),
      transaction: (work) => failing(() => db.transaction(work)),
      close: async () => {},
    };
  }

  private async stop(bridge: Bridge): Promise<void> {
    const index = this.bridges.indexOf(bridge);
    if (index === -1) return;
    this.bridges.splice(index, 1);
    await bridge.stop();
  }
}

/** Waits until `holds`, looking every 10 ms; fails with `what` after `ms`. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const until = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
