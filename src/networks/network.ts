import type { ZodType } from 'zod';
import type { Address } from '../cpim/address.ts';
import type { Capabilities } from '../cpim/capabilities.ts';
import type { Envelope, Id } from '../cpim/envelope.ts';
import type { Reason } from '../cpim/reasons.ts';
import type { Finding, Snippet } from './finding.ts';
import type { HttpPort } from './http-port.ts';

/**
 * The contract between the core and one protocol. One protocol = one folder = one line in registry.ts.
 * Everything that crosses is plain JSON (the HTTP port apart), so that a connector may one day be another process.
 */
export interface Protocol<C = unknown> {
  /** Lower-case letters and digits: `xmpp`, `irc`. */
  readonly name: string;
  /**
   * Its part of the configuration: parser, types, example and schema at once; every key described. `.meta({ secret: true })` marks
   * a secret: `init` makes it, and `<key>File` may name a file with it. The first example of a key is what `init` offers.
   */
  readonly config: ZodType<C>;
  /** What people type for a room → canonical, or undefined if it is none of ours. Pure. */
  parse(text: string): Address | undefined;
  /** What has to be put into the servers for this configuration; `http` is where they reach us. Pure. */
  snippets(config: C, http: string): Snippet[];
  /**
   * What is wrong with this set-up, one finding after the other; the cause comes before what follows from it, and what cannot be
   * looked at because of it is skipped. Changes nothing that anybody would see. Never throws for what the wire says; at most 30 s.
   */
  check(config: C, context: CheckContext): AsyncIterable<Finding>;
  /** On which of the two sides that established dashboards know (`bridge_<side>_…`) it is counted. Absent: `remote`. */
  readonly side?: string;
  /** What it counts by itself, one more by each `host.count`: `rialto_<protocol>_…_total` or an established name; labels of few values. */
  readonly metrics?: readonly { readonly name: string; readonly help: string; readonly labels: readonly string[] }[];
  /** No I/O: the wire is opened by `start`. */
  connect(config: C, host: Host): Network;
}

/** A place here that is part of a room, by its canonical address, and the other places of that room. */
export interface LinkedRoom {
  readonly address: Address;
  readonly beside: readonly Neighbour[];
}

export interface CheckContext {
  /** The configured name of this network. */
  readonly network: string;
  readonly rooms: readonly LinkedRoom[];
  /** What `connect` gave, if the service runs: its wire is the one that is used, and no other is opened. */
  readonly running?: Network;
  /** Where the servers reach us by HTTP. */
  readonly url: string;
  /** Answers at the configured place as long as the check lasts; absent if the service runs (it answers itself), or nobody can. */
  readonly http?: HttpPort;
}

/** One configured attachment of a tenant to a protocol. */
export interface Network {
  /** Opens the wire. Rejects only with a ConfigurationError; an outage is retried for ever and shown by `host.state`. */
  start(): Promise<void>;
  /** Finishes what is in hand, says goodbye, closes; at most 10 s. Causes no join or leave that members would see for good. */
  stop(): Promise<void>;
  /**
   * Checks rights and enters with the listener; called when a link is made and for each active endpoint at every start. From
   * then on what happens there goes to `host.accept`, and a roster first of all. While the wire is down it waits for it (a
   * minute at most when the link is new). `from` says how far we already have seen: the newest strong id stored, or the start
   * marker; with it, what was missed is fetched from an archive where there is one, in order and once. `wish` comes with a new
   * link: what it would harm is refused unless it is accepted.
   */
  attach(at: Endpoint, from: string | undefined, wish?: Wish): Promise<Attached | Refused>;
  /**
   * These share the room with the endpoint now: told when a link is made, changed or cut. A place that can show it to others,
   * such as another bridge, does. Best effort.
   */
  beside?(at: Endpoint, others: readonly Neighbour[]): Promise<void>;
  /** Ghosts and listener leave. The endpoint is forgotten. */
  detach(at: Endpoint): Promise<void>;
  /** No I/O. */
  capabilities(at: Endpoint): Capabilities;
  /** Pure: the account here that stands for that person. Reversible if the person's address is public; collision-free always. */
  ghostFor(person: Person): Address;
  /**
   * Pure: the place where that native person and that ghost talk with nobody else. It need not be there yet: what has to be made
   * is made with the first delivery. Undefined: this can be nobody's id, or nobody is spoken to alone here.
   */
  direct?(pair: Pair): Address | undefined;
  /**
   * Called in seq order for each endpoint with at most `window` open. Never throws for what the wire says. A ghost that is not
   * seated takes its seat first (bounded: 20 s); one that cannot sit is `refused` or `retry` with scope `ghost`. Where the
   * place shows us what we send, `sent` is not resolved before that echo has been accepted: a marker must not jump over
   * somebody's line that came before it.
   */
  deliver(job: Delivery): Promise<Outcome>;
  /**
   * After a crash or an `unknown`: what became of these, asked once for all that is in doubt at an endpoint. 'retry' =
   * certainly not there, or safe to repeat.
   */
  recover(at: Endpoint, doubtful: readonly Delivery[]): Promise<Outcome[]>;
  /**
   * Takes what was parked as malformed once more, as it came: a newer program may understand it. It is said by whoever bears the
   * name now, where the wire gives no more than a name. False: it still cannot be read, and nothing was stored.
   */
  reread(octets: string): Promise<boolean>;
  /** Delayed, refused, relayed: told to the sender in his own protocol and words. Best effort, never bridged. */
  tell(to: Ref, status: Status): Promise<void>;
}

