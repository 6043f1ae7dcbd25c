import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, kill, type Running, start, stop, until } from './process.ts';
import { listens, snippet, type XmppServer, type XmppSettings } from './xmpp-server.ts';

/** Where Debian puts the libraries of Erlang that are not Erlang's own. */
function libraries(): string {
  for (const name of readdirSync('/usr/lib')) {
    const folder = join('/usr/lib', name);
    if (name.endsWith('-linux-gnu') && readdirSync(folder).some((one) => one.startsWith('ejabberd-'))) return folder;
  }
  return '/usr/lib';
}

function configuration(at: XmppSettings, apiPort: number): string {
  return `# Made by the lab. Everything listens on loopback only.
loglevel: info
hosts: ["${at.domain}"]
language: en
auth_method: mnesia
auth_password_format: plain
# Clients log in with SASL PLAIN: there is no TLS on loopback to bind anything else to.
disable_sasl_mechanisms: ["digest-md5", "scram-sha-1", "scram-sha-256", "scram-sha-512", "x-oauth2", "external"]
listen:
  -
    port: ${at.c2sPort}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls: false
    max_stanza_size: 1048576
    shaper: none
  -
    port: ${apiPort}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers:
      /api: mod_http_api
${snippet(at, 'ejabberd.yml')}      "${at.roomDomain}":
        password: "${at.secret}"
api_permissions:
  lab:
    who: { ip: "127.0.0.1/8" }
    what: ["register"]
modules:
  mod_admin_extra: {}
  mod_carboncopy: {}
  mod_disco: {}
  mod_http_api: {}
  mod_mam:
    db_type: mnesia
    assume_mam_usage: true
  mod_muc:
    host: "${at.mucDomain}"
    db_type: mnesia
    history_size: 500
    min_message_interval: 0
    min_presence_interval: 0
    max_user_conferences: 10000
    default_room_options:
      mam: true
  mod_offline: {}
  mod_ping: {}
  mod_roster: {}
`;
}

/**
 * ejabberd in the Erlang of the machine, as one process in the foreground and without distribution: nobody else can reach it, no
 * port mapper stays behind, and it runs under any account.
 */
export class Ejabberd implements XmppServer {
  readonly kind = 'ejabberd';
  private readonly at: XmppSettings;
  private readonly users: { readonly name: string; readonly password: string }[] = [];
  private running: Running | undefined;

  /** `edit` changes its configuration before each start. */
  constructor(
    at: XmppSettings,
    private readonly edit: (config: string) => string = (config) => config,
  ) {
    this.at = at;
    mkdirSync(join(at.folder, 'spool'), { recursive: true });
    mkdirSync(join(at.folder, 'logs'), { recursive: true });
  }

  get pid(): number {
    return this.running?.pid ?? 0;
  }

  addUser(name: string, password: string): void {
    this.users.push({ name, password });
  }

  async start(): Promise<void> {
    const { folder, c2sPort, componentPort } = this.at;
    const apiPort = await freePort();
    const config = join(folder, 'ejabberd.yml');
    writeFileSync(config, this.edit(configuration(this.at, apiPort)));
    const running = start({
      name: 'ejabberd',
      command: 'erl',
      args: ['-noinput', '-mnesia', 'dir', `"${join(folder, 'spool')}"`, '-ejabberd', 'quiet', 'true', '-s', 'ejabberd'],
      cwd: folder,
      log: join(folder, 'output.log'),
      env: {
        HOME: folder,
        ERL_LIBS: libraries(),
        ERL_CRASH_DUMP: join(folder, 'logs', 'crash.dump'),
        EJABBERD_CONFIG_PATH: config,
        EJABBERD_LOG_PATH: join(folder, 'logs', 'ejabberd.log'),
      },
    });
    this.running = running;
    for (const port of [c2sPort, componentPort, apiPort]) {
      await until('ejabberd listens', () => listens(port), { running, ms: 60_000 });
    }
    for (const { name, password } of this.users) await this.register(apiPort, name, password);
  }

  async stop(): Promise<void> {
    await stop(this.running);
  }

  async kill(): Promise<void> {
    if (this.running) await kill(this.running);
  }

  private async register(port: number, user: string, password: string): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${port}/api/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user, host: this.at.domain, password }),
    });
    const text = await answer.text();
    // 409: it is there.
    if (!answer.ok && answer.status !== 409) throw new Error(`ejabberd did not register ${user}: ${answer.status} ${text}`);
  }
}
