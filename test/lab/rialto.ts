import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cli, node, root } from './paths.ts';
import { hasEnded, kill, type Running, sleep, start, stop, until } from './process.ts';
import type { Settings } from './settings.ts';

function configuration(settings: Settings, url: string | undefined): string {
  const { folder, ports, secret, asToken, hsToken, xmppDomain, matrixDomain } = settings;
  return `# Made by the lab.
version: 1
data: ${folder}/rialto
http: { host: 127.0.0.1, port: ${ports.rialto} }
${url === undefined ? '' : `database: { url: '${url}' }\n`}networks:
  xmpp:
    protocol: xmpp
    service: xmpp://127.0.0.1:${ports.component}
    domain: people.${xmppDomain}
    secret: ${secret}
  matrix:
    protocol: matrix
    homeserver: http://127.0.0.1:${ports.synapse}
    domain: ${matrixDomain}
    asToken: ${asToken}
    hsToken: ${hsToken}
`;
}

export interface RialtoOptions {
  /** A Postgres; without it the embedded database in the data folder. */
  readonly database?: string | undefined;
  /** Start it again when somebody else ends it. */
  readonly restart: boolean;
  readonly onRestart?: (pid: number) => void;
  /** Options of its Node. */
  readonly node?: readonly string[] | undefined;
}

/** The bridge, as a process of its own, and its command line. */
export class Rialto {
  readonly url: string;
  readonly config: string;
  readonly pidFile: string;
  readonly log: string;
  /** The folder of the embedded database, or the URL of a Postgres. */
  database = '';
  private readonly settings: Settings;
  readonly options: RialtoOptions;
  private running: Running | undefined;
  private wanted = false;

  constructor(settings: Settings, options: RialtoOptions) {
    const { folder, ports } = settings;
    this.url = `http://127.0.0.1:${ports.rialto}`;
    this.config = join(folder, 'rialto.yaml');
    this.pidFile = join(folder, 'rialto.pid');
    this.log = join(folder, 'rialto.log');
    this.settings = settings;
    this.options = options;
    mkdirSync(join(folder, 'rialto'), { recursive: true, mode: 0o700 });
    this.use(options.database);
  }

  /** From the next start on: this Postgres, or the embedded database. */
  use(url: string | undefined): void {
    this.database = url ?? join(this.settings.folder, 'rialto', 'database');
    writeFileSync(this.config, configuration(this.settings, url), { mode: 0o600 });
  }

  get pid(): number {
    return this.running?.pid ?? 0;
  }

  /** The command line against this very bridge, without its arguments. */
  get command(): readonly string[] {
    return [node, cli, '--config', this.config];
  }

  /** What an outsider runs to start the bridge again after killing it. */
  get startCommand(): readonly string[] {
    return [node, join(root, 'test', 'lab', 'start-rialto.ts'), this.config, this.pidFile, this.log];
  }

  async start(): Promise<void> {
    this.wanted = true;
    this.launch();
    await this.ready();
  }

  async stop(): Promise<void> {
    this.wanted = false;
    await stop(this.running, 15_000);
    this.endStranger();
  }

  /** As from outside: what happens next is up to `restart`, unless it is to stay away until the next `start`. */
  async kill(stays = false): Promise<void> {
    if (stays) this.wanted = false;
    if (this.running) await kill(this.running);
  }

  /** Until it runs, is connected, and has entered every linked room. */
  async ready(ms = 60_000): Promise<void> {
    const isReady = async (): Promise<boolean> => {
      const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
      await answer?.text();
      return answer?.ok === true;
    };
    const given = this.options.restart || !this.running ? { ms } : { ms, running: this.running };
    await until('Rialto is ready', isReady, given);
  }

  /** Runs one command of the command line; its answer. */
  async ask(...args: string[]): Promise<Record<string, unknown>> {
    const [command = '', ...rest] = [...this.command, '--json', ...args];
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, DATABASE_URL: undefined } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    if (code !== 0) throw new Error(err.trim() || `rialto ${args.join(' ')} ended with ${code}`);
    return JSON.parse(out) as Record<string, unknown>;
  }

  /** A bridge that somebody started by `startCommand` after ending ours: known by the pid file, and by its command line. */
  private endStranger(): void {
    const pid = Number(readFileSync(this.pidFile, 'utf8'));
    if (pid === this.pid || !existsSync(`/proc/${pid}/cmdline`)) return;
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(this.config)) process.kill(pid, 'SIGTERM');
  }

  private launch(): void {
    const args = ['--enable-source-maps', ...(this.options.node ?? []), cli, '--config', this.config, 'run'];
    const running = start({ name: 'rialto', command: node, args, log: this.log, env: { DATABASE_URL: undefined } });
    this.running = running;
    writeFileSync(this.pidFile, `${running.pid}\n`);
    void running.ended.then(() => this.again(running));
  }

  private async again(ended: Running): Promise<void> {
    if (!this.wanted || !this.options.restart || this.running !== ended || !hasEnded(ended)) return;
    await sleep(200);
    if (!this.wanted) return;
    this.launch();
    this.options.onRestart?.(this.pid);
  }
}
