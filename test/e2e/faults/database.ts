import pg from 'pg';
import type { Bench, Fault } from './bench.ts';

/** Of the Postgres that the bridge uses. */
async function sql(bench: Bench, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: bench.config.database.url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** One statement breaks it, another mends it. */
const statements: readonly (readonly [string, string, string, string])[] = [
  [
    'database of a newer program',
    'database-newer',
    "insert into migration (timestamp, name) values (9999999999999, 'later-9999999999999')",
    "delete from migration where name = 'later-9999999999999'",
  ],
  [
    'synchronous_commit off',
    'database-synchronous-commit',
    'alter database postgres set synchronous_commit = off',
    'alter database postgres reset synchronous_commit',
  ],
  [
    'database moved elsewhere',
    'database-moved',
    "update install set moved_to = 'elsewhere'",
    'update install set moved_to = null',
  ],
  [
    'another Rialto on the same database',
    'database-shared',
    "update lease set holder = 'another.example/1/x', expires_at = now() + interval '1 hour'",
    'update lease set expires_at = now()',
  ],
  [
    'lines that nobody understood',
    'parked',
    "insert into parked (tenant_id, network_id, why, octets) select tenant_id, network_id, 'odd', 'x' from network limit 1",
    'delete from parked',
  ],
  [
    'lines about to expire',
    'link-late',
    `insert into entry (tenant_id, room_id, seq, origin_endpoint_id, sender_id, kind, claimed_at, received_at, archive_at)
     select tenant_id, room_id, 1000000, endpoint_id, 1, 'text', now() - interval '20 hours', now() - interval '20 hours', now()
       from endpoint where state = 'active' order by endpoint_id limit 1`,
    'delete from entry where seq = 1000000',
  ],
];

function changeUrl(change: (url: URL) => void): NonNullable<Fault['config']> {
  return (config) => {
    const url = new URL(config.database.url ?? '');
    change(url);
    config.database.url = url.href;
  };
}

export const databaseFaults: readonly Fault[] = [
  {
    name: 'database server away',
    code: 'database-unreachable',
    config: changeUrl((url) => {
      url.port = '1';
    }),
  },
  {
    name: 'database password wrong',
    code: 'database-login',
    config: changeUrl((url) => {
      url.password = 'wrong';
    }),
  },
  {
    name: 'no such database',
    code: 'database-missing',
    config: changeUrl((url) => {
      url.pathname = '/nothing';
    }),
  },
  {
    name: 'database account without rights',
    code: 'database-rights',
    config: changeUrl((url) => {
      url.username = 'guest';
      url.password = 'guest';
    }),
    breaks: async (bench) => {
      await sql(bench, "create role guest login password 'guest'");
      return () => sql(bench, 'drop role guest');
    },
  },
  ...statements.map(([name, code, breaks, mends]) => ({
    name,
    code,
    breaks: async (bench: Bench) => {
      await sql(bench, breaks);
      return () => sql(bench, mends);
    },
  })),
  {
    name: 'fsync off',
    code: 'database-fsync',
    breaks: async ({ shared }) => {
      await shared.lab.postgres?.stop();
      await shared.lab.postgres?.start({ fsync: 'off' });
      return async () => {
        await shared.lab.postgres?.stop();
        await shared.lab.postgres?.start();
      };
    },
  },
];
