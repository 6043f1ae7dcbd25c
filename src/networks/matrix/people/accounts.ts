import type { Intent } from 'matrix-appservice-bridge';
import { excerpt } from '../../../cpim/degrade/line.ts';
import type { NoteBook } from '../../network.ts';
import { localpart } from '../address.ts';
import type { MatrixConfig } from '../config.ts';
import { botId } from '../config.ts';
import { isObject } from '../event.ts';
import { Recent } from '../recent.ts';
import { type Client, type Fault, isPassing, type Reply, roomPath } from '../wire/client.ts';
import { asked, type Library } from '../wire/library.ts';

/** What is known of an account of ours. */
export interface Account {
  readonly userId: string;
  /** By which the homeserver recognises a repeated send, also after a restart; '' if it makes none for us. */
  readonly device: string;
  /** The name in its profile, which it has in every room it enters. */
  readonly name: string;
}

// What the SDK would remember is in our notes.
const storage = {
  addRegisteredUser() {},
  isUserRegistered: () => false,
  setTransactionCompleted() {},
  isTransactionCompleted: () => false,
};

const deviceId = 'RIALTO';
const kept = 20_000;

/** The accounts of the application service: the bot, and the ghosts, which are made when they are first needed. */
export class Accounts {
  readonly bot: string;
  private readonly appservice: InstanceType<Library['Appservice']>;
  private readonly known = new Recent<Account>(kept);
  private readonly botName: string;

  constructor(
    private readonly library: Library,
    private readonly client: Client,
    private readonly notes: NoteBook,
    config: MatrixConfig,
  ) {
    this.bot = botId(config);
    this.botName = config.displayName;
    this.appservice = new library.Appservice({
      homeserverUrl: config.homeserver.replace(/\/+$/, ''),
      homeserverName: config.domain,
      bindAddress: '127.0.0.1',
      port: 0,
      storage,
      registration: {
        id: config.id,
        url: '',
        as_token: config.asToken,
        hs_token: config.hsToken,
        sender_localpart: config.bot,
        namespaces: { users: [], aliases: [], rooms: [] },
      },
    });
  }

  /** If it is in memory: the hot path. */
  at(userId: string): Account | undefined {
    return this.known.get(userId);
  }

  /** The bot, under the name that it has in the configuration now. */
  async ensureBot(): Promise<Account | Fault> {
    const account = await this.ensure(this.bot, this.botName);
    const name = shownName(this.botName, this.bot);
    if ('kind' in account || account.name === name) return account;
    const named = await asked(() => this.intent(this.bot).setDisplayName(name));
    if (named.kind === 'fault') return isPassing(named) ? named : account;
    return this.keep({ ...account, name });
  }

  /** Registers the account if that was never done; remembered over restarts. `name` is what a new one is called. */
  async ensure(userId: string, name?: string): Promise<Account | Fault> {
    const known = this.known.get(userId) ?? (await this.noted(userId));
    if (known) {
      this.known.set(userId, known);
      return known;
    }
    const intent = this.intent(userId);
    // An account that is there already is as good as a new one (M_USER_IN_USE).
    const made = await this.ask('register', () => intent.ensureRegistered(true));
    if (made.kind === 'fault') return made;
    const device = await this.makeDevice(userId);
    if (typeof device !== 'string') return device;
    const account = { userId, device, name: name === undefined ? localpart(userId) : shownName(name, userId) };
    if (name !== undefined) {
      const named = await this.ask('setDisplayName', () => intent.setDisplayName(account.name));
      if (named.kind === 'fault' && isPassing(named)) return named;
    }
    return this.keep(account);
  }

  /** True if the account was ever made. */
  async exists(userId: string): Promise<boolean> {
    return this.known.get(userId) !== undefined || (await this.noted(userId)) !== undefined;
  }

  /** What we remember of it is wrong: the homeserver has lost the account, or its device. */
  async forget(userId: string): Promise<void> {
    this.known.delete(userId);
    await this.notes.set(note(userId), '');
  }

  join(userId: string, room: string, via: readonly string[] = []): Promise<Reply> {
    // Not `Intent.join` nor `joinRoom`: they invite by themselves, and hide the reason why somebody cannot enter.
    const path = `/_matrix/client/v3/join/${encodeURIComponent(room)}`;
    const query = { server_name: [...via], via: [...via] };
    return this.ask('joinRoom', () => this.intent(userId).matrixClient.doRequest('POST', path, query, {}));
  }

  invite(userId: string, room: string): Promise<Reply> {
    return this.ask('inviteUser', () => this.intent(this.bot).matrixClient.inviteUser(userId, room));
  }

  leave(userId: string, room: string): Promise<Reply> {
    return this.ask('leaveRoom', () => this.intent(userId).matrixClient.leaveRoom(room));
  }

  /** The name in one room: a nick belongs to the room it was chosen in. */
  rename({ userId, device }: Account, room: string, name: string): Promise<Reply> {
    return this.client.call('PUT', roomPath(room, 'state', 'm.room.member', userId), {
      query: { user_id: userId, ...(device === '' ? {} : { device_id: device }) },
      body: { membership: 'join', displayname: shownName(name, userId) },
    });
  }

  private async ask(method: string, work: () => Promise<unknown>): Promise<Reply> {
    const reply = await asked(work);
    this.client.counted(method, reply);
    return reply;
  }

  private intent(userId: string): Intent {
    const { Intent } = this.library;
    const sdk = this.appservice.getIntentForUserId(userId);
    // Only `ensure` registers; the rest is for accounts that are there.
    return new Intent(sdk, this.appservice.botClient, { registered: true, dontCheckPowerLevel: true });
  }

  /**
   * COMPAT(synapse): it keeps the transaction ids of an application service in memory only, unless the send names a device that
   * exists. '' where the homeserver makes none (MSC4190 is missing): sends are then recognised until its next restart.
   * Measured with 5,000 ghosts (`npm run bench -- devices`): 9 ms once for each, 260 octets of its database, no memory to speak of.
   */
  private async makeDevice(userId: string): Promise<string | Fault> {
    const query = { user_id: userId };
    const body = { display_name: 'Rialto' };
    const made = await this.client.call('PUT', `/_matrix/client/v3/devices/${deviceId}`, { query, body });
    if (made.kind === 'ok') return deviceId;
    return isPassing(made) ? made : '';
  }

  private async keep(account: Account): Promise<Account> {
    const { userId, device, name } = account;
    this.known.set(userId, account);
    await this.notes.set(note(userId), JSON.stringify({ device, name }));
    return account;
  }

  private async noted(userId: string): Promise<Account | undefined> {
    const text = await this.notes.get(note(userId));
    if (!text) return undefined;
    const read: unknown = JSON.parse(text);
    if (!isObject(read) || typeof read.device !== 'string' || typeof read.name !== 'string') return undefined;
    return { userId, device: read.device, name: read.name };
  }
}

function note(userId: string): string {
  return `account ${userId}`;
}

/** One line, without what would turn the text around it; the localpart if nothing is left that can be seen. */
export function shownName(name: string, userId: string): string {
  const shown = excerpt(
    name
      .replaceAll('\0', '')
      .toWellFormed()
      .replace(/[\u200e\u200f\u061c\ufeff]/g, ''),
  );
  // COMPAT(synapse): no display name of more than 256 characters; a grapheme may have many.
  return Array.from(shown).slice(0, 200).join('').trim() || localpart(userId);
}
