import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill, type Running, start, stop, until } from './process.ts';

export interface MatrixSettings {
  readonly folder: string;
  readonly python: string;
  readonly port: number;
  readonly domain: string;
  readonly secret: string;
  /** Where the bridge listens for what the homeserver pushes. */
  readonly bridge: string;
  readonly asToken: string;
  readonly hsToken: string;
}

const unlimited = '{ per_second: 100000, burst_count: 100000 }';

function configuration(at: MatrixSettings): string {
  return `# Made by the lab. It listens on loopback only and speaks to nobody else.
server_name: ${at.domain}
public_baseurl: http://127.0.0.1:${at.port}/
pid_file: ${at.folder}/synapse.pid
signing_key_path: ${at.folder}/signing.key
log_config: ${at.folder}/log.yaml
media_store_path: ${at.folder}/media
listeners:
  - { port: ${at.port}, type: http, tls: false, bind_addresses: ['127.0.0.1'], resources: [{ names: [client] }] }
database: { name: sqlite3, args: { database: ${at.folder}/homeserver.db } }
report_stats: false
trusted_key_servers: []
suppress_key_server_warning: true
federation_domain_whitelist: []
registration_shared_secret: ${at.secret}
macaroon_secret_key: ${at.secret}-macaroon
form_secret: ${at.secret}-form
enable_registration: false
presence: { enabled: false }
# Who was away for long hears all that was said, not the last hundred lines only.
filter_timeline_limit: -1
room_list_publication_rules: [{ action: allow }]
app_service_config_files: [${at.folder}/registration.yaml]
rc_message: ${unlimited}
rc_registration: ${unlimited}
rc_login: { address: ${unlimited}, account: ${unlimited}, failed_attempts: ${unlimited} }
rc_admin_redaction: ${unlimited}
rc_joins: { local: ${unlimited}, remote: ${unlimited} }
rc_joins_per_room: ${unlimited}
rc_invites: { per_room: ${unlimited}, per_user: ${unlimited}, per_issuer: ${unlimited} }
rc_room_creation: ${unlimited}
`;
}

const logging = `version: 1
formatters: { plain: { format: '%(asctime)s %(levelname)s %(name)s %(message)s' } }
handlers: { console: { class: logging.StreamHandler, formatter: plain } }
root: { level: WARNING, handlers: [console] }
disable_existing_loggers: false
`;

function registration(at: MatrixSettings): string {
  return `id: rialto
url: ${at.bridge}
as_token: ${at.asToken}
hs_token: ${at.hsToken}
sender_localpart: rialto
rate_limited: false
receive_ephemeral: false
namespaces:
  users:
    - { exclusive: true, regex: '@_rialto_.*:${at.domain}' }
    - { exclusive: true, regex: '@rialto:${at.domain}' }
  aliases: []
  rooms: []
`;
}

/** A Synapse of one's own. */
export class Synapse {
  readonly url: string;
  private readonly at: MatrixSettings;
  private running: Running | undefined;

  constructor(at: MatrixSettings) {
    this.at = at;
    this.url = `http://127.0.0.1:${at.port}`;
    mkdirSync(at.folder, { recursive: true });
    writeFileSync(join(at.folder, 'homeserver.yaml'), configuration(at));
    writeFileSync(join(at.folder, 'log.yaml'), logging);
    writeFileSync(join(at.folder, 'registration.yaml'), registration(at));
    const key = join(at.folder, 'signing.key');
    if (!existsSync(key))
      writeFileSync(key, `ed25519 lab1 ${randomBytes(32).toString('base64').replace(/=+$/, '')}\n`, { mode: 0o600 });
  }

  get pid(): number {
    return this.running?.pid ?? 0;
  }

  async start(): Promise<void> {
    const args = ['-m', 'synapse.app.homeserver', '--config-path', join(this.at.folder, 'homeserver.yaml')];
    const running = start({
      name: 'synapse',
      command: this.at.python,
      args,
      log: join(this.at.folder, 'synapse.log'),
      cwd: this.at.folder,
    });
    this.running = running;
    const answers = async (): Promise<boolean> => {
      const answer = await fetch(`${this.url}/_matrix/client/versions`).catch(() => undefined);
      await answer?.text();
      return answer?.ok === true;
    };
    await until('Synapse answers', answers, { running, ms: 60_000 });
  }

  async stop(): Promise<void> {
    await stop(this.running);
  }

  async kill(): Promise<void> {
    if (this.running) await kill(this.running);
  }

  /** Makes the account if it is not there (shared-secret registration of the admin API). */
  async addUser(name: string, password: string): Promise<void> {
    const url = `${this.url}/_synapse/admin/v1/register`;
    const { nonce } = (await (await fetch(url)).json()) as { nonce: string };
    const mac = createHmac('sha1', this.at.secret).update([nonce, name, password, 'notadmin'].join('\0')).digest('hex');
    const body = JSON.stringify({ nonce, username: name, password, admin: false, mac });
    const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const { errcode } = (await answer.json()) as { errcode?: string };
    if (!answer.ok && errcode !== 'M_USER_IN_USE') throw new Error(`registering ${name}: ${errcode}`);
  }
}
