import type { Fault } from './bench.ts';

/** While the bridge runs: it looks by its own connections. */
export const runningFaults: readonly Fault[] = [
  {
    name: 'running: configuration changed since the start',
    code: 'config-changed',
    config: (config) => {
      config.delivery = { expiryHours: 1 };
    },
  },
  {
    name: 'running: homeserver down',
    code: 'homeserver-unreachable',
    breaks: async ({ shared }) => {
      await shared.lab.synapse.stop();
      return () => shared.lab.synapse.start();
    },
  },
  {
    name: 'running: listener banned from the MUC',
    code: 'listener-banned',
    breaks: async ({ pairs, shared }) => {
      const jid = `rialto@people.${shared.lab.settings.xmppDomain}`;
      await shared.juliet.moderate(pairs.main.xmpp, { affiliation: 'outcast', jid });
      return () => shared.juliet.moderate(pairs.main.xmpp, { affiliation: 'none', jid });
    },
  },
  {
    name: 'running: XMPP server down',
    code: 'component-unreachable',
    breaks: async ({ shared }) => {
      await shared.lab.server.stop();
      return () => shared.lab.server.start();
    },
  },
];
