import xml, { type Element } from '@xmpp/xml';
import { hopsOf } from '../../../src/networks/xmpp/hop.ts';
import { Wire } from '../../../src/networks/xmpp/wire/wire.ts';
import { sleep, until } from '../../lab/process.ts';
import { line } from './tally.ts';

const WINDOW = 64;
const WARM_MS = 1000;
const MEASURE_MS = 4000;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export interface CeilingOptions {
  readonly port: number;
  /** A component of the server that nobody else uses. */
  readonly domain: string;
  readonly secret: string;
  /** Rooms that people are in already. */
  readonly rooms: readonly string[];
}

/** As long and as deep as what a bridge would say. */
function stanza(room: string, from: string, n: number): Element {
  const id = `ceilings-1-${n}-${'0'.repeat(16)}`;
  return xml(
    'message',
    { type: 'groupchat', from, to: room, id },
    xml('body', {}, line(0, 0, n)),
    xml('origin-id', { xmlns: 'urn:xmpp:sid:0', id }),
    ...hopsOf([], 'ceiling'),
  );
}

/**
 * How many lines a second the server's MUCs take from a component that does nothing else: one that listens and one that speaks in each
 * room, as a bridge has them, and no bridge. Everybody has left when it resolves.
 */
export async function mucCeiling({ port, domain, secret, rooms }: CeilingOptions): Promise<number> {
  const [ear, mouth] = [`ear@${domain}/1`, `mouth@${domain}/1`];
  const open = new Map(rooms.map((room) => [room, 0]));
  let [entered, reflected] = [0, 0];
  const wire = new Wire(
    { service: `xmpp://127.0.0.1:${port}`, domain, secret, log: silent },
    {
      wanted: (name, { to }) => name !== 'message' || to === ear,
      state: () => undefined,
      stanza: (el) => {
        if (el.name === 'presence') {
          const codes = el.getChild('x', 'http://jabber.org/protocol/muc#user')?.getChildren('status') ?? [];
          if (codes.some(({ attrs }) => attrs.code === '110')) entered += 1;
          return;
        }
        const [room = ''] = (el.attrs.from ?? '').split('/');
        if (el.getChildText('body') === null) return;
        reflected += 1;
        open.set(room, (open.get(room) ?? 1) - 1);
      },
    },
  );
  await wire.start();
  const present = (room: string, from: string, more: Record<string, string> = {}): unknown =>
    wire.send(
      xml(
        'presence',
        { from, to: `${room}/${from.split('@')[0]}`, ...more },
        xml('x', { xmlns: 'http://jabber.org/protocol/muc' }),
      ),
    );
  for (const room of rooms) for (const from of [ear, mouth]) present(room, from);
  await until('they are in', () => entered >= rooms.length * 2, { ms: 60_000 });
  let isOn = true;
  const speak = async (room: string): Promise<void> => {
    for (let n = 0; isOn; n += 1) {
      while (isOn && (open.get(room) ?? 0) >= WINDOW) await sleep(1);
      open.set(room, (open.get(room) ?? 0) + 1);
      wire.send(stanza(room, mouth, n));
      if (n % WINDOW === 0) await sleep(0);
    }
  };
  const speaking = Promise.all(rooms.map(speak));
  await sleep(WARM_MS);
  const [before, since] = [reflected, performance.now()];
  await sleep(MEASURE_MS);
  const rate = (reflected - before) / ((performance.now() - since) / 1000);
  isOn = false;
  await speaking;
  await until('all is said', () => [...open.values()].every((n) => n <= 0), { ms: 60_000 });
  for (const room of rooms) for (const from of [ear, mouth]) present(room, from, { type: 'unavailable' });
  await wire.barrier();
  await wire.stop();
  return Math.round(rate);
}
