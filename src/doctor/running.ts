import { ask } from '../admin/control.ts';
import { CommandError } from '../commands/registry.ts';
import { type Config, httpUrl } from '../config.ts';
import type { Finding } from '../networks/finding.ts';
import { dataFolder } from './data-folder.ts';
import { begun, listed, type Part } from './part.ts';
import { fingerprints } from './service.ts';
import { placeOf } from './stopped.ts';

const healthMs = 4000;

/** Whether a service answers on the control socket of this data folder; `hidden`: we may not look. */
export async function serviceOf(config: Config): Promise<'runs' | 'stopped' | 'hidden'> {
  try {
    await asked(config, 'service');
    return 'runs';
  } catch (error) {
    if (error instanceof CommandError) return error.failure === 'away' ? 'stopped' : 'runs';
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'hidden' : 'stopped';
  }
}

/** A set-up of another account: a service of his may be connected, and whatever we opened would be in its way. */
export async function* hidden({ data }: Config): AsyncGenerator<Part> {
  const closed: Finding = {
    code: 'service',
    verdict: 'skipped',
    evidence: 'the folder is closed to this account: nothing else can be looked at without disturbing a service that may run',
    fix: 'check as the account that the folder belongs to: sudo -u ACCOUNT rialto check',
  };
  yield { name: 'data', about: data, findings: listed([...dataFolder(data)]) };
  yield { name: 'service', about: data, findings: listed([closed]) };
}

/** A set-up whose service runs: it looks by its own connections. */
export async function* running(config: Config): AsyncGenerator<Part> {
  const part = (name: string, about = ''): Part => ({ name, about, findings: begun(byService(config, name)) });
  yield part('service', config.data);
  yield { name: 'data', about: config.data, findings: listed([...dataFolder(config.data)]) };
  yield part('database', placeOf(config));
  yield { name: 'http', about: httpUrl(config), findings: health(config) };
  // All begin at once, and are told one after the other.
  yield* Object.keys(config.networks).map((name) => part(name));
  yield part('links');
}

async function* byService(config: Config, name: string): AsyncGenerator<Finding> {
  try {
    yield* await asked(config, name);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    yield { code: 'service-silent', verdict: 'skipped', evidence: error.message, fix: 'restart the service, then check again' };
  }
}

async function asked(config: Config, part: string): Promise<Finding[]> {
  const answer = (await ask(config.data, 'check', { part, config: fingerprints(config) })) as { findings: Finding[] };
  return answer.findings;
}

/** Whether it is our service that listens. */
async function* health({ http: { host, port } }: Config): AsyncGenerator<Finding> {
  const at = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  const seen = await fetch(`http://${at}:${port}/healthz`, { signal: AbortSignal.timeout(healthMs) }).then(
    async (answer) => (answer.ok && (await answer.text()).includes('"ok"') ? undefined : `HTTP ${answer.status}`),
    (error: Error) => String((error.cause as { code?: string } | undefined)?.code ?? error.message),
  );
  if (seen === undefined) return yield { code: 'http', verdict: 'ok', evidence: `the service answers at ${host}:${port}` };
  yield {
    code: 'http-silent',
    verdict: 'fault',
    evidence: `the service runs, and does not answer at ${host}:${port} (${seen})`,
    fix: 'restart it; if http.port was changed since it started, the servers must know the new one, too',
  };
}
