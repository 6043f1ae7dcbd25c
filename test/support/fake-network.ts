import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Address } from '../../src/cpim/address.ts';
import type { Capabilities } from '../../src/cpim/capabilities.ts';
import { type Envelope, features, type Id, type Payload } from '../../src/cpim/envelope.ts';
import type { Reason } from '../../src/cpim/reasons.ts';
import type {
  Attached,
  Delivery,
  Endpoint,
  Ghost,
  Host,
  Inbound,
  Neighbour,
  Network,
  Outcome,
  Pair,
  Person,
  Protocol,
  Ref,
  Refused,
  Sender,
  Status,
  Verdict,
  Wish,
} from '../../src/networks/network.ts';

/** One line as the members of a place hear it. */
export interface Heard {
  readonly key: string;
  readonly by: string;
  readonly text: string;
}

export interface FakeOptions {
  readonly window?: number;
  readonly levels?: Partial<Capabilities['features']>;
  /** As `Protocol.side`. */
  readonly side?: string;
}

/** A place outside of us: it outlives a crash of the bridge, as a real server does. */
export class FakePlace {
  readonly lines: Heard[] = [];
  readonly told: Status[] = [];
  readonly present = new Set<string>();
}

/** A network that does what it is told: the fake of something outside, not of our own code. */
export class FakeNetwork implements Network {
  readonly host: Host;
  readonly places: Map<string, FakePlace>;
  readonly attached = new Map<string, Endpoint>();
  /** Decides what becomes of a delivery; undefined: it is sent. May be slow. */
  on: ((job: Delivery) => Promise<Outcome | undefined> | Outcome | undefined) | undefined;
  refuses: Refused | undefined;
  /** Called before a place is entered; may be slow. */
  onAttach: ((at: Endpoint) => Promise<void>) | undefined;
  /** What each place was last told of the others in its room. */
  readonly neighbours = new Map<string, string[]>();
  echoes = true;
  /** It cannot be reached when it is started. */
  isAway = false;
  recovers = 0;
  private readonly options: FakeOptions;

  constructor(host: Host, places: Map<string, FakePlace>, options: FakeOptions) {
    this.host = host;
    this.places = places;
    this.options = options;
  }

  async start(): Promise<void> {
    this.host.state(this.isAway ? 'down' : 'up');
  }

  async stop(): Promise<void> {}

  async attach(at: Endpoint, _from: string | undefined, wish?: Wish): Promise<Attached | Refused> {
    const { refuses } = this;
    await this.onAttach?.(at);
    if (refuses && !(refuses.unless && wish?.accept.includes(refuses.unless))) return refuses;
    this.attached.set(at.address.native, at);
    return { kind: 'attached', warnings: [] };
  }

  async beside(at: Endpoint, others: readonly Neighbour[]): Promise<void> {
    this.neighbours.set(
      at.address.native,
      others.map(({ protocol, address }) => `${protocol}: ${address.native}`),
    );
  }

  async detach(at: Endpoint): Promise<void> {
    this.attached.delete(at.address.native);
    this.place(at).present.clear();
  }

  capabilities(): Capabilities {
    const full = Object.fromEntries(features.map((feature) => [feature, 'full'])) as Capabilities['features'];
    return { features: { ...full, ...this.options.levels }, window: this.options.window ?? 1, proof: 'accepted', archive: true };
  }

  ghostFor(person: Person): { uri: string; native: string } {
    const native = `ghost-of-${person.network}-${person.key}`;
    return { native, uri: `im:${encodeURIComponent(native)}@fake` };
  }

  direct({ peer, ghost }: Pair): Address | undefined {
    return peer.startsWith('nobody') ? undefined : { native: `${peer} ${ghost}`, uri: `im:${encodeURIComponent(peer)}@fake` };
  }

  /** Somebody who is native here writes to the ghost of `other`, who is native to another network. */
  async writes(
    peer: string,
    other: { readonly network: string; readonly native: string },
    text: string,
  ): Promise<Verdict[] | Reason> {
    const ghost = `ghost-of-${other.native}`;
    const address = { native: `${peer} ${ghost}`, uri: `im:${encodeURIComponent(peer)}@fake` };
    const met = await this.host.meet({ address, pair: { peer, ghost }, peer: person(peer), other });
    if ('code' in met) return met;
    return this.host.accept([event(met, peer, text, { id: randomUUID() })]);
  }

  async deliver(job: Delivery): Promise<Outcome> {
    const decided = await this.on?.(job);
    if (decided) return decided;
    return this.hear(job);
  }

