import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Wire } from '../../../src/networks/xmpp/wire/wire.ts';
import { QuietLog } from '../../support/quiet-log.ts';
import type { Bench, Fault } from './bench.ts';

/** Of Prosody, while it is stopped. */
function editProsody(bench: Bench, edit: (text: string) => string): void {
  const file = join(bench.folder, 'prosody', 'prosody.cfg.lua');
  writeFileSync(file, edit(readFileSync(file, 'utf8')));
}

/** The second component refuses a new connection while there is an old one, as Prosody does by itself. */
export function keepOld(text: string): string {
  const at = text.lastIndexOf('  component_conflict_resolve');
  return `${text.slice(0, at)}${text.slice(at).replace('kick_old', 'kick_new')}`;
}

const second = (config: Bench['config']): void => {
  config.networks.xmpp.domain = (config.networks.xmpp.domain ?? '').replace('people', 'bridged');
};

/** Another program with our domain and secret, that comes back when it is thrown out. */
async function rival(bench: Bench, domain: string): Promise<() => Promise<void>> {
  const { service = '', secret = '' } = bench.config.networks.xmpp;
  const wire = new Wire({ service, domain, secret, log: new QuietLog() }, { stanza: () => {}, state: () => {} });
  await wire.start();
  return () => wire.stop();
}

export const componentFaults: readonly Fault[] = [
  {
    name: 'component secret wrong',
    code: 'component-secret',
    config: ({ networks }) => {
      networks.xmpp.secret = 'another-secret-than-theirs';
    },
  },
  {
    name: 'component domain unknown to the server',
    code: 'component-unknown',
    config: ({ networks }) => {
      networks.xmpp.domain = 'peeple.xmpp.localhost';
    },
  },
  {
    name: 'component port closed',
    code: 'component-unreachable',
    config: ({ networks }) => {
      networks.xmpp.service = 'xmpp://127.0.0.1:1';
    },
  },
  {
    name: 'XMPP host that does not exist',
    code: 'component-unreachable',
    config: ({ networks }) => {
      networks.xmpp.service = 'xmpp://nowhere.invalid:5347';
    },
  },
  {
    name: 'port of clients for the component',
    code: 'component-port',
    config: ({ networks }, { shared }) => {
      networks.xmpp.service = `xmpp://127.0.0.1:${shared.lab.settings.ports.c2s}`;
    },
  },
  {
    name: 'port of a web server for the component',
    code: 'component-port',
    config: ({ networks }, { shared }) => {
      networks.xmpp.service = `xmpp://127.0.0.1:${shared.lab.settings.ports.synapse}`;
    },
  },
  {
    name: 'second owner of the domain, server keeps the new one',
    code: 'component-second-owner',
    breaks: (bench) => rival(bench, bench.config.networks.xmpp.domain ?? ''),
  },
  {
    name: 'second owner of the domain, server keeps the old one',
    code: 'component-second-owner',
    config: second,
    breaks: (bench) => rival(bench, 'bridged.xmpp.localhost'),
  },
  { name: 'server that keeps old connections', code: 'component-conflict-policy', config: second },
  {
    name: 'service of the rooms down',
    code: 'rooms-unreachable',
    breaks: async (bench) => {
      await restart(bench, (text) => text.replace('Component "rooms.', 'Component "elsewhere.'));
      return () => restart(bench, (text) => text.replace('Component "elsewhere.', 'Component "rooms.'));
    },
  },
  {
    name: 'XMPP server down',
    code: 'component-unreachable',
    breaks: async ({ shared }) => {
      await shared.lab.server.stop();
      return async () => {
        await shared.lab.server.start();
        await shared.juliet.back();
      };
    },
  },
];

export async function restart(bench: Bench, edit: (text: string) => string): Promise<void> {
  const { server } = bench.shared.lab;
  await server.stop();
  editProsody(bench, edit);
  await server.start();
}
