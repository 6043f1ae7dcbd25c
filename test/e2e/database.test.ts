import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { Pair } from '../lab/lab.ts';
import { Cluster } from '../lab/postgres.ts';
import { sleep } from '../lab/process.ts';
import { describeWithServers, everybody, hears, type Shared, say, shown } from './lab.ts';

/** Everybody has heard each of these lines once, those of one speaker in the order in which he said them. */
function expectEachOnce(shared: Shared, pair: Pair, lines: readonly string[]): void {
  for (const one of everybody(shared)) {
    const heard = shown(one, pair).filter((line) => lines.includes(line));
    expect([one.name, [...heard].sort()]).toEqual([one.name, [...lines].sort()]);
    const by = (name: string, all: readonly string[]): string[] => all.filter((line) => line.startsWith(`${name}: `));
    for (const { name } of everybody(shared)) expect(by(name, heard)).toEqual(by(name, lines));
  }
}

await describeWithServers(
  'a bridge whose database is moved, backed up and restored',
  (shared) => {
    let cluster: Cluster | undefined;
    afterAll(() => cluster?.stop());
    const said: string[] = [];
    const talk = async (text: string): Promise<void> => {
      const pair = shared.lab.pairs[0] as Pair;
      for (const one of everybody(shared)) {
        await say(one, pair, `${text}, says ${one.name}`);
        said.push(`${one.name}: ${text}, says ${one.name}`);
      }
      for (const one of everybody(shared))
        for (const other of everybody(shared)) await hears(one, pair, `${text}, says ${other.name}`);
    };
    const sayOnly = async (who: 'xmpp' | 'matrix', text: string): Promise<void> => {
      const [one] = shared.lab[who];
      if (!one) throw new Error('nobody is there');
      await say(one, shared.lab.pairs[0] as Pair, text);
      said.push(`${one.name}: ${text}`);
    };
    const check = async (): Promise<void> => {
      // Whatever were doubled late.
      await sleep(1500);
      expectEachOnce(shared, shared.lab.pairs[0] as Pair, said);
    };

    test('moves to Postgres with lines that wait, some of them sent and not settled', async () => {
      const { rialto, synapse, settings } = shared.lab;
      cluster = await Cluster.create(join(settings.folder, 'target'));
      const { url } = cluster;
      await talk('before the move');
      await expect(rialto.ask('db', 'move', url)).rejects.toThrow(/already open in the process \d+/);

      // Three wait for the homeserver, and one more may be anywhere when the process dies.
      await synapse.kill();
      for (const n of [1, 2, 3]) await sayOnly('xmpp', `said while nobody listened ${n}`);
      await sleep(1000);
      await synapse.start();
      await sayOnly('xmpp', 'said as it came back');
      await rialto.kill(true);
      await sayOnly('matrix', 'said while Rialto was away');

      const moved = await rialto.ask('db', 'move', url);
      const [copied] = (moved.tables as { table: string; rows: number }[]).filter(({ table }) => table === 'entry');
      expect(copied?.rows).toBeGreaterThan(8);
      expect(moved.to).not.toContain(new URL(url).password);
      await expect(rialto.ask('db', 'move', url)).rejects.toThrow(/the target is not empty/);
      await expect(rialto.ask('run')).rejects.toThrow(/has been moved to postgres:/);

      rialto.use(url);
      await rialto.start();
      await talk('after the move');
      await check();
    }, 120_000);

    test('is backed up while it runs, and restored into the embedded database', async () => {
      const { rialto, settings } = shared.lab;
      const file = join(settings.folder, 'running.backup');
      await talk('before the backup');
      await expect(rialto.ask('restore', file)).rejects.toThrow(/cannot be read/);
      const backup = await rialto.ask('backup', file);
      expect(backup).toMatchObject({ file, engine: 'postgres' });
      await rialto.stop();
      await expect(rialto.ask('restore', file)).rejects.toThrow(/not empty/);

      rmSync(join(settings.folder, 'rialto', 'database'), { recursive: true });
      rialto.use(undefined);
      expect(await rialto.ask('restore', file)).toMatchObject({ rows: backup.rows });
      await rialto.start();
      await talk('after the restore');
      await check();

      // The embedded one is written by the bridge itself while that runs.
      const again = join(settings.folder, 'embedded.backup');
      expect(await rialto.ask('backup', again)).toMatchObject({ file: again, engine: 'embedded' });
      await talk('after the second backup');
      await check();
    }, 120_000);
  },
  { db: 'embedded' },
);
