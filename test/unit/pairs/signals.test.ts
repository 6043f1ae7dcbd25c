import { describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import { signalFromCpim, signalToCpim } from '../../../src/cpim/carry/signal.ts';
import { formatImdn, parseImdn } from '../../../src/cpim/notification/imdn.ts';
import { formatPidf } from '../../../src/cpim/presence/format-pidf.ts';
import { parsePidf } from '../../../src/cpim/presence/parse-pidf.ts';
import type { Receipt, Signal } from '../../../src/cpim/signal.ts';
import { notifyToPresence } from '../../../src/networks/xmpp/cpim/from-cpp.ts';
import { imdnOf, receiptElement, receiptOf } from '../../../src/networks/xmpp/cpim/receipts.ts';
import { presenceToCpp } from '../../../src/networks/xmpp/cpim/to-cpp.ts';
import { frame } from './face.ts';

/** Signals between the protocols that have them, the same way: native → signal → Message/CPIM → signal → native. */

const { from, to, time, trace } = frame;
const heading = { from, to, time, trace };
const carried = <S extends Signal>(signal: S): S => {
  const kept = signalFromCpim(signalToCpim(signal));
  expect(kept).toEqual(signal);
  return kept as S;
};

type Told = Pick<Receipt, 'of' | 'status'>;
interface Teller {
  read(native: string): Receipt;
  write(receipt: Receipt): string;
}

const original = { messageId: 'm1', datetime: time };
const tellers: Readonly<Record<string, Teller>> = {
  xmpp: {
    read(native) {
      const [name, id] = native.split(' ');
      const xmlns = name === 'received' ? 'urn:xmpp:receipts' : 'urn:xmpp:chat-markers:0';
      const receipt = receiptOf(xml('message', {}, xml(name as string, { xmlns, id })));
      if (!receipt) throw new Error(native);
      const { type, status } = imdnOf(receipt, original);
      return {
        kind: 'receipt',
        ...heading,
        of: { kind: 'message-id', value: receipt.id, strong: false },
        sent: time,
        type,
        status,
      };
    },
    write({ type, status, of }) {
      const element = receiptElement({ ...original, type, status }, of.value);
      return `${element?.name} ${element?.attrs.id}`;
    },
  },
  sip: {
    read(native) {
      const { messageId, datetime, type, status } = parseImdn(native);
      return { kind: 'receipt', ...heading, of: { kind: 'imdn', value: messageId, strong: true }, sent: datetime, type, status };
    },
    write: ({ of, sent, type, status }) => formatImdn({ messageId: of.value, datetime: sent, type, status }),
  },
};
const natives: Readonly<Record<string, readonly string[]>> = {
  xmpp: ['received m1', 'displayed m1'],
  sip: (['delivery', 'display'] as const).map((type) =>
    formatImdn({ ...original, type, status: type === 'delivery' ? 'delivered' : 'displayed' }),
  ),
};
const told = ({ of, status }: Receipt): [string, Told['status']] => [of.value, status];

describe('receipts', () => {
  const pairs = Object.keys(tellers).flatMap((one) => Object.keys(tellers).map((other) => [one, other] as const));
  test.each(pairs)('from %s to %s', (one, other) => {
    for (const native of natives[one] ?? []) {
      const [here, there] = [tellers[one] as Teller, tellers[other] as Teller];
      const receipt = carried(here.read(native));
      const arrived = there.read(there.write(receipt));
      expect(told(arrived)).toEqual(told(receipt));
      expect(here.write(carried(arrived))).toBe(native);
    }
  });
});

describe('presence', () => {
  const stanzas = [
    xml('presence', {}),
    xml('presence', {}, xml('show', {}, 'dnd'), xml('status', {}, 'am *Arbeiten*'), xml('priority', {}, '5')),
    xml('presence', {}, xml('show', {}, 'away'), xml('status', { 'xml:lang': 'de' }, 'weg')),
    xml('presence', { type: 'unavailable' }, xml('status', {}, 'bye')),
  ];
  test.each(stanzas.map((stanza) => [stanza.toString(), stanza] as const))(
    'from xmpp to a document and back: %s',
    (_, stanza) => {
      Object.assign(stanza.attrs, { from: 'alice@example.org/phone', to: 'bob@example.net' });
      const notify = presenceToCpp(stanza, { profile: 'extended' });
      if (!notify || !('pidf' in notify)) throw new Error('no notify');
      const document = parsePidf(notify.pidf, 'jabber:client');
      const { document: arrived } = carried({ kind: 'presence', ...heading, document });
      const [back] = notifyToPresence({ ...notify, pidf: formatPidf(arrived, 'jabber:client') }, { profile: 'extended' });
      const shown = (el: typeof stanza): unknown[] => [
        el.attrs.type,
        el.getChildText('show'),
        el.getChildText('status'),
        el.getChildText('priority') ?? '0',
      ];
      expect(back && shown(back)).toEqual(shown(stanza));
    },
  );
});
