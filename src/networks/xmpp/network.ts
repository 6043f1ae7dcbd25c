import { setTimeout as sleep } from 'node:timers/promises';
import parseXml from '@xmpp/xml/lib/parse.js';
import type { Address } from '../../cpim/address.ts';
import type { Capabilities } from '../../cpim/capabilities.ts';
import { reason } from '../../cpim/reasons.ts';
import { imUri } from '../../cpim/uri.ts';
import type {
  Attached,
  Delivery,
  Endpoint,
  Host,
  Network,
  Outcome,
  Pair,
  Person,
  Ref,
  Refused,
  Status,
  Wish,
} from '../network.ts';
import { capabilitiesOf, directCapabilities, fullWindow } from './capabilities.ts';
import type { Stream } from './check/stream.ts';
import type { XmppConfig } from './config.ts';
import { ghostLocal } from './ids.ts';
import { Inbox } from './inbox.ts';
import { split } from './jid.ts';
import { inboundOf } from './muc/reading.ts';
import { recover } from './muc/recovery.ts';
import { placeOf } from './muc/sender.ts';
import { Stay } from './muc/stay.ts';
import { addressOf, Chats } from './people/chats.ts';
import { Letters } from './people/letters.ts';
import { type Asked, answerTo } from './people/queries.ts';
import { isPrivate, strayAnswer } from './people/strays.ts';
import { whisper } from './people/whisper.ts';
import { isAlone, notAlone } from './wire/alone.ts';
import { Nap } from './wire/nap.ts';
import { Pace } from './wire/pace.ts';
import { type El, Wire } from './wire/wire.ts';

const entering = 10;
const firstLinkMs = 60_000;
const watchMs = 15_000;
const drainMs = 4000;
const finishMs = 2000;
const namesKept = 5000;
const unseen: Outcome = { kind: 'retry', why: reason('unknown', 'nobody can say'), scope: 'entry', done: [] };

/** An XMPP server that we are a component of (XEP-0114), and the rooms that are reached through it. */
export class XmppNetwork implements Network {
  private readonly wire: Wire;
  private readonly inbox: Inbox;
  private readonly stays = new Map<string, Stay>();
  private readonly chats: Chats;
  private readonly letters: Letters;
  private readonly pace = new Pace(entering);
  private readonly listener: string;
  /** Display names of ghosts that have spoken lately, for who asks. */
  private readonly names = new Map<string, string>();
  private watch: NodeJS.Timeout | undefined;
  /** The link is up, and all that is for us comes down it. */
  private ready = false;
  private links = 0;
  private readonly nap = new Nap();
  private stopped = false;
  /** Why the wire is down. */
  private trouble: string | undefined;

  constructor(
    private readonly config: XmppConfig,
    private readonly host: Host,
  ) {
    const { service, domain, secret, maxStanza } = config;
    this.listener = `rialto@${domain}/listener`;
    this.inbox = new Inbox(host);
    const size = maxStanza === undefined ? {} : { maxStanza };
    this.wire = new Wire(
      { service, domain, secret, ...size, log: host.log },
      {
        stanza: (el) => this.stanza(el),
        state: (state, why) => this.state(state, why),
        wanted: (name, attrs) => this.wanted(name, attrs),
        counted: (direction, stanza) => host.count('rialto_xmpp_stanzas_total', { direction, stanza }),
        oversized: (name, attrs) => host.log.warn('stanza over the size limit skipped', { name, from: attrs.from }),
      },
    );
    this.chats = new Chats({ host, wire: this.wire, inbox: this.inbox, domain });
    this.letters = new Letters({ host, wire: this.wire, deviceOf: (peer) => this.chats.deviceOf(peer) });
  }

