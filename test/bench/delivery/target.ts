import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Running, start, stop, until } from '../../lab/process.ts';
import type { Settings } from '../../lab/settings.ts';

/** What another bridge is told, in the JSON file whose name is the last argument of its command. */
export interface TargetSettings {
  /** A folder for what it keeps. */
  readonly folder: string;
  /** Where it attaches as a component (XEP-0114). */
  readonly xmpp: { readonly host: string; readonly port: number; readonly domain: string; readonly secret: string };
  /** Where it sends as an application service, and where it is to listen for what the homeserver pushes. */
  readonly matrix: {
    readonly homeserver: string;
    readonly domain: string;
    readonly asToken: string;
    readonly hsToken: string;
    readonly senderLocalpart: string;
    readonly listen: { readonly host: string; readonly port: number };
  };
  /** A Postgres that is there for it, if it is to use one. */
  readonly database?: string;
  /** What it is to link: MUC and alias. */
  readonly links: readonly (readonly [muc: string, alias: string])[];
}

const readyMs = 300_000;

/**
 * Another bridge behind the same two sockets: it prints `ready PID` when every room is linked (the process whose CPU time and memory
 * count), and ends by SIGTERM.
 */
export class Target {
  private constructor(
    private readonly running: Running,
    readonly pid: number,
  ) {}

  static async start(command: string, settings: Settings, to: Pick<TargetSettings, 'links' | 'database'>): Promise<Target> {
    const folder = join(settings.folder, 'target');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'settings.json');
    const log = join(folder, 'target.log');
    writeFileSync(file, JSON.stringify({ folder, ...told(settings), ...to } satisfies TargetSettings, null, 2), { mode: 0o600 });
    const running = start({ name: 'target', command: 'sh', args: ['-c', `exec ${command} "$0"`, file], log });
    const ready = (): string | undefined => /^ready (\d+)$/m.exec(readFileSync(log, 'utf8'))?.[1];
    try {
      await until(`“${command}” prints “ready”`, () => ready() !== undefined, { ms: readyMs, running });
    } catch (error) {
      await stop(running);
      throw error;
    }
    return new Target(running, Number(ready()));
  }

  stop(): Promise<void> {
    return stop(this.running);
  }
}

function told({ ports, secret, asToken, hsToken, xmppDomain, matrixDomain }: Settings): Pick<TargetSettings, 'xmpp' | 'matrix'> {
  const host = '127.0.0.1';
  return {
    xmpp: { host, port: ports.component, domain: `people.${xmppDomain}`, secret },
    matrix: {
      homeserver: `http://${host}:${ports.synapse}`,
      domain: matrixDomain,
      asToken,
      hsToken,
      senderLocalpart: 'rialto',
      listen: { host, port: ports.rialto },
    },
  };
}
