// node test/support/dump-schema.ts --check | --write: is migrations/schema.sql what the migrations make?
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrationsFolder } from '../../src/database/migrations.ts';
import { dumpSchema } from '../../src/database/schema-dump.ts';
import { openDatabase } from '../../src/db.ts';
import { QuietLog } from './quiet-log.ts';

const mode = process.argv[2];
if (mode !== '--check' && mode !== '--write') {
  console.error('usage: node test/support/dump-schema.ts --check | --write');
  process.exit(2);
}
const file = join(migrationsFolder(), 'schema.sql');
const db = await openDatabase({ log: new QuietLog() });
const dump = await dumpSchema(db).finally(() => db.close());
const committed = existsSync(file) ? readFileSync(file, 'utf8') : '';
if (dump !== committed && mode === '--write') writeFileSync(file, dump);
if (dump !== committed && mode === '--check') {
  console.error('migrations/schema.sql is stale: run `node test/support/dump-schema.ts --write` and commit it');
  process.exitCode = 1;
}
