import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CpimError } from '../../../src/cpim/error.ts';
import { readBer } from '../../../src/cpim/message/ber.ts';
import { classifyEntity } from '../../../src/cpim/message/smime.ts';

/** DER of a constructed or primitive value. */
function der(tag: number, ...content: Buffer[]): Buffer {
  const whole = Buffer.concat(content);
  const length = whole.length < 128 ? [whole.length] : [0x82, whole.length >> 8, whole.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), whole]);
}

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const data = oid('2a864886f70d010701');
const signers = der(0x31, der(0x30));

function signed(content: Buffer, ...rest: Buffer[]): Buffer {
  const version = der(0x02, Buffer.from([1]));
  return der(0x30, oid('2a864886f70d010702'), der(0xa0, der(0x30, version, der(0x31), content, ...rest)));
}

const inside = der(0x30, data, der(0xa0, der(0x04, Buffer.alloc(300))));
const mime = 'application/pkcs7-mime; smime-type=enveloped-data';

describe('a protected entity', () => {
  test.each<[string, Buffer, object]>([
    ['signed, with what is signed', signed(inside, der(0xa0), signers), { type: 'signed-data', detached: false }],
    ['a signature alone', signed(der(0x30, data), signers), { type: 'signed-data', detached: true }],
    ['certificates only', signed(der(0x30, data), der(0xa0, der(0x30)), der(0x31)), { type: 'certs-only' }],
    ['what nobody signed', signed(inside, der(0x31)), { type: 'signed-data', detached: false }],
    ['data', der(0x30, data, der(0xa0, der(0x04))), { type: 'data' }],
    ['compressed', der(0x30, oid('2a864886f70d0109100109'), der(0xa0, der(0x30))), { type: 'none' }],
  ])('is %s, whatever its label says', (_, octets, expected) => {
    expect(classifyEntity(mime, octets)).toEqual(expected);
  });

  test('in two parts is told by its protocol', () => {
    const parts = (protocol: string): object =>
      classifyEntity(`multipart/signed; protocol="${protocol}"; boundary=b`, Buffer.from(''));
    expect(parts('application/pkcs7-signature')).toEqual({ type: 'multipart-signed' });
    expect(parts('application/pgp-signature')).toEqual({ type: 'none' });
  });

  test.each<[string, Buffer]>([
    ['nothing', Buffer.from('')],
    ['something behind it', Buffer.concat([signed(inside, signers), Buffer.from([0])])],
    ['no signers', signed(inside)],
    ['no length', Buffer.from('0480', 'hex')],
    ['no end', Buffer.from('3080', 'hex')],
    ['a length that lies', Buffer.from('30847fffffff', 'hex')],
    ['too much depth', Buffer.from('3080'.repeat(100), 'hex')],
  ])('with %s is malformed', (_, octets) => {
    expect(() => classifyEntity(mime, octets)).toThrow(CpimError);
  });

  test('cut off anywhere is malformed', () => {
    const whole = signed(inside, signers);
    for (let end = 0; end < whole.length; end++) {
      expect(() => classifyEntity(mime, whole.subarray(0, end))).toThrow(CpimError);
    }
  });

  test('of any octets gives a value or an error of its own', () => {
    const octet = fc.oneof(fc.constantFrom(0x30, 0x80, 0, 0xa0, 6, 0x31, 4, 1, 0x81), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(octet, { maxLength: 60 }), (octets) => {
        try {
          readBer(Buffer.from(octets));
        } catch (error) {
          if (!(error instanceof CpimError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});
