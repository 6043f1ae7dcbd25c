import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill, type Running, start, stop, until } from './process.ts';
import { listens, snippet, type XmppServer, type XmppSettings } from './xmpp-server.ts';

function configuration(at: XmppSettings): string {
  return `-- Made by the lab. Everything listens on loopback only.
pidfile = "${at.folder}/prosody.pid"
data_path = "${at.folder}/data"
run_as_root = true
daemonize = false
interfaces = { "127.0.0.1" }
c2s_interfaces = { "127.0.0.1" }
c2s_ports = { ${at.c2sPort} }
s2s_ports = {}
component_interfaces = { "127.0.0.1" }
component_ports = { ${at.componentPort} }
modules_enabled = { "roster"; "saslauth"; "disco"; "ping"; "carbons"; "presence"; "message"; "iq"; "offline"; "component"; "version"; "time" }
modules_disabled = { "s2s"; "http"; "posix" }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_plain"
-- Clients log in with SASL PLAIN: there is no TLS on loopback to bind anything else to.
disable_sasl_mechanisms = { "SCRAM-SHA-1"; "SCRAM-SHA-256"; "SCRAM-SHA-1-PLUS"; "SCRAM-SHA-256-PLUS"; "DIGEST-MD5"; "OAUTHBEARER" }
storage = "internal"
-- With its own setting a busy server collects garbage most of its time: this takes a third of the time, and twice the memory.
gc = { mode = "incremental"; threshold = 200; speed = 250 }
-- As the snippet says: a line does not wait for the acknowledgement of the one before it.
network_settings = { nagle = false }
storage_archive_item_limit = 10000000
log = { { levels = { min = "info" }, to = "console" } }

VirtualHost "${at.domain}"

Component "${at.mucDomain}" "muc"
  modules_enabled = { "muc_mam" }
  muc_log_by_default = true
  muc_log_expires_after = "never"
  max_history_messages = ${at.history ?? 500}
  muc_room_default_history_length = ${at.history ?? 500}
  restrict_room_creation = false

${snippet(at, 'prosody.cfg.lua')}
Component "${at.roomDomain}"
  component_secret = "${at.secret}"
  component_conflict_resolve = "kick_old"
`;
}

export class Prosody implements XmppServer {
  readonly kind = 'prosody';
  private readonly at: XmppSettings;
  private readonly config: string;
  private running: Running | undefined;

  constructor(at: XmppSettings) {
    this.at = at;
    this.config = join(at.folder, 'prosody.cfg.lua');
    mkdirSync(join(at.folder, 'data'), { recursive: true });
    writeFileSync(this.config, configuration(at));
  }

  get pid(): number {
    return this.running?.pid ?? 0;
  }

  addUser(name: string, password: string): void {
    const folder = join(this.at.folder, 'data', this.at.domain.replaceAll('.', '%2e').replaceAll('-', '%2d'), 'accounts');
    if (existsSync(join(folder, `${name}.dat`))) return;
    const { status, stdout, stderr } = spawnSync(
      'prosodyctl',
      ['--config', this.config, '--root', 'register', name, this.at.domain, password],
      {
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`prosodyctl register ${name}: ${stdout}${stderr}`);
  }

  async start(): Promise<void> {
    const log = join(this.at.folder, 'prosody.log');
    const running = start({ name: 'prosody', command: 'prosody', args: ['--config', this.config, '-F'], log });
    this.running = running;
    await until('Prosody listens', () => listens(this.at.c2sPort), { running });
    await until('Prosody takes components', () => listens(this.at.componentPort), { running });
  }

  async stop(): Promise<void> {
    await stop(this.running);
  }

  async kill(): Promise<void> {
    if (this.running) await kill(this.running);
  }
}
