import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Command, type CommandBook, CommandError } from '../commands/registry.ts';
import { type Config, httpUrl } from '../config.ts';
import type { Database } from '../db.ts';
import type { Finding } from '../networks/finding.ts';
import type { Networks } from '../rooms/networks.ts';
import type { Rooms } from '../rooms/rooms.ts';
import type { Links } from '../timeline/links.ts';
import { database } from './database.ts';
import { links } from './links.ts';
import { linkedRooms, network } from './networks.ts';

export interface ServiceParts {
  readonly config: Config;
  readonly db: Database;
  readonly tenant: number;
  readonly networks: Networks;
  readonly rooms: Rooms;
  readonly links: Links;
}

const args = z.strictObject({
  /** `service`, `database`, `links`, or the name of a network. */
  part: z.string(),
  /** Fingerprints of the configuration of whoever asks. */
  config: z.record(z.string(), z.string()).default({}),
});
type Args = z.infer<typeof args>;

/** `check`, as the running service sees itself: by its own connections, so that nobody else opens one. */
export function addCheck(book: CommandBook, parts: ServiceParts): void {
  const check: Command<Args> = {
    name: 'check',
    summary: 'What is wrong with one part of the set-up',
    args: args as z.ZodType<Args>,
    run: async (asked) => {
      const findings: Finding[] = [];
      for await (const finding of partOf(parts, asked)) findings.push(finding);
      return { findings };
    },
  };
  book.add(check);
}

function partOf(parts: ServiceParts, { part, config }: Args): AsyncIterable<Finding> {
  switch (part) {
    case 'service':
      return service(parts, config);
    case 'database':
      return database(parts.db, parts.db.engine);
    case 'links':
      return linked(parts);
    default:
      return oneNetwork(parts, part);
  }
}

async function* service({ config }: ServiceParts, theirs: Readonly<Record<string, string>>): AsyncGenerator<Finding> {
  const ours = fingerprints(config);
  const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  const changed = [...keys].filter((key) => ours[key] !== theirs[key]);
  yield { code: 'service', verdict: 'ok', evidence: `runs as process ${process.pid}, for ${Math.round(process.uptime())} s` };
  if (changed.length === 0) return;
  yield {
    code: 'config-changed',
    verdict: 'warning',
    evidence: `the service was started with another ${changed.join(', ')}: what follows is about that`,
    fix: 'restart it, or give this command the same environment',
  };
}

function linked({ config, db, tenant, rooms }: ServiceParts): AsyncIterable<Finding> {
  return links({
    sql: db,
    tenant,
    endpoints: [...rooms.all()],
    networks: Object.keys(config.networks),
    expiryMs: config.delivery.expiryHours * 3_600_000,
    isEntered: (at) => at.isEntered,
  });
}

function oneNetwork({ config, networks, rooms }: ServiceParts, name: string): AsyncIterable<Finding> {
  if (!config.networks[name])
    throw new CommandError(`the service has no network ${name}: it was started with another configuration`);
  const { network: running, protocol } = networks.get(name);
  return network(config, name, {
    protocols: [protocol],
    rooms: linkedRooms([...rooms.all()], name, config),
    running,
    url: httpUrl(config),
  });
}

/** Of each value by its key, so that two configurations can be compared without being shown. */
export function fingerprints(config: Config): Record<string, string> {
  const prints: Record<string, string> = {};
  const add = (path: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) add(path === '' ? key : `${path}.${key}`, inner);
    } else prints[path] = createHash('sha256').update(String(value)).digest('hex').slice(0, 16);
  };
  add('', config);
  return prints;
}
