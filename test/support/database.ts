import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { Embedded } from '../../src/database/embedded.ts';
import { migrationsFolder } from '../../src/database/migrations.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../../src/db.ts';
import { postgresMissing, sharedPostgres } from './postgres.ts';
import { QuietLog } from './quiet-log.ts';

export interface TestDatabase {
  readonly db: Database;
  readonly log: QuietLog;
  /** Closes and removes it. */
  drop(): Promise<void>;
}

/** Where a database of one's own may be opened; nothing is in it. */
export interface TestPlace {
  readonly at: Pick<DatabaseOptions, 'url' | 'folder'>;
  /** Removes what is there; close what was opened first. */
  drop(): Promise<void>;
}

/** `describe.each(testDatabases())('… on $name', ({ create }) => …)` */
export interface TestEngine {
  readonly name: 'embedded' | 'postgres';
  /** A database with all migrations and no rows, from a template: 0.4 s embedded, 0.1 s Postgres. */
  create(): Promise<TestDatabase>;
  empty(): Promise<TestPlace>;
}

/** Both engines, or the embedded one alone where no Postgres can be had; on CI that is an error. */
export function testDatabases(): readonly TestEngine[] {
  const missing = postgresMissing();
  if (missing === undefined) return [embedded, postgres];
  if (process.env.CI === 'true') throw new Error(`CI must test Postgres: ${missing}`);
  process.stderr.write(`\n!!! NOT TESTED ON POSTGRES: ${missing}\n\n`);
  return [embedded];
}

const embedded: TestEngine = {
  name: 'embedded',
  async create() {
    const log = new QuietLog();
    const db = await openDatabase({ snapshot: await snapshot(), log });
    return { db, log, drop: () => db.close() };
  },
  async empty() {
    const folder = mkdtempSync(join(tmpdir(), 'rialto-embedded-'));
    return { at: { folder }, drop: async () => rmSync(folder, { recursive: true, force: true }) };
  },
};

const postgres: TestEngine = {
  name: 'postgres',
  async create() {
    const log = new QuietLog();
    const { at, drop } = await cloned(await template());
    const db = await openDatabase({ ...at, log });
    return { db, log, drop: () => db.close().then(drop) };
  },
  empty: () => cloned('template1'),
};

/** One thing in the schema, or in what makes it, changes the name of every template. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const folder = migrationsFolder();
  for (const file of readdirSync(folder)
    .filter((name) => /^\d/.test(name))
    .sort())
    hash.update(file).update(readFileSync(join(folder, file)));
  hash.update(readFileSync(join(folder, '../src/database/migrations.ts')));
  hash.update(readFileSync(createRequire(import.meta.url).resolve('@electric-sql/pglite')));
  return hash.digest('hex').slice(0, 16);
}

/** A new embedded database takes 3 s to make, a copy of one 0.4 s: it is made once for each state of the migrations. */
async function snapshot(): Promise<Uint8Array<ArrayBuffer>> {
  const cache = join(dirname(migrationsFolder()), '.cache');
  const file = join(cache, `embedded-${fingerprint()}.tar`);
  if (!existsSync(file)) {
    const place = await embedded.empty();
    await openDatabase({ ...place.at, log: new QuietLog() }).then((db) => db.close());
    const engine = await Embedded.open(place.at);
    const bytes = await engine.dump().finally(() => engine.close());
    await place.drop();
    mkdirSync(cache, { recursive: true });
    sweep(cache);
    // Several workers may get here at once: each writes its own, and the last one to be renamed stays.
    const draft = `${file}.${randomUUID()}`;
    writeFileSync(draft, bytes);
    renameSync(draft, file);
    return bytes;
  }
  return new Uint8Array(readFileSync(file));
}

/** Those of earlier migrations; not the young ones, another run may be reading them. */
function sweep(cache: string): void {
  const files = readdirSync(cache)
    .filter((name) => /^embedded-\w+\.tar/.test(name))
    .map((name) => join(cache, name));
  const yesterday = Date.now() - 86_400_000;
  for (const file of files)
    if ((statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < yesterday) rmSync(file, { force: true });
}

/** The name of a Postgres database with all migrations, that is only copied from. */
async function template(): Promise<string> {
  const name = `rialto_template_${fingerprint()}`;
  await administer(async (admin, urlOf) => {
    // Released with the session. Workers, and other runs on the same server, wait for the first one to build it.
    await admin.query(`select pg_advisory_lock(hashtext('rialto test template'))`);
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [name]);
    if (rowCount) return;
    await admin.query(`drop database if exists ${name}_new with (force)`);
    await admin.query(`create database ${name}_new`);
    await openDatabase({ url: urlOf(`${name}_new`), log: new QuietLog() }).then((db) => db.close());
    await admin.query(`alter database ${name}_new rename to ${name}`);
  });
  return name;
}

async function cloned(from: string): Promise<TestPlace> {
  const name = `rialto_test_${randomUUID().replaceAll('-', '')}`;
  const url = await administer(async (admin, urlOf) => {
    await admin.query(`create database ${name} template ${from}`);
    return urlOf(name);
  });
  const drop = (): Promise<void> => administer(async (admin) => void (await admin.query(`drop database ${name} with (force)`)));
  return { at: { url }, drop };
}

async function administer<T>(work: (admin: pg.Client, urlOf: (database: string) => string) => Promise<T>): Promise<T> {
  const server = await sharedPostgres();
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  try {
    return await work(admin, (database) => Object.assign(new URL(server), { pathname: `/${database}` }).href);
  } finally {
    await admin.end();
  }
}
