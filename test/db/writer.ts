// A process to be killed: node writer.ts <folder>. Says `n` on a line of its own after row n was acknowledged.
import { openDatabase } from '../../src/db.ts';
import { QuietLog } from '../support/quiet-log.ts';

const db = await openDatabase({ folder: process.argv[2], log: new QuietLog() });
await db.query('create table if not exists written (n bigint primary key, filler text)');
const [last] = await db.query<{ n: number }>('select coalesce(max(n), 0) as n from written');
for (let n = (last?.n ?? 0) + 1; ; n++) {
  await db.query('insert into written values ($1, $2)', [n, 'x'.repeat(200)]);
  process.stdout.write(`${n}\n`);
}
