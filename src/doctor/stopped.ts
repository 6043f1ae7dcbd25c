import { join } from 'node:path';
import { type Config, httpUrl } from '../config.ts';
import type { Finding } from '../networks/finding.ts';
import { protocols } from '../networks/registry.ts';
import { type EndpointRow, livingEndpoints } from '../rooms/room.store.ts';
import { serving } from '../tenancy/lease.ts';
import { dataFolder, isForeign } from './data-folder.ts';
import { migrationFacts, movedTo, tenantId } from './database.store.ts';
import { database, notOpened } from './database.ts';
import { openHttp } from './http-door.ts';
import { links } from './links.ts';
import { isMade, type Look, openToLook } from './look.store.ts';
import { linkedRooms, network } from './networks.ts';
import { begun, listed, type Part } from './part.ts';

/** A set-up whose service does not run: everything is opened for the moment, and nothing is changed. */
export async function* stopped(config: Config): AsyncGenerator<Part> {
  yield { name: 'data', about: config.data, findings: listed([...dataFolder(config.data)]) };
  const seen = await look(config);
  yield { name: 'database', about: placeOf(config), findings: listed(seen.findings) };
  const door = await openHttp(config.http);
  try {
    yield { name: 'http', about: httpUrl(config), findings: listed([door.finding]) };
    const parts = Object.keys(config.networks).map((name): Part => {
      const rooms = linkedRooms(seen.endpoints, name, config);
      const context = { protocols, rooms, url: httpUrl(config), ...(door.port ? { http: door.port } : {}) };
      return { name, about: '', findings: begun(owned(seen, () => network(config, name, context))) };
    });
    yield* parts;
    yield { name: 'links', about: '', findings: listed(seen.links) };
  } finally {
    await door.close();
  }
}

/** What the database told. */
interface Seen {
  readonly findings: readonly Finding[];
  readonly links: readonly Finding[];
  readonly endpoints: readonly EndpointRow[];
  /** A living Rialto that owns the networks of this database. */
  readonly owner?: string;
}

const unread: Finding = { code: 'links', verdict: 'skipped', evidence: 'the database could not be read' };

/** The database is closed again before the networks are looked at. */
async function look(config: Config): Promise<Seen> {
  const place = { url: config.database.url, folder: join(config.data, 'database') };
  const engine = place.url === undefined ? 'embedded' : 'postgres';
  const closed = place.url === undefined ? whyNot(config.data, place.folder) : undefined;
  if (closed) return { findings: [closed], links: [{ ...unread, evidence: closed.evidence }], endpoints: [] };
  let open: Look | undefined;
  try {
    open = await openToLook(place);
    return await read(open, config);
  } catch (error) {
    return { findings: [notOpened(error, engine)], links: [unread], endpoints: [] };
  } finally {
    await open?.close();
  }
}

/** Why the embedded database is left alone. */
function whyNot(data: string, folder: string): Finding | undefined {
  if (!isMade(folder)) {
    return {
      code: 'database-new',
      verdict: 'ok',
      evidence: 'the embedded database is made at the first start; nothing is linked yet',
    };
  }
  if (!isForeign(data)) return undefined;
  return {
    code: 'database',
    verdict: 'skipped',
    evidence: 'the folder is of another account, which could not write any more what we open here',
    fix: 'check as that account',
  };
}

/** With these the tables are not there, or not for us. */
const unreadable: ReadonlySet<string> = new Set(['database-rights', 'database-old', 'database-newer']);

async function read(open: Look, config: Config): Promise<Seen> {
  const findings = await all(database(open, open.engine));
  if (findings.some(({ code }) => unreadable.has(code))) return { findings, links: [unread], endpoints: [] };
  const { done, unknown, pending } = await migrationFacts(open);
  const tenant = done === undefined || unknown.length + pending.length > 0 ? undefined : await tenantId(open, 'default');
  if (tenant === undefined)
    return {
      findings,
      links: [done === undefined ? { ...unread, verdict: 'ok', evidence: 'nothing is linked yet' } : unread],
      endpoints: [],
    };
  const endpoints = await livingEndpoints(open, tenant);
  const expiryMs = config.delivery.expiryHours * 3_600_000;
  const found = await all(links({ sql: open, tenant, endpoints, networks: Object.keys(config.networks), expiryMs }));
  const moved = await movedTo(open);
  if (moved !== undefined) findings.push(elsewhere(moved));
  const owner = await serving(open);
  if (owner === undefined) return { findings, links: found, endpoints };
  return { findings: [...findings, shared(owner)], links: found, endpoints, owner };
}

function elsewhere(place: string): Finding {
  return {
    code: 'database-moved',
    verdict: 'fault',
    evidence: `everything was moved to ${place}`,
    fix: 'configure that one in database.url; or go on with this one: "rialto db reopen"',
  };
}

function shared(owner: string): Finding {
  const [host, pid] = owner.split('/');
  return {
    code: 'database-shared',
    verdict: 'fault',
    evidence: `another Rialto works with this database: process ${pid} on ${host}`,
    fix: 'check there, or end it: two of them on one database would take each other’s networks',
  };
}

/** The networks of another living Rialto are left alone: a second connection would throw the first one out. */
async function* owned(seen: Seen, findings: () => AsyncIterable<Finding>): AsyncGenerator<Finding> {
  if (seen.owner === undefined) yield* findings();
  else yield { code: 'network', verdict: 'skipped', evidence: 'another Rialto is connected to it' };
}

/** Without the password. */
export function placeOf({ data, database: { url } }: Pick<Config, 'data' | 'database'>): string {
  if (url === undefined) return join(data, 'database');
  if (!URL.canParse(url)) return 'Postgres';
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port && `:${port}`}${pathname}`;
}

async function all(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of findings) found.push(finding);
  return found;
}
