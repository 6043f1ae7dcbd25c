import type { Bench, Fault } from './bench.ts';

type Breaks = NonNullable<Fault['breaks']>;

const listener = (bench: Bench): string => `rialto@people.${bench.shared.lab.settings.xmppDomain}`;
const bot = (bench: Bench): string => `@rialto:${bench.shared.lab.settings.matrixDomain}`;

/** Options of the MUC: those that break it, and those that mend it. */
function options(wrong: Record<string, string>, right: Record<string, string>): Breaks {
  return async ({ pairs, shared }) => {
    await shared.juliet.configure(pairs.main.xmpp, named(wrong));
    return () => shared.juliet.configure(pairs.main.xmpp, named(right));
  };
}

function named(settings: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`muc#roomconfig_${key}`, value]));
}

/** A state event of the Matrix room; what was there before comes back. */
function state(type: string, content: object, key = ''): Breaks {
  return async ({ pairs, shared }) => {
    const { client } = shared.alice;
    const before = await client.getStateEvent(pairs.main.matrix, type, key).catch(() => ({}));
    await client.sendStateEvent(pairs.main.matrix, type as never, { ...before, ...content } as never, key);
    return () => client.sendStateEvent(pairs.main.matrix, type as never, before as never, key);
  };
}

async function both(bench: Bench, ...breaks: readonly Breaks[]): Promise<() => Promise<void>> {
  const mends: (() => unknown)[] = [];
  for (const one of breaks) mends.push(await one(bench));
  return async () => {
    for (const mend of mends.reverse()) await mend();
  };
}

async function invited(bench: Bench): Promise<void> {
  const { pairs, shared } = bench;
  await shared.alice.client.invite(pairs.main.matrix, bot(bench));
  await bench.asBot('POST', `/_matrix/client/v3/join/${encodeURIComponent(pairs.main.matrix)}`, {});
}

const inviteOnly = state('m.room.join_rules', { join_rule: 'invite' });

export const roomFaults: readonly Fault[] = [
  {
    name: 'listener banned from the MUC',
    code: 'listener-banned',
    breaks: async (bench) => {
      const { pairs, shared } = bench;
      await shared.juliet.moderate(pairs.main.xmpp, { affiliation: 'outcast', jid: listener(bench) });
      return () => shared.juliet.moderate(pairs.main.xmpp, { affiliation: 'none', jid: listener(bench) });
    },
  },
  { name: 'MUC for members only', code: 'room-members-only', breaks: options({ membersonly: '1' }, { membersonly: '0' }) },
  {
    name: 'MUC with a password',
    code: 'room-password',
    breaks: options({ passwordprotectedroom: '1', roomsecret: 'sesame' }, { passwordprotectedroom: '0', roomsecret: '' }),
  },
  {
    name: 'MUC without an archive',
    code: 'room-no-archive',
    breaks: options({ enablearchiving: '0' }, { enablearchiving: '1' }),
  },
  { name: 'MUC moderated', code: 'room-moderated', breaks: options({ moderatedroom: '1' }, { moderatedroom: '0' }) },
  { name: 'MUC not persistent', code: 'room-not-persistent', breaks: options({ persistentroom: '0' }, { persistentroom: '1' }) },
  {
    name: 'bot kicked from an invite-only room',
    code: 'bot-outside',
    breaks: async (bench) => {
      const { pairs, shared } = bench;
      const open = await inviteOnly(bench);
      await shared.alice.client.kick(pairs.main.matrix, bot(bench));
      return async () => {
        await open();
        await invited(bench);
      };
    },
  },
  {
    name: 'bot banned',
    code: 'bot-banned',
    breaks: async (bench) => {
      const { pairs, shared } = bench;
      await shared.alice.client.ban(pairs.main.matrix, bot(bench));
      return async () => {
        await shared.alice.client.unban(pairs.main.matrix, bot(bench));
        await invited(bench);
      };
    },
  },
  {
    name: 'bot may not invite into an invite-only room',
    code: 'room-no-invite',
    breaks: (bench) => both(bench, inviteOnly, state('m.room.power_levels', { invite: 50 })),
  },
  { name: 'bot may not speak', code: 'room-no-send', breaks: state('m.room.power_levels', { events_default: 50 }) },
  {
    name: 'ghosts may not speak',
    code: 'room-ghosts-silent',
    breaks: (bench) => state('m.room.power_levels', { events_default: 50, users: { [bot(bench)]: 50 } })(bench),
  },
  {
    name: 'another bridge in the room',
    code: 'room-other-bridge',
    breaks: state(
      'm.bridge',
      { bridgebot: '@bifrost:elsewhere.example', protocol: { id: 'xmpp' }, channel: { id: 'garden@rooms.xmpp.localhost' } },
      'bifrost',
    ),
  },
  {
    name: 'network of a link is not configured any more',
    code: 'link-network',
    config: (config) => {
      const { xmpp, ...rest } = config.networks;
      config.networks = { ...rest, chat: xmpp } as never;
    },
  },
];

/** What nobody can mend: each has a room of its own, and comes last. */
export const lastFaults: readonly Fault[] = [
  {
    name: 'Matrix room encrypted',
    code: 'room-encrypted',
    breaks: async ({ pairs, shared }) => {
      const content = { algorithm: 'm.megolm.v1.aes-sha2' };
      await shared.alice.client.sendStateEvent(pairs.secret.matrix, 'm.room.encryption' as never, content as never);
      return () => {};
    },
  },
  {
    name: 'MUC destroyed',
    code: 'room-gone',
    breaks: async ({ pairs, shared }) => {
      await shared.juliet.destroy(pairs.ruin.xmpp);
      return () => {};
    },
  },
];