  /** What the place does with a delivery that reaches it: equal keys are one line. */
  async hear(job: Delivery): Promise<Outcome & { kind: 'sent' }> {
    const place = this.place(job.at);
    const ids: Id[] = [{ kind: 'event', value: `e-${job.key}`, strong: true }];
    if (!place.lines.some((line) => line.key === job.key)) {
      place.lines.push({ key: job.key, by: job.as?.name ?? 'Rialto', text: textOf(job.envelope.payload) });
    }
    if (job.as) {
      if (!place.present.has(job.as.name)) await this.host.seats.keep(job.at, { ghost: job.as as Ghost, nick: job.as.name });
      place.present.add(job.as.name);
    }
    if (this.echoes) void this.host.accept([{ kind: 'echo', at: job.at, key: job.key, part: 0, ids }]).catch(() => undefined);
    return { kind: 'sent', proof: 'accepted', parts: [{ part: 0, ids }] };
  }

  async recover(at: Endpoint, doubtful: readonly Delivery[]): Promise<Outcome[]> {
    this.recovers += 1;
    return doubtful.map((job): Outcome => {
      const there = this.place(at).lines.some((line) => line.key === job.key);
      if (!there) return { kind: 'retry', why: { code: 'timeout' }, scope: 'entry', done: [] };
      return {
        kind: 'sent',
        proof: 'accepted',
        parts: [{ part: 0, ids: [{ kind: 'event', value: `e-${job.key}`, strong: true }] }],
      };
    });
  }

  /** What it parks is an inbound event in JSON. */
  async reread(octets: string): Promise<boolean> {
    const item = JSON.parse(octets) as Inbound;
    if (item.kind !== 'event') return false;
    await this.host.accept([item]);
    return true;
  }

  async tell(to: Ref, status: Status): Promise<void> {
    this.place(to.at).told.push(status);
  }

  /** Somebody who is native there says something. */
  says(
    native: string,
    name: string,
    payload: Payload | string,
    given: { id?: string; extra?: Partial<Envelope> } = {},
  ): Promise<Verdict[]> {
    const at = this.attached.get(native);
    if (!at) throw new Error(`${native} is not attached`);
    const id = given.id ?? randomUUID();
    return this.host.accept([event(at, name, payload, { id, ...given })]);
  }

  endpoint(native: string): Endpoint {
    const at = this.attached.get(native);
    if (!at) throw new Error(`${native} is not attached`);
    return at;
  }

  private place(at: Endpoint): FakePlace {
    const place = this.places.get(at.address.native) ?? new FakePlace();
    this.places.set(at.address.native, place);
    return place;
  }
}

export function person(name: string): Sender {
  return { key: `key:${name}`, weak: false, name };
}

export function event(
  at: Endpoint,
  name: string,
  payload: Payload | string,
  given: { id: string; extra?: Partial<Envelope> },
): Inbound & { kind: 'event' } {
  const envelope: Envelope = {
    id: randomUUID(),
    from: { uri: 'im:somebody@fake', name },
    to: { uri: at.address.uri },
    time: new Date().toISOString(),
    payload: typeof payload === 'string' ? { kind: 'text', manner: 'plain', text: payload } : payload,
    trace: [],
    extensions: [],
    degradations: [],
    ...given.extra,
  };
  return { kind: 'event', at, ids: [{ kind: 'event', value: given.id, strong: true }], from: person(name), envelope };
}

function textOf(payload: Payload): string {
  if (payload.kind === 'text') return payload.manner === 'emote' ? `* ${payload.text}` : payload.text;
  if (payload.kind === 'membership') return `(${payload.change} ${payload.name})`;
  return `[${payload.kind}]`;
}

/** A protocol whose networks the test can reach. */
export function fakeProtocol(name: string, places: Map<string, FakePlace>, options: FakeOptions = {}) {
  const made: FakeNetwork[] = [];
  const protocol: Protocol = {
    name,
    config: z.strictObject({}),
    ...(options.side ? { side: options.side } : {}),
    metrics: [{ name: `rialto_${name}_cheers_total`, help: 'Cheers', labels: ['by'] }],
    parse: (text) => (text.startsWith(`${name}/`) ? { native: text, uri: `im:${encodeURIComponent(text)}@${name}` } : undefined),
    snippets: () => [],
    async *check(_config, { rooms, running }) {
      yield { code: 'fake', verdict: 'ok', evidence: `${running ? 'running' : 'stopped'}, ${rooms.length} rooms` };
    },
    connect: (_config, host) => {
      const network = new FakeNetwork(host, places, options);
      made.push(network);
      return network;
    },
  };
  return { protocol, network: () => made.at(-1) as FakeNetwork };
}
