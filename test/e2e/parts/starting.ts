import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { cli, node } from '../../lab/paths.ts';
import { freePort, until } from '../../lab/process.ts';
import type { Shared } from '../lab.ts';

interface Started {
  readonly code: number | null;
  readonly err: string;
}

/** A port where nobody listens. */
const nobody = '127.0.0.1:1';
const wrong = 'not-the-right-secret';

/** Another bridge with the configuration of ours, but for these variables. */
function bridge(shared: Shared, env: NodeJS.ProcessEnv): { readonly ended: Promise<Started>; end(): void } {
  const child = spawn(node, [cli, '--config', shared.lab.rialto.config, 'run'], {
    env: { ...process.env, DATABASE_URL: undefined, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const ended = new Promise<Started>((resolve) =>
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, err });
    }),
  );
  return { ended, end: () => void child.kill('SIGTERM') };
}

export function starting(shared: Shared): void {
  let count = 0;
  /** What a second bridge needs to be none of the first one's business. */
  const apart = async () => {
    count += 1;
    return {
      RIALTO_DATA: join(shared.lab.settings.folder, `other-${count}`),
      RIALTO_HTTP__PORT: String(await freePort()),
      RIALTO_NETWORKS__XMPP__SERVICE: `xmpp://${nobody}`,
      DATABASE_URL: await shared.lab.postgres?.database(`other${count}`),
    };
  };

  describe('a bridge that cannot work ends at once, and says in one line why', () => {
    const cases: [string, (shared: Shared) => NodeJS.ProcessEnv, number, RegExp][] = [
      [
        'the component secret is wrong',
        ({ lab }) => ({
          RIALTO_NETWORKS__XMPP__SERVICE: `xmpp://127.0.0.1:${lab.settings.ports.component}`,
          RIALTO_NETWORKS__XMPP__SECRET: wrong,
        }),
        2,
        /refused the secret of component "people\.xmpp\.localhost": it must be the same on both sides/,
      ],
      ['the homeserver does not know the token', () => ({ RIALTO_NETWORKS__MATRIX__ASTOKEN: wrong }), 2, /as_token/],
      [
        'the port is taken',
        ({ lab }) => ({ RIALTO_HTTP__PORT: String(lab.settings.ports.rialto) }),
        2,
        /http: 127\.0\.0\.1:\d+ cannot be listened on \(EADDRINUSE\): another program listens there/,
      ],
      [
        'the data folder cannot be made',
        () => ({ RIALTO_DATA: '/dev/null/rialto' }),
        2,
        /data: \/dev\/null\/rialto cannot be written to/,
      ],
      [
        'the database is away',
        () => ({ DATABASE_URL: `postgres://r:hush@${nobody}/r` }),
        3,
        /postgres:\/\/r@127\.0\.0\.1:1\/r cannot be opened/,
      ],
      [
        'a variable is wrong',
        () => ({ RIALTO_HTTP__PROT: '1' }),
        2,
        /RIALTO_HTTP__PROT: unknown key; did you mean RIALTO_HTTP__PORT\?/,
      ],
    ];
    test.each(cases)(
      '%s',
      async (_what, env, code, said) => {
        const result = await bridge(shared, { ...(await apart()), ...env(shared) }).ended;
        expect(result).toEqual({ code, err: expect.stringMatching(new RegExp(`^rialto: [^\\n]*${said.source}[^\\n]*\\n$`)) });
        expect(result.err).not.toMatch(/hush|not-the-right/);
      },
      70_000,
    );
  });

  test('another process has the database', async () => {
    const { postgres, settings } = shared.lab;
    const theirs = postgres ? { DATABASE_URL: postgres.url } : { RIALTO_DATA: join(settings.folder, 'rialto') };
    const { code, err } = await bridge(shared, { ...(await apart()), ...theirs }).ended;
    expect(code).toBe(postgres ? 1 : 2);
    expect(err).toMatch(postgres ? /are served by process \d+ on / : /the database folder is already open in the process \d+/);
  }, 70_000);

  test('servers that are away are waited for', async () => {
    const env = { ...(await apart()), RIALTO_NETWORKS__MATRIX__HOMESERVER: `http://${nobody}` };
    const { ended, end } = bridge(shared, env);
    const ready = async (): Promise<{ status: number; networks?: Record<string, { state: string }> } | undefined> => {
      const answer = await fetch(`http://127.0.0.1:${env.RIALTO_HTTP__PORT}/readyz`).catch(() => undefined);
      return answer && { status: answer.status, ...((await answer.json()) as object) };
    };
    try {
      const tried = async (): Promise<boolean> => {
        const networks = Object.values((await ready())?.networks ?? {});
        return networks.length === 2 && networks.every(({ state }) => state === 'down');
      };
      await until('both networks have been tried', tried);
      expect((await ready())?.status).toBe(503);
    } finally {
      end();
    }
    expect(await ended).toEqual({ code: 0, err: '' });
  }, 70_000);
}