/** A room's place on one network. */
export interface Endpoint {
  readonly id: number;
  readonly room: number;
  readonly network: string;
  readonly address: Address;
  readonly settings: EndpointSettings;
}
export interface EndpointSettings {
  /** When ghosts of the other side enter: when they first speak, or all at once. */
  readonly seats: 'speak' | 'all';
  /** Only in a direct chat: who talks with whom. There is no listener, and nobody comes or goes. */
  readonly direct?: Pair;
}

/** A native person and the ghost that he talks to, by their own ids here. */
export interface Pair {
  readonly peer: string;
  readonly ghost: string;
}

/** Somebody native turns to one of our ghosts. */
export interface Meeting {
  /** Where they talk. */
  readonly address: Address;
  readonly pair: Pair;
  readonly peer: Sender;
  /** Who the ghost stands for: the configured name of his network, and his own id there. */
  readonly other: { readonly network: string; readonly native: string };
}

/**
 * What a link can be made in spite of, if the people who ask for it say so. `no-archive`: what is said during an outage is lost,
 * and a line may come twice. `other-bridge`: another bridge is in the room, and lines may go round for ever. `relay`: the people of
 * the other side cannot enter, the listener speaks for all of them.
 */
export const consents = ['no-archive', 'other-bridge', 'relay'] as const;
export type Consent = (typeof consents)[number];

/** Another endpoint of the same room. */
export interface Neighbour {
  readonly network: string;
  readonly protocol: string;
  readonly address: Address;
}

/** What is asked for with a new link. */
export interface Wish {
  readonly beside: readonly Neighbour[];
  readonly accept: readonly Consent[];
}

export interface Attached {
  readonly kind: 'attached';
  /** The canonical address, where it differs from the one asked for (an alias was given). */
  readonly address?: Address;
  /** Where the network stands now, in words of its own (an id, a time): what is older belongs to the time before the link. */
  readonly marker?: string;
  /** What the people who made the link should know: "no archive: lines said during an outage are lost". */
  readonly warnings: readonly string[];
  /** It works, but not fully; see `Host.trouble`. */
  readonly trouble?: Reason;
}
export interface Refused {
  readonly kind: 'refused';
  /** Its text says what is wrong and what to do about it, in one sentence. */
  readonly why: Reason;
  /** The link is made all the same if this is accepted. */
  readonly unless?: Consent;
}

/** A native person as a network knows him at one endpoint. */
export interface Sender {
  /**
   * Unique within the network, stable as long as the person is the same: the real address if it is public there, else
   * (room, occupant id), else (room, name), which is weak.
   */
  readonly key: string;
  readonly weak: boolean;
  readonly name: string;
  /** The real address, only if every member can see it. */
  readonly address?: Address;
}

/** A sender with the network he is native to: who a ghost stands for. */
export interface Person extends Omit<Sender, 'name'> {
  readonly network: string;
}

/** The account that we control on this network to stand for a person of another. */
export interface Ghost {
  readonly id: number;
  readonly address: Address;
  readonly name: string;
}

export interface Delivery {
  /** Stable over resends, unforgeable, never reused; letters, digits, `-` and `.`, at most 80. `host.isKey` knows ours. */
  readonly key: string;
  readonly at: Endpoint;
  /** Already degraded to what the endpoint can carry. */
  readonly envelope: Envelope;
  /** Absent: our own voice, the speaker's name already in the text (relay). */
  readonly as?: Ghost;
  /** Native ids here of what is edited, answered or reacted to. */
  readonly targets: readonly Ref[];
  /** Parts already out from an earlier try. */
  readonly done: readonly Sent[];
  /** Epoch milliseconds: give up then. */
  readonly deadline: number;
}

export interface Ref {
  readonly at: Endpoint;
  readonly ids: readonly Id[];
  /** The native person who said it, as the network gave him. */
  readonly author?: Sender;
}

export interface Sent {
  readonly part: number;
  readonly ids: readonly Id[];
}

export type Scope = 'entry' | 'ghost' | 'endpoint' | 'network';

