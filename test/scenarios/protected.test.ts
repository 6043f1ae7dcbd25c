import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Opaque } from '../../src/cpim/envelope.ts';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { linkedRooms } from '../support/linked.ts';
import { hasOpenssl, missingOpenssl, Signer } from '../support/openssl.ts';

const part =
  'Content-Type: Message/CPIM\r\n\r\nFrom: <im:juliet@example.com>\r\nTo: <im:romeo@example.net>\r\n\r\nContent-Type: text/plain\r\n\r\nWherefore?\r\n';

const objectOf = (sort: Opaque['sort'], entity: string): Opaque => ({
  kind: 'opaque',
  sort,
  mediaType: 'message/rfc822',
  base64: Buffer.from(entity).toString('base64'),
  label: 'a message of S/MIME',
});
const sum = (entity: string | Buffer): string => createHash('sha256').update(entity).digest('hex');

missingOpenssl('protected objects through the timeline');
(hasOpenssl ? describe : describe.skip).each(testDatabases())('protected objects on $name', (engine) => {
  test('VE2E-1 cross the timeline octet by octet: what was signed verifies, what was encrypted opens', async () => {
    const juliet = new Signer();
    const { alpha, beta, close } = await linkedRooms(engine);
    const came: Buffer[] = [];
    beta.on = ({ envelope: { payload } }) => {
      if (payload.kind === 'opaque') came.push(Buffer.from(payload.base64, 'base64'));
      return undefined;
    };
    const sent = [juliet.sign(part), juliet.sign(part, '-nodetach'), juliet.encrypt(part, 'aes-128-gcm')];
    for (const entity of sent) await alpha.says('alpha/a', 'Juliet', objectOf('signed', entity));
    await eventually('all have come', () => came.length === sent.length);
    expect(came.map(sum)).toEqual(sent.map(sum));
    const [clear, opaque, encrypted] = came as [Buffer, Buffer, Buffer];
    expect([juliet.verified(clear), juliet.verified(opaque), juliet.decrypted(encrypted)]).toEqual([part, part, part]);
    juliet.close();
    await close();
  });
});

describe.each(testDatabases())('a place that cannot take protected objects, on $name', (engine) => {
  test('VE2E-3 gets nothing of one, and its sender is told', async () => {
    const { town, alpha, close } = await linkedRooms(engine, { beta: { levels: { opaque: 'rejected' } } });
    await alpha.says('alpha/a', 'Juliet', objectOf('encrypted', 'Content-Type: application/pkcs7-mime\r\n\r\nsecret words'));
    await alpha.says('alpha/a', 'Juliet', 'hello');
    await eventually('she is told', () => town.place('alpha/a').told.length === 1);
    await eventually('the next is heard', () => town.heard('beta/b').length > 0);
    expect(town.heard('beta/b')).toEqual(['Juliet: hello']);
    expect(town.place('alpha/a').told).toMatchObject([{ kind: 'refused', where: 'beta/b' }]);
    await close();
  });
});
