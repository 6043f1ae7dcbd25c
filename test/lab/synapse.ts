import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { must, run } from './command.ts';
import { type Daemon, launch, ready } from './daemon.ts';
import { installPackages, which } from './packages.ts';
import { type MatrixAccount, names, type Plan } from './plan.ts';
import { Missing, type Say } from './progress.ts';

const VERSION = '1.163.2';
const GHOSTS = '_rialto_';
const cache = join(import.meta.dirname, '..', '..', '.cache', 'synapse');
const venvPython = join(cache, 'bin', 'python');

/** Says what the homeserver refused. */
export class MatrixRefusal extends Error {
  readonly code: string;
  constructor(code: string, text: string) {
    super(`${code}: ${text}`);
    this.code = code;
  }
}

export class Synapse {
  readonly url: string;
  readonly daemon: Daemon;
  private readonly plan: Plan;
  private readonly folder: string;

  constructor(plan: Plan) {
    this.plan = plan;
    this.url = `http://127.0.0.1:${plan.ports.homeserver}`;
    this.folder = join(plan.dir, 'synapse');
    const config = join(this.folder, 'homeserver.yaml');
    this.daemon = {
      name: 'Synapse',
      argv: [venvPython, '-m', 'synapse.app.homeserver', '--config-path', config],
      // Its allocator otherwise keeps an arena for each of its many threads.
      env: { MALLOC_ARENA_MAX: '2' },
      cwd: this.folder,
      log: join(plan.dir, 'synapse.log'),
      pidFile: join(plan.dir, 'synapse.pid'),
      mark: config,
    };
  }

  /** A virtual environment under .cache, shared by everything in this checkout. A second run finds it there. */
  async install(say: Say): Promise<string> {
    const stamp = join(cache, '.rialto-installed');
    const wanted = `${VERSION} ${cache}`;
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(venvPython)) return VERSION;
    rmSync(cache, { recursive: true, force: true });
    await makeEnvironment(say);
    const line = (text: string): void =>
      say(text.replace(/^(Collecting|Downloading|Using cached|Installing) (\S+).*/, '$1 $2').slice(0, 70));
    const pip = [venvPython, '-m', 'pip', 'install', '--only-binary', ':all:', '--no-input', '--disable-pip-version-check'];
    await must([...pip, `matrix-synapse==${VERSION}`], `pip cannot install matrix-synapse ${VERSION}: is there a network?`, {
      line,
    });
    say('');
    writeFileSync(stamp, wanted);
    return VERSION;
  }

  configure(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const write = (name: string, text: string): void => writeFileSync(join(this.folder, name), text, { mode: 0o600 });
    write('signing.key', `ed25519 lab ${this.plan.secrets.signing}\n`);
    write('registration.yaml', stringify(this.registration()));
    write('log.yaml', stringify(logConfig));
    write('homeserver.yaml', stringify(this.config()));
  }

  async start(): Promise<void> {
    launch(this.daemon);
    await ready(this.daemon, async () => (await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(2000) })).ok, 60_000);
  }

  /** The account, made if it is not there yet. */
  async account(localpart: string, known?: MatrixAccount): Promise<MatrixAccount> {
    const { password } = this.plan.secrets;
    if (known !== undefined && (await this.request('GET', '/v3/account/whoami', known.accessToken).catch(() => undefined)))
      return known;
    await this.register(localpart, password).catch((error: unknown) => {
      if (!(error instanceof MatrixRefusal && error.code === 'M_USER_IN_USE')) throw error;
    });
    const identifier = { type: 'm.id.user', user: localpart };
    const device = { device_id: 'LAB', initial_device_display_name: 'Rialto lab' };
    const login = await this.request('POST', '/v3/login', undefined, {
      type: 'm.login.password',
      identifier,
      password,
      ...device,
    });
    return {
      userId: String(login.user_id),
      password,
      accessToken: String(login.access_token),
      deviceId: String(login.device_id),
    };
  }

  /** `path` is below /_matrix/client. Rejects with a MatrixRefusal. */
  async request(method: string, path: string, token?: string, body?: unknown): Promise<Record<string, unknown>> {
    return this.ask(method, `/_matrix/client${path}`, token, body);
  }

  private async register(localpart: string, password: string): Promise<void> {
    const path = '/_synapse/admin/v1/register';
    const { nonce } = await this.ask('GET', path);
    const parts = [String(nonce), localpart, password, 'notadmin'];
    const mac = createHmac('sha1', this.plan.secrets.registration).update(parts.join('\0')).digest('hex');
    await this.ask('POST', path, undefined, { nonce, username: localpart, password, admin: false, mac });
  }

  private async ask(method: string, path: string, token?: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const json = (await answer.json()) as Record<string, unknown>;
    if (!answer.ok) throw new MatrixRefusal(String(json.errcode ?? answer.status), String(json.error ?? ''));
    return json;
  }

  private registration(): unknown {
    const { ports, secrets } = this.plan;
    const host = names.matrix.replaceAll('.', '\\.');
    return {
      id: 'rialto',
      url: `http://127.0.0.1:${ports.http}`,
      as_token: secrets.asToken,
      hs_token: secrets.hsToken,
      sender_localpart: names.bot,
      rate_limited: false,
      receive_ephemeral: false,
      'io.element.msc4190': true,
      namespaces: {
        users: [
          { exclusive: true, regex: `^@${GHOSTS}.*:${host}$` },
          { exclusive: true, regex: `^@${names.bot}:${host}$` },
        ],
        aliases: [],
        rooms: [],
      },
    };
  }

  private config(): unknown {
    const { ports, secrets } = this.plan;
    const file = (name: string): string => join(this.folder, name);
    return {
      server_name: names.matrix,
      public_baseurl: `${this.url}/`,
      pid_file: file('synapse.own.pid'),
      listeners: [
        { port: ports.homeserver, bind_addresses: ['127.0.0.1'], type: 'http', tls: false, resources: [{ names: ['client'] }] },
      ],
      database: { name: 'sqlite3', args: { database: file('homeserver.db') } },
      media_store_path: file('media'),
      log_config: file('log.yaml'),
      signing_key_path: file('signing.key'),
      registration_shared_secret: secrets.registration,
      macaroon_secret_key: secrets.macaroon,
      form_secret: secrets.form,
      app_service_config_files: [file('registration.yaml')],
      trusted_key_servers: [],
      suppress_key_server_warning: true,
      federation_domain_whitelist: [],
      report_stats: false,
      enable_registration: false,
      bcrypt_rounds: 4,
      presence: { enabled: true },
      room_list_publication_rules: [{ action: 'allow' }],
      ...unlimited(),
    };
  }
}

