import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Finding } from '../../../src/networks/finding.ts';
import type { Pair } from '../../lab/lab.ts';
import { cli, node } from '../../lab/paths.ts';
import type { Shared } from '../lab.ts';

/** A configuration file as it is written, to be broken. */
export interface Written {
  data: string;
  http: { host: string; port: number; url?: string };
  database: { url?: string };
  delivery?: { expiryHours: number };
  networks: Record<'xmpp' | 'matrix', Record<string, string>>;
}

export interface Report {
  readonly code: number | null;
  readonly findings: readonly (Finding & { readonly part: string })[];
}

/** One thing that an operator gets wrong, or that breaks. */
export interface Fault {
  readonly name: string;
  /** What the check must say. */
  readonly code: string;
  /** In a copy of the configuration. */
  readonly config?: (config: Written, bench: Bench) => void;
  /** In the world; returns what mends it. */
  readonly breaks?: (bench: Bench) => Promise<() => unknown>;
}

/** A set-up that works, and what breaks it. */
export class Bench {
  readonly shared: Shared;
  /** Rooms that are linked: one for what can be mended, the others for what cannot. */
  readonly pairs: { readonly main: Pair; readonly secret: Pair; readonly ruin: Pair };

  constructor(shared: Shared, pairs: Bench['pairs']) {
    this.shared = shared;
    this.pairs = pairs;
  }

  get folder(): string {
    return this.shared.lab.settings.folder;
  }

  /** A fresh copy of the configuration that works. */
  get config(): Written {
    return parse(readFileSync(this.shared.lab.rialto.config, 'utf8')) as Written;
  }

  /** Of a copy in which something is changed. */
  check(change: (config: Written) => void = () => {}): Promise<Report> {
    const config = this.config;
    change(config);
    return this.checkText(stringify(config));
  }

  async checkText(text: string, mode = 0o600): Promise<Report> {
    const file = join(this.folder, `broken-${mode.toString(8)}.yaml`);
    writeFileSync(file, text, { mode });
    return this.checkFile(file);
  }

  async checkFile(file: string): Promise<Report> {
    const { code, out } = await run([cli, '--config', file, '--json', 'check']);
    return { code, findings: (JSON.parse(out) as Pick<Report, 'findings'>).findings };
  }

  /** What a person is shown. */
  async page(file: string): Promise<string> {
    return (await run([cli, '--config', file, 'check'])).out;
  }

  /** A call of the bot to its homeserver. */
  async asBot(method: string, path: string, body?: object): Promise<void> {
    const { synapse, settings } = this.shared.lab;
    const answer = await fetch(`${synapse.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${settings.asToken}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  }
}

async function run(args: readonly string[]): Promise<{ code: number | null; out: string }> {
  const env = { ...process.env, DATABASE_URL: undefined, FORCE_COLOR: undefined };
  const child = spawn(node, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (out === '') throw new Error(`rialto check said nothing and ended with ${code}: ${err}`);
  return { code, out };
}
