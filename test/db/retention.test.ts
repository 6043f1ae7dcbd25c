import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { saidAt } from '../../src/timeline/lanes/lane.store.ts';
import { Trimmer } from '../../src/timeline/retention/trimmer.ts';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { linkedRooms } from '../support/linked.ts';
import { QuietLog } from '../support/quiet-log.ts';

const day = 86_400_000;
const counted = { trimmed: { inc: () => {} }, trimSeconds: { observe: () => {} } };

describe.each(testDatabases())('retention, $name', (engine) => {
  let here: Awaited<ReturnType<typeof linkedRooms>>;
  let trimmer: Trimmer;
  let now: number;

  beforeEach(async () => {
    here = await linkedRooms(engine);
    now = Date.now();
    const db = here.db;
    const retention = { bodyDays: 7, excerptDays: 90, idDays: 365 };
    trimmer = new Trimmer({
      db,
      retention,
      log: new QuietLog(),
      metrics: counted as never,
      now: () => now,
      rest: async () => {},
    });
  }, 60_000);
  afterEach(() => here.close());

  const said = async (text: string, id = text): Promise<void> => {
    await here.alpha.says('alpha/a', 'Romeo', text, { id });
  };
  const heard = (text: string): Promise<void> =>
    eventually(`beta hears ${text}`, () => here.town.heard('beta/b').includes(`Romeo: ${text}`));
  const texts = async (what: string): Promise<unknown[]> =>
    (await here.query(`select count(*) as n from ${what}`)).map((row) => row.n);
  const partitions = async (table: string): Promise<string[]> =>
    (
      await here.query<{ name: string }>(
        `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = $1::regclass order by 1`,
        [table],
      )
    ).map(({ name }) => name);
  const at = async (text: string): Promise<{ tenant: number; room: number; seq: number }> => {
    const [row] = await here.query<{ tenant: number; room: number; seq: number }>(
      `select e.tenant_id as tenant, e.room_id as room, i.seq from native_id i join endpoint e on e.endpoint_id = i.endpoint_id where i.value = $1`,
      [text],
    );
    if (!row) throw new Error(`${text} is not stored`);
    return row;
  };
  const quote = async (text: string): Promise<unknown> => {
    const { tenant, room, seq } = await at(text);
    return saidAt(here.db, tenant, room, seq);
  };
  /** Where the lanes stand is written every few seconds: here it is made to be so at once. */
  const settled = async (): Promise<void> => {
    await here.town.last.stop();
  };

  test('lines go into the partition of their day, and partitions are ready for days to come', async () => {
    await said('good morning');
    expect(await texts('body')).toEqual([1]);
    expect(await texts('body_rest')).toEqual([0]);
    const today = new Date(now).toISOString().slice(0, 10).replaceAll('-', '');
    expect(await partitions('body')).toContain(`body_${today}`);
    now += 2 * day;
    await trimmer.pass();
    expect((await partitions('body')).filter((name) => name !== 'body_rest')).toHaveLength(6);
  });

  test('a body goes after its days, its author and 200 characters stay for quotes, then nothing but ids', async () => {
    const long = `${'🎈'.repeat(250)} end`;
    await said(long, 'long');
    await heard(long);
    await settled();
    now += 7 * day;
    await trimmer.pass();
    expect(await quote('long')).toEqual({ author: 'Romeo', text: long });
    now += day;
    await trimmer.pass();
    expect(await texts('body')).toEqual([0]);
    expect(await quote('long')).toEqual({ author: 'Romeo', text: '🎈'.repeat(200) });
    now += 90 * day;
    await trimmer.pass();
    expect(await quote('long')).toBeUndefined();
    expect((await at('long')).seq).toBeGreaterThan(0);
    expect((await partitions('excerpt')).length).toBeLessThan(16);
  });

  test('a retracted line leaves no excerpt', async () => {
    await said('regretted');
    await heard('regretted');
    await here.alpha.says('alpha/a', 'Romeo', {
      kind: 'retraction',
      by: 'author',
      target: { id: { kind: 'event', value: 'regretted', strong: true } },
    });
    await eventually('beta hears of it', () => here.town.heard('beta/b').length === 2);
    await settled();
    now += 8 * day;
    await trimmer.pass();
    expect(await texts('excerpt')).toEqual([0]);
  });

  test('what a lane still needs is kept, and delivered; its body goes afterwards', async () => {
    here.beta.on = () => ({ kind: 'retry', why: { code: 'unreachable' }, scope: 'endpoint', done: [] });
    await said('patience');
    await settled();
    now += 30 * day;
    await trimmer.pass();
    expect(await texts('kept_body')).toEqual([1]);
    await here.town.bridge();
    await heard('patience');
    await settled();
    await trimmer.pass();
    expect(await texts('kept_body')).toEqual([0]);
    expect(await quote('patience')).toEqual({ author: 'Romeo', text: 'patience' });
  });

  test('a room may keep its bodies for longer, or for a shorter time', async () => {
    await said('ours');
    await heard('ours');
    await here.town.ask('keep', { address: 'beta/b', days: 2 });
    await settled();
    now += 2 * day;
    await trimmer.pass();
    expect(await texts('body')).toEqual([1]);
    now += day;
    await trimmer.pass();
    expect(await texts('body')).toEqual([0]);
    expect(await texts('excerpt')).toEqual([1]);
  });

  test('a room that keeps its bodies for longer has them when the partition is gone', async () => {
    await said('for long');
    await heard('for long');
    await here.town.ask('keep', { address: 'alpha/a', days: 30 });
    await settled();
    now += 20 * day;
    await trimmer.pass();
    expect([await texts('body'), await texts('kept_body')]).toEqual([[0], [1]]);
    expect(await quote('for long')).toEqual({ author: 'Romeo', text: 'for long' });
    now += 11 * day;
    await trimmer.pass();
    expect([await texts('kept_body'), await texts('excerpt')]).toEqual([[0], [1]]);
  });

  test('after the last of the days a line is forgotten, but not the id where catching up begins', async () => {
    for (const text of ['one', 'two', 'three']) await said(text);
    await heard('three');
    await settled();
    now += 366 * day;
    await trimmer.pass();
    expect([await texts('entry'), await texts('copy'), await texts('excerpt')]).toEqual([[0], [0], [0]]);
    const left = await here.query<{ value: string }>(`select value from native_id order by native_id`);
    expect(left.map(({ value }) => value.replace(/^e-.*/, 'echo'))).toEqual(['three', 'echo']);
    expect(await here.alpha.host.marker(here.alpha.endpoint('alpha/a'))).toBe('three');
  });

  test('lines of a day that has no partition are found and shortened all the same', async () => {
    await said('stray');
    await heard('stray');
    await settled();
    await here.query(`update body set day = day - 100`);
    await here.query(`update entry set received_at = received_at - interval '8 days'`);
    await here.query(`update body set day = day + 92`);
    expect(await texts('body_rest')).toEqual([1]);
    await trimmer.pass();
    expect(await texts('body_rest')).toEqual([0]);
    expect(await quote('stray')).toEqual({ author: 'Romeo', text: 'stray' });
  });

  test('who holds the table for a moment is waited for, and lines go on being appended meanwhile', async () => {
    await said('old');
    await heard('old');
    await settled();
    now += 8 * day;
    const { alpha } = await here.town.bridge();
    here.alpha = alpha;
    await eventually('the room is entered again', () => alpha.attached.has('alpha/a'));
    const hold =
      engine.name === 'postgres'
        ? here.db.transaction(async (sql) => {
            await sql.query('select count(*) from body');
            await new Promise((resolve) => setTimeout(resolve, 400));
          })
        : undefined;
    const passed = trimmer.pass();
    const waits: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const began = performance.now();
      await said(`line ${n}`);
      waits.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await Promise.all([hold, passed]);
    expect(await partitions('body')).not.toContain(
      `body_${new Date(now - 8 * day).toISOString().slice(0, 10).replaceAll('-', '')}`,
    );
    expect(Math.max(...waits)).toBeLessThan(1000);
  });
});
