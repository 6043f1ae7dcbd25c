import { join } from 'node:path';
import { Method, RoomEvent, RoomMemberEvent } from 'matrix-js-sdk';
import type { Talk } from '../bench/delivery/stand-in.ts';
import { DIRECT, isDirect, isRetracted, line, lineId, Tally } from '../bench/delivery/tally.ts';
import { MatrixPerson } from '../lab/matrix-person.ts';
import { sleep } from '../lab/process.ts';
import type { Settings } from '../lab/settings.ts';
import { Synapse } from '../lab/synapse.ts';
import type { MatrixSide } from './homeservers.ts';
import type { Seen } from './ledger.ts';

interface Room {
  readonly id: string;
  readonly number: number;
  /** The last line of each person that is no edit, by user id. */
  readonly said: Map<string, string>;
}

interface Saying {
  readonly run: number;
  readonly number: number;
  readonly mixed: boolean;
}

type Content = Readonly<Record<string, unknown>>;

const SPEAKERS = 2;
/** So long a person tries to say one line, whatever becomes of the homeserver meanwhile. */
const PATIENCE_MS = 180_000;

/** A real Synapse, and two people in all of its rooms; what the first of them is shown by matrix-js-sdk is what counts. */
export class SynapseSide implements MatrixSide {
  readonly port: number;
  private readonly synapse: Synapse;
  private readonly people: readonly MatrixPerson[];
  private readonly rooms: readonly Room[];
  private readonly direct = new Map<string, Room>();
  private readonly tally = new Tally();
  private readonly offered = new Map<number, number>();

  private constructor(synapse: Synapse, port: number, people: readonly MatrixPerson[], rooms: readonly Room[]) {
    this.synapse = synapse;
    this.port = port;
    this.people = people;
    this.rooms = rooms;
    for (const [n, person] of people.entries()) this.watch(person, DIRECT + n);
  }

  /** The first of them is the one who counts; in their direct chats everybody is. Whoever is invited comes. */
  private watch(person: MatrixPerson, chat: number): void {
    const own = new Set(this.people.map((one) => one.userId));
    const seen = new Set<string>();
    person.client.on(RoomEvent.Timeline, (event, room, toStart) => {
      const id = event.getId() ?? '';
      const counts = person === this.people[0] || this.direct.get(room?.roomId ?? '')?.number === chat;
      if (!counts || toStart === true || own.has(event.getSender() ?? '') || seen.has(id)) return;
      seen.add(id);
      // As it was said: the library shows an edited line in its last words.
      const { body } = event.getOriginalContent();
      if (typeof body === 'string') this.tally.see(body);
    });
    person.client.on(RoomMemberEvent.Membership, (_, { userId, membership, roomId }) => {
      if (userId !== person.userId || membership !== 'invite') return;
      // A sync that is under way would tell the library of the invitation after the join.
      void sleep(500)
        .then(() => person.join(roomId))
        .then(() => this.direct.set(roomId, { id: roomId, number: chat, said: new Map() }));
    });
  }

  static async at(settings: Settings, python: string, rooms: number): Promise<SynapseSide> {
    const { folder, ports, secret, asToken, hsToken, matrixDomain: domain } = settings;
    const bridge = `http://127.0.0.1:${ports.rialto}`;
    const place = { folder: join(folder, 'synapse'), python, port: ports.synapse, domain };
    const synapse = new Synapse({ ...place, secret, bridge, asToken, hsToken });
    try {
      await synapse.start();
      const people: MatrixPerson[] = [];
      for (const { name, password } of settings.matrixUsers.slice(0, SPEAKERS)) {
        await synapse.addUser(name, password);
        people.push(await MatrixPerson.login({ name, password, url: synapse.url, domain }));
      }
      const made = await makeRooms(people, rooms, `@rialto:${domain}`);
      return new SynapseSide(synapse, ports.synapse, people, made);
    } catch (error) {
      await synapse.stop();
      throw error;
    }
  }

  async begin(run: number): Promise<void> {
    this.tally.start(run);
    this.offered.clear();
  }

  /** Each room's lines one after the other, so that the homeserver has them in the order of their numbers. */
  async push({ run, rooms, from, total, perSecond, mixed }: Talk): Promise<void> {
    const started = performance.now();
    const talk = async (room: Room, nth: number): Promise<void> => {
      for (let n = nth, number = from; n < total; n += rooms, number += 1) {
        await sleep(Math.max(0, started + (n / perSecond) * 1000 - performance.now()));
        await this.speak(room, { run, number, mixed: mixed === true });
      }
    };
    await Promise.all([...this.rooms.slice(0, rooms), ...this.direct.values()].map(talk));
  }

  friends(count: number): readonly string[] {
    return this.people.slice(0, count).map(({ userId }) => userId);
  }

  async chats(): Promise<number> {
    return this.direct.size;
  }

  async times(): Promise<Seen> {
    return { offered: [...this.offered], told: [], ...this.tally.times() };
  }

  async die(ms: number): Promise<void> {
    await this.synapse.kill();
    await sleep(ms);
    await this.synapse.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.people.map((person) => person.close()));
    await this.synapse.stop();
  }

  private async speak(room: Room, { run, number, mixed }: Saying): Promise<void> {
    const first = isDirect(room.number) ? room.number - DIRECT : number;
    const [sender, other] = [0, 1].map((n) => this.people[(first + n) % SPEAKERS]);
    if (!sender || !other) throw new Error('nobody is there to speak');
    const id = lineId(room.number, number);
    const content = { msgtype: 'm.text', body: line(run, room.number, number) };
    const edited = mixed && number % 10 === 4 ? room.said.get(sender.userId) : undefined;
    const edit = { 'm.new_content': content, 'm.relates_to': { rel_type: 'm.replace', event_id: edited } };
    const event = await put(sender, room, `send/m.room.message/${id}`, edited === undefined ? content : { ...content, ...edit });
    if (edited === undefined) room.said.set(sender.userId, event);
    this.offered.set(id, 1);
    // Two people in the same words, under the same client's id.
    if (mixed && number % 10 === 7 && !isDirect(room.number)) {
      await put(other, room, `send/m.room.message/${id}`, content);
      this.offered.set(id, 2);
    }
    if (mixed && isRetracted(number)) await put(sender, room, `redact/${encodeURIComponent(event)}/${id}`, {});
  }
}

async function makeRooms(people: readonly MatrixPerson[], count: number, bridge: string): Promise<Room[]> {
  const rooms: Room[] = [];
  for (let number = 0; number < count; number += 1) {
    const [creator, ...others] = people;
    const id = (await creator?.createRoom(`b${number}`, [bridge])) ?? '';
    for (const person of others) await person.join(id);
    rooms.push({ id, number, said: new Map() });
  }
  return rooms;
}

/** As a client does: again under the same transaction id until the homeserver says that it has it. The id of the event. */
async function put(person: MatrixPerson, room: Room, what: string, content: Content): Promise<string> {
  const path = `/rooms/${encodeURIComponent(room.id)}/${what}`;
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    try {
      return (await person.client.http.authedRequest<{ event_id: string }>(Method.Put, path, undefined, content)).event_id;
    } catch (error) {
      const { httpStatus } = error as { httpStatus?: number };
      const isRefused = httpStatus !== undefined && httpStatus < 500;
      if (isRefused || Date.now() > end) throw error;
      await sleep(200);
    }
  }
}
