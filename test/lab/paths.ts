import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The repository. */
export const root = join(import.meta.dirname, '../..');

const own = join(root, 'node_modules', '.bin', 'node');

/** Node 24, whatever the machine has. */
export const node = existsSync(own) ? own : process.execPath;

export const cli = join(root, 'dist', 'cli.js');
