import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeBackup } from '../../src/database/copy/backup.ts';
import { moveDatabase, type Progress } from '../../src/database/copy/move.ts';
import { restoreBackup } from '../../src/database/copy/restore.ts';
import { migrationsFolder } from '../../src/database/migrations.ts';
import { type Database, openDatabase, type Sql } from '../../src/db.ts';
import { loadInstall, markMoved, renewInstall, reopen } from '../../src/tenancy/install.store.ts';
import { type TestEngine, type TestPlace, testDatabases } from '../support/database.ts';
import { QuietLog } from '../support/quiet-log.ts';

const scratch = mkdtempSync(join(tmpdir(), 'rialto-copy-'));
const older = join(scratch, 'older');
const migrations = join(scratch, 'migrations');
cpSync(migrationsFolder(), older, { recursive: true });
writeFileSync(
  join(older, '0100-every-type.sql'),
  `create table every_type (id bigint generated always as identity primary key, a bytea, b jsonb, c text[], d bigint[], e timestamptz,
     f date, g boolean, h double precision, i numeric, j uuid, k smallint, l text, m bytea[], n timestamptz[]);`,
);
cpSync(older, migrations, { recursive: true });
writeFileSync(
  join(migrations, '0101-later.sql'),
  `alter table every_type add column later text; update every_type set later = 'was ' || id;`,
);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const open = (place: TestPlace, folder = migrations, schema?: 'as it is'): Promise<Database> =>
  openDatabase({ ...place.at, migrations: folder, schema, log: new QuietLog() });

