import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';
import { type Daemon, launch, ready } from './daemon.ts';
import { installPackages, which } from './packages.ts';
import { names, type Plan, type XmppAccount } from './plan.ts';
import { listening } from './ports.ts';
import type { Say } from './progress.ts';
import type { XmppServer } from './xmpp-server.ts';

const lua = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
/** How Prosody's `internal` storage names its folders. */
const folderName = (text: string): string => text.replace(/[^A-Za-z0-9]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

export class Prosody implements XmppServer {
  readonly kind = 'prosody';
  readonly daemon: Daemon;
  private readonly plan: Plan;
  private readonly accounts: readonly XmppAccount[];
  private readonly folder: string;

  constructor(plan: Plan, accounts: readonly XmppAccount[]) {
    this.plan = plan;
    this.accounts = accounts;
    this.folder = join(plan.dir, 'prosody');
    const config = join(this.folder, 'prosody.cfg.lua');
    this.daemon = {
      name: 'Prosody',
      argv: [which('prosody') ?? '/usr/bin/prosody', '--config', config, '-F'],
      cwd: this.folder,
      log: join(plan.dir, 'prosody.log'),
      pidFile: join(plan.dir, 'prosody.pid'),
      mark: config,
    };
  }

  async install(say: Say): Promise<string> {
    if (which('prosody') === undefined) await installPackages(['prosody'], say);
    const about = await run([which('prosodyctl') ?? 'prosodyctl', 'about']);
    return /Prosody (\d[\w.]*)/.exec(about.output)?.[1] ?? 'of unknown version';
  }

  configure(): void {
    const accounts = join(this.folder, 'data', folderName(names.xmpp), 'accounts');
    mkdirSync(accounts, { recursive: true, mode: 0o700 });
    for (const { jid, password } of this.accounts) {
      const file = join(accounts, `${folderName(jid.split('@')[0] ?? '')}.dat`);
      writeFileSync(file, `return {\n\t["password"] = ${lua(password)};\n};\n`, { mode: 0o600 });
    }
    writeFileSync(this.daemon.mark, this.config(), { mode: 0o600 });
  }

  async start(): Promise<void> {
    launch(this.daemon);
    const { c2s, component } = this.plan.ports;
    await ready(this.daemon, async () => (await listening(c2s)) && (await listening(component)), 30_000);
  }

  private config(): string {
    const { ports, secrets } = this.plan;
    return `-- Written by test/lab/prosody.ts at every start: loopback, plain text, no limits. For a demonstration, never for production.
pidfile = ${lua(join(this.folder, 'prosody.own.pid'))}
data_path = ${lua(join(this.folder, 'data'))}
run_as_root = ${process.getuid?.() === 0}
log = { info = "*console" }
interfaces = { "127.0.0.1" }
c2s_ports = { ${ports.c2s} }
component_interfaces = { "127.0.0.1" }
component_ports = { ${ports.component} }
modules_enabled = { "disco", "roster", "saslauth", "ping", "carbons", "smacks", "mam", "vcard_legacy", "pep", "blocklist" }
modules_disabled = { "s2s", "offline", "tls" }
authentication = "internal_plain"
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
storage = "internal"
archive_expires_after = "never"
storage_archive_item_limit = 10000000
smacks_hibernation_time = 60

VirtualHost ${lua(names.xmpp)}

Component ${lua(names.muc)} "muc"
  modules_enabled = { "muc_mam" }
  muc_room_default_persistent = true
  muc_room_locking = false
  muc_log_by_default = true
  muc_log_presences = false

-- The people of the other networks.
Component ${lua(names.people)}
  component_secret = ${lua(secrets.people)}
  component_conflict_resolve = "kick_old"

-- Reserved for the rooms of the other networks.
Component ${lua(names.served)}
  component_secret = ${lua(secrets.rooms)}
  component_conflict_resolve = "kick_old"
`;
  }
}
