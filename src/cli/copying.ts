import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { type Copied, writeBackup } from '../database/copy/backup.ts';
import { moveDatabase, type Progress } from '../database/copy/move.ts';
import { restoreBackup } from '../database/copy/restore.ts';
import { FolderInUse } from '../database/folder-lock.ts';
import { DatabaseRefused } from '../database/refused.ts';
import { type Database, openDatabase, placeOf, type Sql } from '../db.ts';
import { createLogger } from '../ops/log.ts';
import { markMoved, renewInstall, reopen } from '../tenancy/install.store.ts';
import { serving, stillServing } from '../tenancy/lease.ts';
import { Bar } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** A database by where it is: a URL, or a folder for the embedded one. */
type Place = { readonly url: string } | { readonly folder: string };

/** Copies everything into another, empty database, and marks the one that was left. */
export async function move(terminal: Terminal, to: string): Promise<void> {
  const config = terminal.config();
  const [source, target] = [configured(config), targetOf(config, to)];
  const started = Date.now();
  const tables = await opened(existing(source), async (from) => {
    await refuseServed(from, stillServing);
    return opened(target, (into) =>
      Bar.during(`moving to ${named(target)}`, terminal.json, (bar) =>
        moveDatabase(from, into, {
          tell: (progress) => bar.tell(step(progress)),
          alone: (sql) => refuseServed(sql, serving),
          arrived: renewInstall,
          left: (sql) => markMoved(sql, named(target)),
        }),
      ),
    );
  });
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const answer = { from: named(source), to: named(target), rows, tables };
  terminal.say(answer, () =>
    [
      `moved ${rows} rows in ${tables.length} tables from ${answer.from} to ${answer.to} in ${seconds(started)}; all read again and compared`,
      '',
      ...('url' in target
        ? [`Now set database.url in ${terminal.file}, or DATABASE_URL, to ${answer.to} (with its password), and start Rialto.`]
        : [`Now remove database.url from ${terminal.file}, and DATABASE_URL from the environment, and start Rialto.`]),
      `${answer.from} is kept as it was and is not served any more: remove it when all is well.`,
    ].join('\n'),
  );
}

/** Takes the mark of a move away. */
export async function unmark(terminal: Terminal): Promise<void> {
  const place = configured(terminal.config());
  const reopened = await opened(existing(place), reopen);
  const answer = { database: named(place), reopened };
  terminal.say(answer, () => `${answer.database} ${reopened ? 'is in use again' : 'had not been moved'}`);
}

/** Writes everything to one file; by the running bridge where nobody else can. */
export async function backup(terminal: Terminal, file: string): Promise<void> {
  const place = configured(terminal.config());
  const started = Date.now();
  const write = (db: Database): Promise<Copied> =>
    Bar.during(`writing ${file}`, terminal.json, (bar) => writeBackup(db, file, (progress) => bar.tell(step(progress))));
  const copied = await opened(existing(place), write).catch((error: unknown) => {
    // The embedded database belongs to one process: where Rialto runs, it is Rialto that must write.
    if (!(error instanceof FolderInUse)) throw error;
    return terminal.ask('backup', { file }) as Promise<Copied>;
  });
  terminal.say(summary(file, place, copied), () => {
    const { rows, tables } = summary(file, place, copied);
    return `wrote ${rows} rows in ${tables.length} tables from ${named(place)} to ${file} in ${seconds(started)}`;
  });
}

/** Reads a backup into the configured database. */
export async function restore(terminal: Terminal, file: string): Promise<void> {
  const place = configured(terminal.config());
  const started = Date.now();
  const copied = await opened(place, (db) =>
    Bar.during(`reading ${file}`, terminal.json, (bar) =>
      restoreBackup(file, db, { tell: (progress) => bar.tell(step(progress)), arrived: renewInstall }),
    ),
  );
  terminal.say(summary(file, place, copied), () => {
    const { rows, tables, made } = summary(file, place, copied);
    return [
      `restored ${rows} rows in ${tables.length} tables from ${file} to ${named(place)} in ${seconds(started)}; all read again and compared`,
      '',
      `The backup was made at ${made}. What was said after it comes again from the rooms' archives, where they have one: lines`,
      'that had been delivered by then appear twice.',
    ].join('\n');
  });
}

function summary(file: string, place: Place, { header, tables }: Copied) {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return { file, database: named(place), made: header.made, engine: header.engine, rows, tables };
}

function configured({ data, database }: Config): Place {
  return database.url ? { url: database.url } : { folder: resolve(data, 'database') };
}

function targetOf(config: Config, text: string): Place {
  if (/^postgres(ql)?:\/\//.test(text)) return { url: text };
  if (text !== 'embedded') throw new DatabaseRefused(`${text} is neither a postgres:// URL nor "embedded"`);
  if (!config.database.url) throw new DatabaseRefused('the configured database is the embedded one already');
  return { folder: resolve(config.data, 'database') };
}

/** To open the embedded one would make it. */
function existing(place: Place): Place {
  if ('folder' in place && !existsSync(join(place.folder, 'cluster')))
    throw new DatabaseRefused(`there is no database in ${place.folder}`);
  return place;
}

function named(place: Place): string {
  return 'url' in place ? placeOf(place.url) : place.folder;
}

async function refuseServed(sql: Sql, find: (sql: Sql) => Promise<string | undefined>): Promise<void> {
  const holder = await find(sql);
  const [host, pid] = holder?.split('/') ?? [];
  if (holder !== undefined)
    throw new DatabaseRefused(`Rialto is running on this database (process ${pid} on ${host}): stop it first`);
}

/** With its schema as it is. */
async function opened<T>(place: Place, work: (db: Database) => Promise<T>): Promise<T> {
  const db = await openDatabase({ ...place, schema: 'as it is', log: createLogger('silent') });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

function step({ table, done, total }: Progress) {
  return { what: table, done, total };
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
