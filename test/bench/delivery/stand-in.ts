import type { Settings } from '../../lab/settings.ts';
import { Child } from './child.ts';
import type { SinkCommand } from './sink-command.ts';
import type { Tally } from './tally.ts';

export interface StandInOptions {
  readonly rooms: number;
  /** Native speakers in each room: so many ghosts sit in each MUC. */
  readonly speakers: number;
  /** An answer takes a time between these. */
  readonly latencyMs: readonly [least: number, most: number];
  /** Lines a second that it takes of one ghost. Default: any number. */
  readonly perUser?: number | undefined;
}

/** Lines for all rooms in turn: `total` of them, each room's numbered from `from`. */
export interface Talk {
  readonly run: number;
  readonly rooms: number;
  readonly from: number;
  readonly total: number;
  readonly perSecond: number;
  readonly mixed?: boolean;
}

interface Place {
  readonly speakers: number;
  readonly domain: string;
}

/** What stands for a homeserver, with the people of its rooms: a process of its own. */
export class StandIn {
  readonly port: number;
  private readonly child: Child<SinkCommand>;
  private readonly speakers: number;
  private readonly domain: string;

  private constructor(child: Child<SinkCommand>, { port, speakers, domain }: Pick<StandIn, 'port'> & Place) {
    this.child = child;
    this.port = port;
    this.speakers = speakers;
    this.domain = domain;
  }

  static async at({ ports, hsToken, matrixDomain: domain }: Settings, options: StandInOptions): Promise<StandIn> {
    const { rooms, speakers, latencyMs, perUser } = options;
    const child = new Child<SinkCommand>('sink.ts');
    const bridge = `http://127.0.0.1:${ports.rialto}`;
    const port = await child.ask<number>({ do: 'listen', bridge, hsToken, domain, latencyMs, perUser });
    await child.ask({ do: 'rooms', count: rooms, speakers });
    return new StandIn(child, { port, speakers, domain });
  }

  get pid(): number {
    return this.child.pid;
  }

  ask<R>(command: SinkCommand): Promise<R> {
    return this.child.ask(command);
  }

  /** From now on lines of this run count; every tenth transaction comes twice. */
  async begin(run: number): Promise<void> {
    await this.ask({ do: 'start', run, repeats: true });
  }

  async push(talk: Talk): Promise<void> {
    await this.ask({ do: 'push', ...talk, speakers: this.speakers });
  }

  /** Whom the people of the other side write to. */
  friends(count: number): readonly string[] {
    return Array.from({ length: count }, (_, n) => `@d${n}:${this.domain}`);
  }

  chats(): Promise<number> {
    return this.ask({ do: 'chats' });
  }

  times(): Promise<ReturnType<Tally['times']> & { offered: [id: number, times: number][]; told: number[] }> {
    return this.ask({ do: 'times' });
  }

  async die(ms: number): Promise<void> {
    await this.ask({ do: 'die', ms });
  }

  async stop(): Promise<void> {
    this.child.stop();
  }
}