export type Outcome =
  | { readonly kind: 'sent'; readonly parts: readonly Sent[]; readonly proof: 'accepted' | 'written' }
  | {
      readonly kind: 'retry';
      readonly why: Reason;
      readonly scope: Scope;
      readonly done: readonly Sent[];
      readonly afterMs?: number;
    }
  /** It may be out: only recover() decides. */
  | { readonly kind: 'unknown'; readonly why: Reason }
  /** Scope `ghost`: this ghost cannot speak here, the listener may. Scope `entry`: nobody can send this. */
  | { readonly kind: 'refused'; readonly why: Reason; readonly scope: 'entry' | 'ghost' };

export type Inbound =
  | {
      readonly kind: 'event';
      readonly at: Endpoint;
      readonly ids: readonly Id[];
      readonly from: Sender;
      readonly envelope: Envelope;
    }
  /** Everybody who is there now (our own ghosts and listener left out): after entering, and after every reconnect. */
  | { readonly kind: 'roster'; readonly at: Endpoint; readonly members: readonly Sender[] }
  /** A delivery that had ended well came back after all: its sender is told. Only with a key that `host.isKey` accepts. */
  | { readonly kind: 'late'; readonly at: Endpoint; readonly key: string; readonly why: Reason }
  /** Something of ours, seen on the wire: settles the copy. Only with a key that `host.isKey` accepts. */
  | { readonly kind: 'echo'; readonly at: Endpoint; readonly key: string; readonly part: number; readonly ids: readonly Id[] }
  /** Not understandable: kept with its bytes, so that nothing is lost and the rest goes on. */
  | { readonly kind: 'malformed'; readonly at?: Endpoint; readonly why: string; readonly octets: string };

export type Verdict =
  | { readonly kind: 'stored' }
  | { readonly kind: 'repeat' }
  | { readonly kind: 'parked' }
  | { readonly kind: 'refused'; readonly why: Reason };

export interface Status {
  readonly kind: 'delayed' | 'refused' | 'relayed';
  readonly why: Reason;
  /** Where it could not go as usual: the address of the other endpoint, as people write it. */
  readonly where: string;
}

/** What the core offers to a network: narrow ports, each implemented in its own folder. */
export interface Host {
  /** The configured name of this network. */
  readonly network: string;
  /** Names this install in hop traces. */
  readonly install: string;
  /** Resolves after the commit, in the order given; only then may the wire be acknowledged. Rejects if nothing was stored. */
  accept(batch: readonly Inbound[]): Promise<Verdict[]>;
  /**
   * False as long as the lease is in doubt: another process may have taken over while this one slept. Asked directly before a line
   * is written, with nothing awaited in between. Cheap, no I/O.
   */
  isOwner(): boolean;
  /** True for a delivery key of this install, whatever it was for. Cheap, no I/O. */
  isKey(text: string): boolean;
  count(metric: string, labels: Readonly<Record<string, string>>): void;
  /** Lanes rest while the network is not up. */
  state(state: 'up' | 'connecting' | 'down', why?: Reason): void;
  /** The newest strong id that came down an endpoint's wire and is stored, or the start marker that `attach` gave. */
  marker(at: Endpoint): Promise<string | undefined>;
  /** Which of these ids are stored at an endpoint, in the order given. */
  known(at: Endpoint, ids: readonly Id[]): Promise<boolean[]>;
  /**
   * The direct chat of these two: the one there is, or a new one. Durable when it resolves, so that nothing said there is lost or
   * finds another room. A reason: it cannot be had. Rejects if nobody can say now.
   */
  meet(meeting: Meeting): Promise<Endpoint | Reason>;
  /** The endpoint has another address from now on (a room was made for it); the one it had leads there too. Durable when it resolves. */
  moved(at: Endpoint, address: Address): Promise<void>;
  /** The endpoint can no longer be used: destroyed, we were banned. A direct chat ends by it. */
  gone(at: Endpoint, why: Reason): void;
  /** The endpoint goes on, but not all of it works; undefined: it does again. `links` shows it. */
  trouble(at: Endpoint, why: Reason | undefined): void;
  readonly seats: SeatBook;
  readonly notes: NoteBook;
  readonly http: HttpPort;
  readonly log: Log;
}

/** A ghost's place in a room and the name it was granted there. Survives a restart. */
export interface Seat {
  readonly ghost: Ghost;
  readonly nick: string;
}
export interface SeatBook {
  of(at: Endpoint): Promise<Seat[]>;
  keep(at: Endpoint, seat: Seat): Promise<void>;
  drop(at: Endpoint, ghost: Pick<Ghost, 'id'>): Promise<void>;
}

/** A network's own durable key-values (`network_state`). */
export interface NoteBook {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

/** A constant sentence and fields; never a body, never a secret. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The operator must change something before this can work; one sentence that says what. */
export class ConfigurationError extends Error {}
