import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask } from '../../../src/admin/control.ts';
import { cli, node } from '../../lab/paths.ts';
import { start, stop, until } from '../../lab/process.ts';
import type { TargetSettings } from './target.ts';

/** A target to copy: this very bridge, as if it were another one. `npm run bench -- delivery --target "… target-example.ts"`. */
const { folder, xmpp, matrix, database, links } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as TargetSettings;
const { homeserver, domain, asToken, hsToken, listen } = matrix;
const config = join(folder, 'rialto.yaml');
const data = join(folder, 'data');
const configuration = {
  version: 1,
  data,
  http: listen,
  ...(database && { database: { url: database } }),
  networks: {
    xmpp: { protocol: 'xmpp', service: `xmpp://${xmpp.host}:${xmpp.port}`, domain: xmpp.domain, secret: xmpp.secret },
    matrix: { protocol: 'matrix', homeserver, domain, asToken, hsToken },
  },
};
// JSON is YAML.
writeFileSync(config, JSON.stringify(configuration), { mode: 0o600 });
const log = join(folder, 'rialto.log');
const running = start({
  name: 'rialto',
  command: node,
  args: [cli, '--config', config, 'run'],
  log,
  env: { DATABASE_URL: undefined },
});
process.on('SIGTERM', () => void stop(running).then(() => process.exit(0)));
const isUp = async (): Promise<boolean> => {
  const answer = await fetch(`http://${listen.host}:${listen.port}/readyz`).catch(() => undefined);
  return answer?.ok === true;
};
await until('it is up', isUp, { ms: 60_000, running });
for (const [first, second] of links) await ask(data, 'link', { first, second, accept: ['no-archive'] });
console.log(`ready ${running.pid}`);
