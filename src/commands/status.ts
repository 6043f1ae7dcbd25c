import { z } from 'zod';
import type { Database } from '../db.ts';
import type { Networks } from '../rooms/networks.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { Links } from '../timeline/links.ts';
import { parkedCount } from '../timeline/parked.store.ts';
import { backlogs } from '../timeline/trace.store.ts';
import type { CommandBook } from './registry.ts';

export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly memoryMb: number;
  readonly database: 'embedded' | 'postgres';
  readonly networks: readonly {
    readonly name: string;
    readonly protocol: string;
    readonly state: string;
    readonly since: string;
    readonly why?: string;
  }[];
  readonly rooms: number;
  readonly directChats: number;
  readonly endpoints: number;
  /** How many of the endpoints have been entered since the start. */
  readonly entered: number;
  readonly waiting: number;
  /** Age of the oldest line that waits, in seconds. */
  readonly lagSeconds: number;
  readonly parked: number;
}

export interface StatusParts {
  readonly version: string;
  readonly db: Database;
  readonly tenant: number;
  readonly networks: Networks;
  readonly rooms: Rooms;
  readonly links: Links;
}

const noArgs = z.strictObject({});

export function addStatus(book: CommandBook, parts: StatusParts): void {
  book.add<z.infer<typeof noArgs>, Status>({
    name: 'status',
    summary: 'How the running service is',
    args: noArgs,
    run: () => status(parts),
  });
}

async function status({ version, db, tenant, networks, rooms }: StatusParts): Promise<Status> {
  const behind = await backlogs(db, tenant);
  const oldest = Math.min(...behind.map((one) => one.oldest?.getTime() ?? Date.now()), Date.now());
  const all = [...rooms.all()];
  return {
    version,
    pid: process.pid,
    uptimeSeconds: Math.round(process.uptime()),
    memoryMb: Math.round(process.memoryUsage.rss() / 1_048_576),
    database: db.engine,
    networks: [...networks.all()].map(({ name, protocol, state, since, why }) => ({
      name,
      protocol: protocol.name,
      state,
      since: new Date(since).toISOString(),
      ...(why ? { why: why.text ?? why.code } : {}),
    })),
    rooms: rooms.rooms({ direct: false }).length,
    directChats: rooms.rooms({ direct: true }).length,
    endpoints: all.length,
    entered: all.filter((at) => at.isEntered).length,
    waiting: behind.reduce((sum, one) => sum + one.waiting, 0),
    lagSeconds: Math.round((Date.now() - oldest) / 1000),
    parked: await parkedCount(db, tenant),
  };
}