  async start(): Promise<void> {
    this.watch = setInterval(() => {
      const now = Date.now();
      for (const stay of this.stays.values()) void stay.watchOver(now);
    }, watchMs);
    this.watch.unref();
    await this.wire.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.watch);
    this.nap.wake();
    this.chats.stop();
    const busy = (): boolean => !this.letters.idle || [...this.stays.values()].some((stay) => !stay.room.outbox.idle);
    for (let waited = 0; busy() && waited < finishMs; waited += 20) await sleep(20);
    for (const stay of this.stays.values()) stay.close();
    // Nothing more may come in behind what is stored last.
    await this.wire.stop();
    await this.inbox.stop(drainMs);
  }

  async attach(at: Endpoint, from: string | undefined, wish?: Wish): Promise<Attached | Refused> {
    const jid = at.address.native;
    if (at.settings.direct) {
      this.chats.attach(at);
      return { kind: 'attached', warnings: [] };
    }
    if (!(await this.online(from === undefined ? firstLinkMs : undefined))) {
      return { kind: 'refused', why: reason('unreachable', 'the link to our own server is down') };
    }
    if (this.stays.get(jid)?.over === false)
      return { kind: 'refused', why: reason('already-linked', 'this room is linked already: unlink it first') };
    const part = { at, jid, host: this.host, wire: this.wire, inbox: this.inbox, listener: this.listener };
    const stay = new Stay(part, this.config.nick, this.pace);
    this.stays.set(jid, stay);
    const result = await stay.attach(from, wish);
    if (result.kind === 'refused' && this.stays.get(jid) === stay) this.stays.delete(jid);
    return result;
  }

  async detach(at: Endpoint): Promise<void> {
    if (at.settings.direct) return this.chats.detach(at);
    const stay = this.stays.get(at.address.native);
    this.stays.delete(at.address.native);
    await stay?.detach();
  }

  capabilities(at: Endpoint): Capabilities {
    if (at.settings.direct) return directCapabilities;
    const room = this.stays.get(at.address.native)?.room;
    return capabilitiesOf({ archive: room?.facts.archive ?? false, window: room?.outbox.window ?? fullWindow });
  }

  ghostFor(person: Person): Address {
    const local = ghostLocal(person);
    return { uri: imUri(local, this.config.domain), native: `${local}@${this.config.domain}` };
  }

  direct(pair: Pair): Address | undefined {
    const peer = split(pair.peer);
    const isPerson = peer?.local !== undefined && peer.resource === undefined && peer.domain !== this.config.domain;
    return isPerson ? addressOf(pair) : undefined;
  }

  async deliver(job: Delivery): Promise<Outcome> {
    const stay = this.stays.get(job.at.address.native);
    const { direct } = job.at.settings;
    if (!this.ready) return { kind: 'retry', why: reason('unreachable', 'the link is down'), scope: 'network', done: job.done };
    if (direct) return this.letters.deliver(job, direct);
    if (!stay) {
      return {
        kind: 'retry',
        why: reason('unreachable', 'this room is not attached'),
        scope: 'endpoint',
        done: job.done,
        afterMs: 2000,
      };
    }
    if (job.as) this.named(job.as.address.native, job.as.name);
    return stay.room.outbox.deliver(job);
  }

  async recover(at: Endpoint, doubtful: readonly Delivery[]): Promise<Outcome[]> {
    const stay = this.stays.get(at.address.native);
    if (stay) return recover(stay, doubtful);
    // Nobody can be asked: it is sent again, under the same id.
    if (at.settings.direct) return doubtful.map(() => unseen);
    return doubtful.map(() => ({ kind: 'unknown', why: reason('unreachable', 'this room is not attached') }));
  }

  async reread(octets: string): Promise<boolean> {
    const el = parseXml(octets);
    const room = this.stays.get((el.attrs.from ?? '').split('/')[0] ?? '')?.room;
    const item = room && inboundOf(room, { el, sender: room.speaker(el, false) });
    if (item?.kind !== 'event') return false;
    await this.host.accept([item]);
    return true;
  }

  async tell(to: Ref, status: Status): Promise<void> {
    const { direct } = to.at.settings;
    if (direct) return void this.wire.send(this.letters.tell(to, status, direct));
    const room = this.stays.get(to.at.address.native)?.room;
    const message = room && whisper(room, this.listener, to, status);
    if (message) this.wire.send(message);
  }

  /** What a check of the running bridge may use. */
  get open(): { readonly stream: Stream; readonly isOnline: boolean; readonly trouble: string | undefined } {
    const { wire, trouble, config } = this;
    const stream: Stream = { domain: config.domain, iq: (el, ms) => wire.iq(el, ms) };
    return { stream, isOnline: this.ready, trouble };
  }

  /** The listener is in this room now. */
  isIn(room: string): boolean {
    return this.stays.get(room)?.room.state === 'in';
  }

  private stanza(el: El): void {
    if (el.name === 'iq') return this.query(el);
    const stay = this.stays.get(placeOf(el.attrs.from).room);
    if (stay?.room.stanza(el)) return;
    if (!stay && el.name === 'message' && this.message(el)) return;
    const answer = strayAnswer(el);
    if (answer) this.wire.send(answer);
  }

  /** False: it is for nobody. */
  private message(el: El): boolean {
    const { type } = el.attrs;
    if (type === 'error') return this.letters.bounced(el);
    return (type === undefined || type === 'chat' || type === 'normal') && !isPrivate(el) && this.chats.message(el);
  }

  private query(iq: El): void {
    // Our own questions never come here: somebody else is connected for our domain, and what he was given meanwhile we lack.
    if (iq.attrs.type === 'get' && iq.attrs.from === this.config.domain) return this.wire.reset(notAlone);
    const answer = answerTo(iq, this.asked(placeOf(iq.attrs.to).room));
    if (answer) this.wire.send(answer);
  }

  private asked(bare: string): Asked {
    if (bare === this.config.domain) return { kind: 'domain', name: 'Rialto' };
    if (bare === placeOf(this.listener).room) return { kind: 'listener', name: this.config.nick };
    return { kind: 'ghost', name: this.names.get(bare) };
  }

  /**
   * Each occupant of ours gets a copy of each line. The listener's is the one that counts; the others end before a tree is built.
   */
  private wanted(name: string, attrs: Readonly<Record<string, string>>): boolean {
    return name !== 'message' || attrs.type !== 'groupchat' || attrs.to === this.listener;
  }

  private state(state: 'up' | 'connecting' | 'down', why?: Parameters<Host['state']>[1]): void {
    this.host.log.info('stream', { state, ...(why === undefined ? {} : { why: why.code }) });
    if (this.stopped) return;
    if (state === 'down') this.trouble = why?.text;
    this.ready = false;
    this.links += 1;
    if (state === 'up') return void this.linked(this.links);
    for (const stay of this.stays.values()) stay.down();
    this.letters.down();
    this.host.state(state, why);
  }

  private async linked(link: number): Promise<void> {
    const alone = await isAlone(this.wire, this.config.domain);
    if (link !== this.links || this.stopped) return;
    if (!alone) return this.wire.reset(notAlone);
    this.ready = true;
    this.trouble = undefined;
    this.nap.wake();
    for (const stay of this.stays.values()) stay.online();
    this.host.state('up');
  }

  /** Resolves when we are ready: true. Without a limit it waits until we stop. */
  private async online(ms: number | undefined): Promise<boolean> {
    const until = ms === undefined ? Number.POSITIVE_INFINITY : Date.now() + ms;
    while (!this.ready && !this.stopped && Date.now() < until) {
      await this.nap.sleep(Math.min(until - Date.now(), firstLinkMs));
    }
    return this.ready && !this.stopped;
  }

  private named(bare: string, name: string): void {
    this.names.delete(bare);
    this.names.set(bare, name);
    if (this.names.size <= namesKept) return;
    const oldest = this.names.keys().next().value;
    if (oldest !== undefined) this.names.delete(oldest);
  }
}
