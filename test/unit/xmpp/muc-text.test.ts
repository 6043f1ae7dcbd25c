import { afterEach, describe, expect, test } from '@jest/globals';
import type { Payload } from '../../../src/cpim/envelope.ts';
import { said } from '../../../src/networks/xmpp/features/table.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';
import { type Bench, bench, delivery, ghost } from './fake-muc.ts';

let one: Bench;
afterEach(() => one.stay.close());

/** The stanza that a payload becomes. */
async function written(payload: Payload): Promise<El | undefined> {
  one = bench();
  expect(await one.stay.attach(undefined)).toMatchObject({ kind: 'attached' });
  const job = delivery(ghost('Mats'), '');
  await one.stay.room.outbox.deliver({ ...job, envelope: { ...job.envelope, payload } });
  return one.muc.sent.find((el) => el.attrs.id === job.key);
}

test('nothing is written by a process that may have lost its lease while the ghost took its seat', async () => {
  one = bench();
  await one.stay.attach(undefined);
  const job = delivery(ghost('Mats'), 'hi');
  const delivering = one.stay.room.outbox.deliver(job);
  one.host.owns = false;
  expect(await delivering).toMatchObject({ kind: 'retry', scope: 'network' });
  expect(one.muc.sent.filter((el) => el.name === 'message')).toEqual([]);
  one.host.owns = true;
  expect(await one.stay.room.outbox.deliver(job)).toMatchObject({ kind: 'sent' });
});

describe('how a text is sent', () => {
  test('in several languages, as it would be read', async () => {
    const translations = [{ lang: 'de', text: 'winkt' }];
    const payload = { kind: 'text', manner: 'emote', text: 'waves', lang: 'en', translations } as const;
    const sent = await written(payload);
    expect(sent && said(sent)).toEqual({ payload });
    expect(sent?.getChildren('body').map((one) => one.attrs['xml:lang'])).toEqual([undefined, 'de']);
  });

  test.each<[payload: Payload, body: string, isUnstyled: boolean]>([
    [{ kind: 'text', manner: 'plain', text: 'so it is', spans: [{ style: 'strong', start: 3, end: 5 }] }, 'so *it* is', false],
    [{ kind: 'text', manner: 'plain', text: 'so *it* is' }, 'so *it* is', true],
    [{ kind: 'text', manner: 'plain', text: '> so\nyes' }, '> so\nyes', false],
    [{ kind: 'notice', text: 'a *b* c' }, 'a *b* c', true],
  ])(
    'formatting is written in marks, and what only looks like marks is called unstyled: %j',
    async (payload, body, isUnstyled) => {
      const sent = await written(payload);
      expect(sent?.getChildText('body')).toBe(body);
      expect(sent?.getChild('unstyled', 'urn:xmpp:styling:0') !== undefined).toBe(isUnstyled);
    },
  );
});
