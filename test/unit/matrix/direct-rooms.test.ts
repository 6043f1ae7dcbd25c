import { expect, test } from '@jest/globals';
import { type DirectIn, DirectRooms, directPlace } from '../../../src/networks/matrix/rooms/direct.ts';
import { Room, Rooms } from '../../../src/networks/matrix/rooms/rooms.ts';
import type { Endpoint, Ghost } from '../../../src/networks/network.ts';

const pair = { peer: '@alice:example.org', ghost: '@_rialto_juliet:example.org' };
const ghost: Ghost = { id: 1, name: 'Juliet', address: { native: pair.ghost, uri: 'im:juliet' } };
const at: Endpoint = {
  id: 7,
  room: 7,
  network: 'm',
  address: directPlace(pair) ?? { native: '', uri: '' },
  settings: { seats: 'speak', direct: pair },
};

/** A homeserver that remembers which rooms were made, and in what state. */
class Homeserver {
  readonly made: { readonly peer: string; readonly ghost: string }[] = [];
  readonly notes = new Map<string, string>();
  /** The process dies instead of noting where the room is. */
  dies = false;

  /** A process of the bridge. */
  rooms(): DirectRooms {
    const notes = {
      get: async (key: string) => this.notes.get(key),
      set: async (key: string, value: string) => void this.notes.set(key, value),
    };
    const host = {
      notes,
      isOwner: () => true,
      log: { warn: () => {} },
      moved: async () => {
        if (this.dies) throw new Error('killed');
      },
    };
    const client = {
      call: async (_method: string, path: string, { body }: { body?: { initial_state: { content: object }[] } } = {}) =>
        this.answer(path, body?.initial_state[0]?.content),
    };
    const accounts = { ensure: async () => ({ name: 'Juliet' }) };
    const parts = { host, client, accounts, people: {}, rooms: new Rooms(notes, () => {}), config: {} };
    return new DirectRooms(parts as unknown as DirectIn);
  }

  private answer(path: string, made: object | undefined): object {
    if (path.includes('/profile/')) return { kind: 'ok', body: {} };
    if (path.endsWith('/createRoom')) return { kind: 'ok', body: { room_id: `!r${this.made.push(made as never)}:example.org` } };
    if (path.endsWith('/joined_rooms')) {
      return { kind: 'ok', body: { joined_rooms: ['!other:example.org', ...this.made.map((_, n) => `!r${n + 1}:example.org`)] } };
    }
    const state = this.made[Number(/!r(\d+)/.exec(decodeURIComponent(path))?.[1]) - 1];
    return state ? { kind: 'ok', body: state } : { kind: 'fault', status: 404, errcode: 'M_NOT_FOUND', text: '' };
  }
}

test('the first line makes the room, two at once make one', async () => {
  const homeserver = new Homeserver();
  const rooms = homeserver.rooms();
  const both = await Promise.all([rooms.open(at, pair, ghost), rooms.open(at, pair, ghost)]);
  expect(both.map((room) => room instanceof Room && room.id)).toEqual(['!r1:example.org', '!r1:example.org']);
  expect(homeserver.made).toEqual([pair]);
});

test('a process that dies between making a room and noting it leaves no second one behind', async () => {
  const homeserver = new Homeserver();
  homeserver.dies = true;
  await expect(homeserver.rooms().open(at, pair, ghost)).rejects.toThrow('killed');
  homeserver.dies = false;
  const room = await homeserver.rooms().open(at, pair, ghost);
  expect(room instanceof Room && room.id).toBe('!r1:example.org');
  expect(homeserver.made).toHaveLength(1);
});
