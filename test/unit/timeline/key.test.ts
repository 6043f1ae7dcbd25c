import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Keys } from '../../../src/timeline/key.ts';

describe('keys after the salt has changed', () => {
  const secret = Buffer.alloc(32, 7);
  const before = new Keys({ salt: 'aaaaaaaa', secret });
  const waiting = [
    { endpoint: 4, upto: 10, salt: 'aaaaaaaa' },
    { endpoint: 4, upto: 20, salt: 'bbbbbbbb' },
  ];
  const after = new Keys({ salt: 'cccccccc', secret, past: ['aaaaaaaa', 'bbbbbbbb'], waiting });

  test('a line that was waiting keeps its key, a new one has a new one', () => {
    expect(after.make({ endpoint: 4, seq: 10 })).toBe(before.make({ endpoint: 4, seq: 10 }));
    expect(after.make({ endpoint: 4, seq: 11 })).toMatch(/^bbbbbbbb-/);
    expect(after.make({ endpoint: 4, seq: 21 })).toMatch(/^cccccccc-/);
    expect(after.make({ endpoint: 5, seq: 1 })).toMatch(/^cccccccc-/);
  });

  test('all of them are ours; only those of lines we have mean a delivery', () => {
    expect(after.read(before.make({ endpoint: 4, seq: 9 }))).toEqual({ endpoint: 4, seq: 9 });
    for (const id of [
      { endpoint: 4, seq: 11 },
      { endpoint: 5, seq: 1 },
    ]) {
      expect(after.isOurs(before.make(id))).toBe(true);
      expect(after.read(before.make(id))).toBeUndefined();
      expect(after.read(after.make(id))).toEqual(id);
    }
    const forged = before.make({ endpoint: 4, seq: 9 }).replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect(after.isOurs(forged)).toBe(false);
    expect(after.isOurs(new Keys({ salt: 'dddddddd', secret }).make({ endpoint: 4, seq: 9 }))).toBe(false);
  });
});

test.each([0, 1, 32, 64, 65, 200])('the mac of a key is HMAC-SHA256, with a secret of %d octets too', (length) => {
  const secret = Buffer.alloc(length, 0xa5);
  const key = new Keys({ salt: 'aaaaaaaa', secret }).make({ endpoint: 123_456, seq: 7_890_123 });
  const mac = createHmac('sha256', secret).update(key.slice(0, -17)).digest('hex');
  expect(key.slice(-16)).toBe(mac.slice(0, 16));
});
