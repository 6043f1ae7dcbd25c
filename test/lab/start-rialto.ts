// Starts the bridge in the background: start-rialto.ts CONFIG PIDFILE LOG. For whoever has ended it from outside.
import { spawn } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
import { cli, node } from './paths.ts';

const [config = '', pidFile = '', log = ''] = process.argv.slice(2);
const output = openSync(log, 'a');
const child = spawn(node, ['--enable-source-maps', cli, '--config', config, 'run'], {
  detached: true,
  stdio: ['ignore', output, output],
  env: { ...process.env, DATABASE_URL: undefined },
});
writeFileSync(pidFile, `${child.pid}\n`);
child.unref();