/** Every rate limit lifted: the conversation is to be limited by the bridge, not by these. */
function unlimited(): Record<string, unknown> {
  const rate = { per_second: 10_000, burst_count: 100_000 };
  const plain = [
    'message',
    'registration',
    'registration_token_validity',
    'admin_redaction',
    'joins_per_room',
    'third_party_invite',
  ];
  return {
    ...Object.fromEntries(plain.map((name) => [`rc_${name}`, rate])),
    rc_login: { address: rate, account: rate, failed_attempts: rate },
    rc_joins: { local: rate, remote: rate },
    rc_invites: { per_room: rate, per_user: rate, per_issuer: rate },
    rc_3pid_validation: rate,
    rc_key_requests: rate,
    rc_media_create: rate,
    rc_presence: { per_user: rate },
    rc_reports: rate,
    rc_room_creation: rate,
  };
}

const logConfig = {
  version: 1,
  formatters: { line: { format: '%(asctime)s %(levelname)s %(name)s %(message)s' } },
  handlers: { console: { class: 'logging.StreamHandler', formatter: 'line' } },
  root: { level: 'WARNING', handlers: ['console'] },
  disable_existing_loggers: false,
};

async function makeEnvironment(say: Say): Promise<void> {
  const python = which('python3');
  if (python === undefined) throw new Missing('there is no python3: install it (apt-get install python3 python3-venv)');
  const make = [python, '-m', 'venv', cache];
  if ((await run(make)).code === 0) return;
  // Debian's python3 comes without the part that puts pip into a virtual environment.
  rmSync(cache, { recursive: true, force: true });
  await installPackages(['python3-venv'], say);
  await must(make, 'python3 cannot make a virtual environment: python 3.10 or newer with venv is needed');
}
