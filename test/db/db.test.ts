import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrationsFolder } from '../../src/database/migrations.ts';
import { dumpSchema } from '../../src/database/schema-dump.ts';
import { type Database, openDatabase } from '../../src/db.ts';
import { type TestDatabase, testDatabases } from '../support/database.ts';
import { QuietLog } from '../support/quiet-log.ts';

describe.each(testDatabases())('the database, $name', ({ name, create, empty }) => {
  let made: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    made = await create();
    db = made.db;
    await db.query('create table thing (id bigint primary key, octets bytea, at timestamptz default now())');
  }, 60_000);
  afterAll(() => made?.drop());

  const ids = async (from: number): Promise<number[]> =>
    (await db.query<{ id: number }>('select id from thing where id between $1 and $1 + 99 order by id', [from])).map(
      ({ id }) => id,
    );

  describe('values', () => {
    const at = new Date('2026-01-31T23:59:59.123Z');
    test.each<[string, unknown, unknown?]>([
      ['bigint', 9007199254740991],
      ['bigint', -1],
      ['integer', 7],
      ['boolean', true],
      ['text', 'Ŝmall 🎈 \\ " \' {}'],
      ['text', null],
      ['double precision', 0.1],
      ['numeric', '12345678901234567890.5'],
      ['timestamptz', at],
      ['date', '2026-01-31'],
      ['uuid', '2f6c5a34-4d3e-4b8e-9d5b-0a4c3f1e2d10'],
      ['bytea', Buffer.from([0, 255, 0x5c, 0x27, 0])],
      ['bytea', Buffer.alloc(0)],
      ['bytea', new Uint8Array([1, 0, 2]), Buffer.from([1, 0, 2])],
      ['bytea', Buffer.alloc(300_000, 1)],
      ['jsonb', { a: [1, null, 'x'], b: {} }],
      ['jsonb', JSON.stringify([1, 2]), [1, 2]],
      ['bigint[]', [1, null, -9007199254740991]],
      ['bigint[]', []],
      ['text[]', ['', null, 'null', 'a,b', '{"\\', "'"]],
      ['timestamptz[]', [at, null]],
      ['date[]', ['2026-01-31', null]],
      ['boolean[]', [true, false, null]],
      ['bytea[]', [Buffer.alloc(0), null, Buffer.from([0]), Buffer.from([0x5c, 0, 0xff, 0x22]), Buffer.from('text')]],
    ])('%s %p comes back as it went in', async (type, value, expected = value) => {
      const [row] = await db.query<{ value: unknown }>(`select $1::${type} as value`, [value]);
      expect(row?.value).toEqual(expected);
      if (expected instanceof Uint8Array) expect(Buffer.isBuffer(row?.value)).toBe(true);
    });

    test('count and sum of int are numbers; an int8 beyond 2^53 is an error, not another number', async () => {
      expect(await db.query('select count(*) as n, sum(x) as s from unnest($1::int[]) x', [[1, 2]])).toEqual([{ n: 2, s: 3 }]);
      await expect(db.query('select 9007199254740993::int8')).rejects.toThrow(/9007199254740993/);
      expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
    });

    test('columns side by side through unnest, bytes and nulls included', async () => {
      const octets = [Buffer.from('a\0b'), null, Buffer.alloc(0)];
      const rows = await db.query<{ id: number; octets: Buffer | null; at: Date }>(
        `insert into thing (id, octets) select * from unnest($1::bigint[], $2::bytea[]) returning id, octets, at`,
        [[1, 2, 3], octets],
      );
      expect(rows.map(({ id }) => id)).toEqual([1, 2, 3]);
      expect(rows.map((row) => row.octets)).toEqual(octets);
      expect(rows[0]?.at).toBeInstanceOf(Date);
    });
  });

  test('an error keeps its SQLSTATE, and the session goes on', async () => {
    await db.query('insert into thing (id) values (50)');
    await expect(db.query('insert into thing (id) values (50)')).rejects.toMatchObject({
      code: '23505',
      constraint: 'thing_pkey',
    });
    await expect(db.query('selec')).rejects.toMatchObject({ code: '42601' });
    await expect(db.query('select * from nothing where id = $1', [1])).rejects.toMatchObject({ code: '42P01' });
    await expect(db.query('select $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' });
    await expect(db.source.query('insert into thing (id) values (50)')).rejects.toMatchObject({ code: '23505' });
    expect(await ids(50)).toEqual([50]);
  });

  describe('transactions', () => {
    test('commit what they did, or nothing', async () => {
      const result = await db.transaction(async (sql) => {
        await sql.query('insert into thing (id) values (100)');
        return 'done';
      });
      expect(result).toBe('done');
      const failing = db.transaction(async (sql) => {
        await sql.query('insert into thing (id) values (101)');
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await ids(100)).toEqual([100]);
    });

    test("one's rollback does not touch what another does at the same time", async () => {
      const first = db.transaction(async (sql) => {
        await sql.query('insert into thing (id) values (200)');
        await sleep(30);
        await sql.query('insert into thing (id) values (201)');
      });
      const second = db.transaction(async (sql) => {
        await sql.query('insert into thing (id) values (202)');
        await sleep(15);
        throw new Error('rolled back');
      });
      const alone = db.query('insert into thing (id) values (203)');
      const outcomes = await Promise.allSettled([first, second, alone]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await ids(200)).toEqual([200, 201, 203]);
    });

    test('many at once all get their turn', async () => {
      const one = (id: number): Promise<void> =>
        db.transaction(async (sql) => {
          await sql.query('insert into thing (id) values ($1)', [id]);
          await sql.query('select 1');
          if (id % 2 === 1) throw new Error('odd');
        });
      await Promise.allSettled(Array.from({ length: 60 }, (_, at) => one(300 + at)));
      expect(await ids(300)).toEqual(Array.from({ length: 30 }, (_, at) => 300 + 2 * at));
    });

    test('a swallowed failure does not pass for a commit', async () => {
      const careless = db.transaction(async (sql) => {
        await sql.query('insert into thing (id) values (400)');
        await sql.query('selec').catch(() => undefined);
      });
      await expect(careless).rejects.toThrow(/rolled back/);
      expect(await ids(400)).toEqual([]);
    });

    test('the database itself is refused inside a transaction, and the session after its end', async () => {
      const leaked = await db.transaction(async (sql) => {
        await expect(db.query('select 1')).rejects.toThrow(/inside a transaction/);
        await expect(db.transaction(async () => 1)).rejects.toThrow(/inside a transaction/);
        return { sql };
      });
      await expect(leaked.sql.query('select 1')).rejects.toThrow(/has ended/);
      expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
    });

    test('a session thrown away in the middle of a transaction leaves nothing to the next', async () => {
      const runner = db.source.createQueryRunner();
      await runner.startTransaction();
      await runner.query('insert into thing (id) values (500)');
      await (runner as unknown as { releasePostgresConnection(error: Error): Promise<void> }).releasePostgresConnection(
        new Error('broken'),
      );
      await db.query('insert into thing (id) values (501)');
      expect(await ids(500)).toEqual([501]);
    });

    test("TypeORM's transactions wait in the same line", async () => {
      await Promise.all([
        db.source.transaction(async (manager) => void (await manager.query('insert into thing (id) values (600)'))),
        db.transaction(async (sql) => void (await sql.query('insert into thing (id) values (601)'))),
      ]);
      expect(await ids(600)).toEqual([600, 601]);
    });
  });

  describe('migrations', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rialto-migrations-'));
    const write = (file: string, sql: string): void => writeFileSync(join(folder, file), sql);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test('each runs once, in order, in its own transaction; a newer database is refused', async () => {
      const place = await empty();
      const open = (): Promise<Database> => openDatabase({ ...place.at, migrations: folder, log: new QuietLog() });
      const applied = async (): Promise<unknown[]> => {
        const opened = await open();
        return opened.query('select n from step order by n').finally(() => opened.close());
      };
      write('0001-first.sql', `create table step (n int); insert into step values (1);`);
      write('0002-second.sql', `insert into step select count(*) + 1 from step;`);
      expect(await applied()).toEqual([{ n: 1 }, { n: 2 }]);
      expect(await applied()).toEqual([{ n: 1 }, { n: 2 }]);

      write('0003-third.sql', `insert into step values (3);`);
      write('0004-broken.sql', `insert into step values (4); select * from nothing;`);
      await expect(open()).rejects.toMatchObject({ code: '42P01' });
      rmSync(join(folder, '0004-broken.sql'));
      expect(await applied()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);

      rmSync(join(folder, '0003-third.sql'));
      await expect(open()).rejects.toThrow(/newer than this program: it has the migration third/);

      write('0002-other.sql', 'select 1');
      await expect(open()).rejects.toThrow(/two migrations have the number 0002/);
      await place.drop();
    }, 60_000);

    if (name === 'postgres') {
      test('two programs that start at once do not migrate twice', async () => {
        const place = await empty();
        const open = (): Promise<Database> => openDatabase({ ...place.at, log: new QuietLog() });
        const both = await Promise.all([open(), open()]);
        await Promise.all(both.map((one) => one.close()));
        await place.drop();
      }, 60_000);
    }

    test('the schema is what migrations/schema.sql says', async () => {
      await db.query('drop table thing');
      expect(await dumpSchema(db)).toBe(readFileSync(join(migrationsFolder(), 'schema.sql'), 'utf8'));
    });
  });
});