async function within<T>(db: Database, work: (db: Database) => Promise<T>): Promise<T> {
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

/** What a bridge leaves behind, and every type with values that are easily broken. */
async function populate(db: Database): Promise<void> {
  await loadInstall(db);
  await db.query(`insert into tenant (name) values ('default'), ('gone')`);
  await db.query(`delete from tenant where name = 'gone'`);
  await db.query(`insert into network (tenant_id, name, protocol) values (1, 'a', 'alpha'), (1, 'b', 'beta')`);
  await db.query(`insert into network_state values (1, 1, 'B', '1'), (1, 1, 'a', '2'), (1, 1, 'ä', '3'), (1, 1, '_', '4')`);
  await db.query(`insert into lease values (1, 1, 7, 'somewhere/1/x', now() + interval '1 hour')`);
  await db.query(`insert into room (tenant_id, kind, head) values (1, 'group', 3000), (1, 'group', 5)`);
  await db.query(
    `insert into endpoint (tenant_id, room_id, network_id, state, cursor_seq, settings)
     values (1, 1, 1, 'active', 3000, '{"seats": "speak"}'), (1, 1, 2, 'active', 2990, '{}'), (1, 2, 2, 'gone', 1, '{}')`,
  );
  await db.query(`insert into sender (tenant_id, network_id, key, weak, name) values (1, 1, 'k', false, 'Zoë "Z" \\ 🎈')`);
  await db.query(
    `insert into entry (tenant_id, room_id, seq, origin_endpoint_id, sender_id, kind, claimed_at, received_at, archive_at)
     select 1, 1, n, 1, 1, 'text', now() - n * interval '1 microsecond', now(), now() from generate_series(1, 3000) n`,
  );
  await db.query(
    `insert into body select 1, 1, n, '2026-01-01'::date + n % 40, decode(repeat(md5(n::text), 1 + n % 50), 'hex') from generate_series(1, 3000) n`,
  );
  await db.query(
    `insert into every_type (a, b, c, d, e, f, g, h, i, j, k, l, m, n) values
       ('\\x00ff5c27', '{"a":[1,null,"x\\u00e9\\n"],"b":{}}', '{"",null,"null","a,b","{\\"\\\\"}', '{1,null,-9007199254740991}',
        '2026-01-31 23:59:59.123456+02', '2026-01-31', true, 0.1, 12345678901234567890.5, '2f6c5a34-4d3e-4b8e-9d5b-0a4c3f1e2d10', -1,
        E'tab\\t line\\n \\\\. \\\\N " é 🎈 \\u0001', '{"\\\\x00",null,"\\\\x5c22"}', '{"1970-01-01 00:00:00.000001+00",null,infinity}'),
       ('', 'null', '{}', null, '-infinity', 'infinity', false, 'NaN', 'NaN', null, null, '', null, '{}'),
       (null, null, null, null, '0044-03-15 12:00:00+00 BC', null, null, -1e-300, 0.10, null, null, 'null', null, null)`,
  );
  await db.query('delete from every_type where id = 2');
  await db.query(`insert into every_type (l) select repeat('x', 700000) from generate_series(1, 3)`);
}

/** Every row of every table, as text. */
async function contents(db: Sql): Promise<Record<string, string[]>> {
  const tables = await db.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
        and not relispartition and relname not in ('lease', 'migration', 'install', 'past_salt', 'waiting_salt') order by 1`,
  );
  const found: Record<string, string[]> = {};
  for (const { name } of tables) {
    const rows = await db.query<{ row: string }>(`select t::text as row from ${name} t order by t::text collate "C"`);
    found[name] = rows.map(({ row }) => row);
  }
  return found;
}

const idle = {
  tell: () => undefined,
  alone: async () => undefined,
  arrived: (sql: Sql) => renewInstall(sql),
  left: (sql: Sql) => markMoved(sql, 'there'),
};

/** A target is empty as long as it has no tables. */
async function isEmpty(db: Database): Promise<boolean> {
  const rows = await db.query('select from pg_class where relnamespace = current_schema()::regnamespace');
  return rows.length === 0;
}

/** A copy must be whole, go on with the ids where the original was, and have a salt of its own. */
async function expectCopy(copy: Database, original: Database): Promise<void> {
  expect(await contents(copy)).toEqual(await contents(original));
  const next = async (db: Database): Promise<unknown> =>
    db.query(`insert into room (tenant_id, kind) values (1, 'group') returning room_id`);
  expect(await next(copy)).toEqual(await next(original));
  expect(await copy.query(`insert into tenant (name) values ('third') returning tenant_id`)).toEqual([{ tenant_id: 3 }]);
  expect(await copy.query('select * from lease')).toEqual([]);
  const [was] = await original.query<{ salt: string; name: string; secret: Buffer }>('select salt, name, secret from install');
  const is = await loadInstall(copy);
  expect([is.name, is.secret]).toEqual([was?.name, was?.secret]);
  expect(is.salt).not.toBe(was?.salt);
  expect(is.past).toEqual([was?.salt]);
  expect(is.waiting).toEqual([{ endpoint: 2, upto: 3000, salt: was?.salt }]);
}

describe.each(testDatabases())('what is in a database, $name', (engine: TestEngine) => {
  const others = testDatabases().filter(({ name }) => name !== engine.name);
  const target = others[0] ?? engine;
  let source: TestPlace;

  beforeAll(async () => {
    source = await engine.empty();
    await within(await open(source), populate);
  }, 60_000);
  afterAll(() => source?.drop());

  test(`moves to ${target.name}: all of it or nothing, and is not served here any more`, async () => {
    const place = await target.empty();
    const from = await open(source, migrations, 'as it is');
    const to = await open(place, migrations, 'as it is');
    const move = (more: object = {}): Promise<unknown> => moveDatabase(from, to, { ...idle, ...more });
    await expect(
      move({
        arrived: async () => {
          throw new Error('at the very end');
        },
      }),
    ).rejects.toThrow('at the very end');
    expect(await isEmpty(to)).toBe(true);
    await expect(loadInstall(from)).resolves.toBeDefined();

    const told: Progress[] = [];
    const tables = await move({ tell: (progress: Progress) => void told.push(progress) });
    expect(tables).toContainEqual({ table: 'body', rows: 3000, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(told.at(-1)?.done).toBe(told.at(-1)?.total);
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).sort((a, b) => a - b));
    await expect(loadInstall(from)).rejects.toThrow(/moved to there/);
    await expectCopy(to, from);

    await expect(move()).rejects.toThrow(/the target is not empty: it has the tables body, copy/);
    expect(await reopen(from)).toBe(true);
    await expect(loadInstall(from)).resolves.toBeDefined();
    await Promise.all([from.close(), to.close()]);
    await place.drop();
  }, 60_000);

  test('is not moved by a program that knows less', async () => {
    await within(await open(source, older, 'as it is'), (from) =>
      expect(moveDatabase(from, from, idle)).rejects.toThrow(/newer than this program: it has the migration later-/),
    );
  }, 60_000);

  test(`goes into one file, and from there into ${target.name}`, async () => {
    const file = join(scratch, `${engine.name}.backup`);
    const place = await target.empty();
    const from = await open(source);
    const { header, tables } = await writeBackup(from, file, () => undefined);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(header.tables.find(({ name }) => name === 'entry')?.rows).toBe(3000);
    await expect(writeBackup(from, file, () => undefined)).rejects.toThrow(/exists/);

    await within(await open(place, older, 'as it is'), (to) =>
      expect(restoreBackup(file, to, idle)).rejects.toThrow(/the backup is newer than this program: it has the migration later-/),
    );
    const to = await open(place, migrations, 'as it is');
    const restore = (name: string): Promise<unknown> => restoreBackup(name, to, idle);
    const text = gunzipSync(readFileSync(file)).toString();
    const broken = (name: string, bytes: string | Buffer): string => {
      const path = join(scratch, `${engine.name}.${name}`);
      writeFileSync(path, bytes);
      return path;
    };
    const packed = (name: string, change: (all: string) => string): string => broken(name, gzipSync(change(text)));
    const whole = readFileSync(file);
    await expect(restore(join(scratch, 'nothing'))).rejects.toThrow(/nothing cannot be read \(ENOENT\)/);
    await expect(restore(broken('plain', 'hello'))).rejects.toThrow(/no whole backup/);
    await expect(restore(broken('cut', whole.subarray(0, whole.length - 20)))).rejects.toThrow(/no whole backup/);
    await expect(restore(packed('end', (all) => all.slice(0, all.lastIndexOf('{"end"'))))).rejects.toThrow(/cut off/);
    await expect(restore(packed('row', (all) => all.replace('"k", "false"', '"k", "true"')))).rejects.toThrow(
      /the rows of sender are not those/,
    );
    await expect(restore(packed('format', (all) => all.replace('"format":1', '"format":2')))).rejects.toThrow(
      /newer.*format is 2/,
    );
    expect(await isEmpty(to)).toBe(true);

    expect(await restore(file)).toEqual({ header, tables });
    await expectCopy(to, from);
    await expect(restore(file)).rejects.toThrow(/not empty/);
    await Promise.all([from.close(), to.close()]);
    await place.drop();
  }, 60_000);

  test('a backup shows one moment, also while others write', async () => {
    const file = join(scratch, `${engine.name}.busy`);
    const from = await open(source);
    const [before] = await from.query<{ tenants: number; rooms: number }>(
      'select (select count(*) from tenant) as tenants, (select count(*) from room) as rooms',
    );
    let written = 0;
    let going = true;
    const writing = (async () => {
      while (going) {
        await from.query(`insert into tenant (name) values ($1)`, [`busy ${written}`]);
        await from.query(`insert into room (tenant_id, kind) select max(tenant_id), 'group' from tenant`);
        written += 1;
      }
    })();
    const { header } = await writeBackup(from, file, () => undefined);
    going = false;
    await writing;
    const lines = gunzipSync(readFileSync(file)).toString().split('\n');
    expect(lines.filter((line) => line.startsWith('['))).toHaveLength(header.tables.reduce((sum, { rows }) => sum + rows, 0));
    const rows = (name: string): number => header.tables.find((table) => table.name === name)?.rows ?? 0;
    // The tenants are read first, and there is never a room before its tenant.
    expect(rows('room') - (before?.rooms ?? 0)).toBeLessThanOrEqual(rows('tenant') - (before?.tenants ?? 0));
    expect(written).toBeGreaterThan(0);
    expect(readdirSync(scratch).filter((name) => name.endsWith('.part'))).toEqual([]);
    await from.close();
  }, 60_000);
});

test('what an earlier version has left is moved only after a start of this one; its backup is restored and becomes this one', async () => {
  const [engine, target = engine] = testDatabases();
  if (!engine || !target) throw new Error('there is no database');
  const file = join(scratch, 'earlier.backup');
  const [old, place] = [await engine.empty(), await target.empty()];
  await within(await open(old, older), async (from) => {
    await loadInstall(from);
    await from.query(`insert into every_type (l) values ('x')`);
    await writeBackup(from, file, () => undefined);
  });
  await within(await open(place, migrations, 'as it is'), async (to) => {
    await within(await open(old, migrations, 'as it is'), (from) =>
      expect(moveDatabase(from, to, idle)).rejects.toThrow(/at migration every-type-0000000000100, this program at later-/),
    );
    expect(await isEmpty(to)).toBe(true);
    await restoreBackup(file, to, idle);
    expect(await to.query('select id, l, later from every_type')).toEqual([{ id: 1, l: 'x', later: 'was 1' }]);
    expect((await loadInstall(to)).past).toHaveLength(1);
  });
  await Promise.all([old.drop(), place.drop()]);
}, 60_000);
