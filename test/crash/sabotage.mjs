// Loaded into the bridge by `npm run crash -- --sabotage NAME`: takes one of its promises away while its modules are loaded, so that
// nothing in the product knows of it. Plain JavaScript, because it runs where the product runs. Fails where it finds nothing to change.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** For each promise: what is changed in which module. */
const sabotages = {
  'ack-early': {
    'timeline/writing/writer.js': [
      [
        /$/,
        `
const take = Writer.prototype.take;
Writer.prototype.take = function (networkId, batch) {
  // As a queue in memory would: what it holds is stored a little later.
  setTimeout(() => void take.call(this, networkId, batch).catch(() => undefined), 100);
  return Promise.resolve(batch.map(() => ({ kind: 'stored' })));
};
`,
      ],
    ],
  },
  'no-dedupe': {
    'timeline/writing/commit.store.js': [
      ['and not exists (select 1 from repeat)', ''],
      ['if (row.repeats.length > 0)', 'if (false)'],
    ],
  },
  'new-txn-id': {
    'networks/matrix/outbox/outbox.js': [["'m.room.message', job.key)", "'m.room.message', job.key + process.pid)"]],
  },
  'skip-mam': {
    'networks/xmpp/muc/catch-up.js': [['await fromArchive(room, from, alive)', 'undefined']],
  },
  'two-owners': {
    'timeline/writing/commit.store.js': [
      ['(select count(*) from owner) = cardinality($2::bigint[])', 'true'],
      ['row?.owned !== batch.networks.length', 'false'],
    ],
    'tenancy/lease.store.js': [
      [
        'where lease.expires_at < now() or lease.holder = excluded.holder or lease.holder = any($5::text[])',
        'where $5::text[] is not null',
      ],
      ['return rows.length === claim.networks.length;', 'return true;'],
      ['return rows.length === claim.networks.length;', 'return true;'],
    ],
  },
};

const changes = Object.entries(sabotages[process.env.TEST_OF_RIALTO_SABOTAGE] ?? {});
if (changes.length === 0) throw new Error('TEST_OF_RIALTO_SABOTAGE names no sabotage');
for (const [file] of changes) {
  if (!existsSync(new URL(`../../dist/${file}`, import.meta.url))) throw new Error(`sabotage: there is no dist/${file}`);
}

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const [, edits] = changes.find(([file]) => url.endsWith(`/dist/${file}`)) ?? [];
    if (!edits) return loaded;
    let source = String(loaded.source);
    for (const [before, after] of edits) {
      const changed = source.replace(before, () => after);
      if (changed === source) throw new Error(`sabotage: ${url} has no ${before}`);
      source = changed;
    }
    process.stderr.write(`sabotaged: ${url}\n`);
    return { ...loaded, source };
  },
});
