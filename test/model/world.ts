import { Keys } from '../../src/timeline/key.ts';
import { type Ground, ModelBridge } from './bridge.ts';
import { ModelDatabase } from './database/database.ts';
import { Judge } from './judge.ts';
import { ModelNetwork } from './network.ts';
import { type Place, Server } from './place.ts';
import type { Owner, Scheduler } from './scheduler.ts';

/** Replaces a part of the product's ground by a broken one. */
export type Sabotage = (ground: Ground) => Ground;

interface Running extends Owner {
  bridge: ModelBridge;
}

const SALTS = { salt: 'modelone', secret: Buffer.from('not a secret') };

/** One seed's world: servers and a database that last, and processes that come and go. */
export class World {
  readonly scheduler: Scheduler;
  readonly database: ModelDatabase;
  readonly servers: readonly Server[];
  readonly judge: Judge;
  /** Who serves, or is about to. */
  running: Running;
  /** Stopped by the operating system, and overtaken. */
  private paused: Running[] = [];
  private readonly sabotage: Sabotage;
  private processes = 0;

  constructor(scheduler: Scheduler, sabotage: Sabotage) {
    const { chance } = scheduler;
    this.scheduler = scheduler;
    this.sabotage = sabotage;
    const yields = chance.oneOf([0, 20, 100]);
    this.database = new ModelDatabase(scheduler, { hasOneSession: chance.below(2) === 0, yields, slow: 30 });
    this.servers = ['alpha', 'beta', 'gamma'].slice(0, 2 + chance.below(2)).map((name) => {
      const wire = chance.oneOf(['push', 'stream'] as const);
      return new Server(name, { wire, window: chance.oneOf([1, 4, 64]), echoes: chance.below(3) > 0 }, scheduler);
    });
    const { tables } = this.database;
    for (const [index, { name }] of this.servers.entries()) tables.network.rows.set(String(index + 1), { id: index + 1, name });
    this.judge = new Judge(tables, new Keys(SALTS), this.servers);
    this.database.witness = () => this.judge.committed();
    this.running = this.process();
  }

  /** The rooms are linked before anything goes wrong. */
  async begin(): Promise<void> {
    const { scheduler, servers } = this;
    const rooms = 1 + scheduler.chance.below(2);
    await this.start();
    await this.until(() => this.running.bridge.isIdle);
    const { links } = this.running.bridge;
    for (let room = 0; room < rooms; room += 1) {
      for (const other of servers.slice(1)) {
        const [first = other] = servers;
        const places = [addressOf(first, room), addressOf(other, room)] as const;
        const settings = { seats: scheduler.chance.oneOf(['speak', 'all'] as const) };
        let isDone = false;
        await scheduler.as(this.running, () => void links.link(places, { settings, accept: [] }).then(() => (isDone = true)));
        await this.until(() => isDone);
      }
    }
  }

  get places(): readonly { readonly server: Server; readonly place: Place }[] {
    return this.servers.flatMap((server) => [...server.places.values()].map((place) => ({ server, place })));
  }

  /** The process is gone from one moment to the next, with all that it had in memory. */
  async crash(): Promise<void> {
    this.scheduler.note(`${this.running.name} crashes`);
    this.bury(this.running);
    this.running = this.process();
    await this.start();
  }

  /** Ends as it should, and is started again. */
  async restart(): Promise<void> {
    const old = this.running;
    const { scheduler } = this;
    scheduler.note(`${old.name} is told to stop`);
    let hasEnded = false;
    await scheduler.as(
      old,
      () =>
        void old.bridge.stop().then(
          () => (hasEnded = true),
          () => (hasEnded = true),
        ),
    );
    for (let steps = 0; steps < 500 && !hasEnded && this.running === old; steps += 1) await scheduler.next();
    if (this.running === old) await this.crash();
  }

  /** The process hangs for longer than its lease; another one takes over. */
  async overtake(): Promise<void> {
    if (!this.running.bridge.isStarted || this.paused.length > 0) return;
    this.scheduler.note(`${this.running.name} hangs`);
    this.running.isPaused = true;
    this.paused.push(this.running);
    this.running = this.process();
    await this.start();
  }

  wake(): void {
    const [old] = this.paused;
    if (!old) return;
    this.scheduler.note(`${old.name} wakes`);
    old.isPaused = false;
    this.paused = [];
    if (this.running.bridge.isStarted) return;
    // It was not away for long enough: who wanted its place gives up.
    this.bury(this.running);
    this.running = old;
  }

  /** Everything works again, and stays so. */
  async heal(): Promise<void> {
    this.wake();
    Object.assign(this.database.trouble, { fails: 0, unanswered: 0 });
    for (const server of this.servers) {
      Object.assign(server.trouble, { retry: 0, lost: 0, unanswered: 0, silent: 0, again: 0 });
      // What never answers is answered by the end of its connection.
      await this.scheduler.as(undefined, () => server.goDown());
      server.isUp = true;
    }
  }

  /** Until nothing moves any more, or it is clear that this never comes. */
  async settle(): Promise<void> {
    const { scheduler } = this;
    const end = scheduler.now + 20 * 60_000;
    let quiet = 0;
    for (let steps = 0; steps < 60_000 && scheduler.now < end; steps += 1) {
      if (!(await scheduler.next())) break;
      // Longer than what is written in intervals, or tried again, takes.
      if (!this.running.bridge.isIdle) quiet = 0;
      else if (quiet === 0) quiet = scheduler.now;
      else if (scheduler.now - quiet > 12_000) return;
    }
    this.judge.fault('stuck', this.running.bridge.waiting);
  }

  private process(): Running {
    this.processes += 1;
    const { judge, scheduler, servers } = this;
    const owner = { name: `p${this.processes}`, isAlive: true, isPaused: false } as Running;
    const stored = judge.stored.bind(judge);
    const around = { scheduler, judge, owner, servers, stored, lost: () => void this.lost(owner) };
    owner.bridge = new ModelBridge(
      around,
      this.sabotage({
        db: this.database.open(),
        keys: new Keys(SALTS),
        salts: SALTS,
        connect: (...given) => new ModelNetwork(...given),
      }),
    );
    return owner;
  }

  private async start(): Promise<void> {
    const { bridge, name } = this.running;
    const failed = (error: unknown): void => this.scheduler.note(`${name} cannot start: ${String(error)}`);
    const again = async (): Promise<void> => {
      // What an init system does.
      await bridge.start().catch(async (error: unknown) => {
        failed(error);
        await new Promise((resolve) => setTimeout(resolve, 1000));
        if (this.running.bridge === bridge) void this.crash();
      });
    };
    await this.scheduler.as(this.running, () => void again());
  }

  private bury(process: Running): void {
    this.scheduler.kill(process);
    this.database.forget(process);
    for (const network of process.bridge.networks.values()) network.die();
  }

  private lost(process: Running): void {
    this.scheduler.note(`${process.name} has lost its lease, and ends`);
    this.bury(process);
    if (this.running === process) void this.crash();
  }

  private async until(holds: () => boolean): Promise<void> {
    for (let steps = 0; !holds(); steps += 1) {
      if (steps > 5000 || !(await this.scheduler.next())) throw new Error('the model cannot begin');
    }
  }
}

function addressOf(server: Server, room: number) {
  const native = `${server.name}/${room}`;
  server.place(native);
  return { network: server.name, address: { native, uri: `im:${native}@${server.name}` } };
}
