import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CpimError } from '../../../src/cpim/error.ts';
import { format, parse } from '../../../src/cpim/message/message.ts';
import { textOf } from '../../../src/cpim/message/text.ts';
import { decodeTransfer } from '../../../src/cpim/message/transfer.ts';
import { cpuMs } from '../../support/cpu.ts';

/** RFC 2045 §6.7, every octet written out and a soft line end here and there. */
function quotedPrintable(octets: Buffer): Buffer {
  const digits = [...octets].map(
    (octet, at) => `=${octet.toString(16).toUpperCase().padStart(2, '0')}${at % 20 === 19 ? '=\r\n' : ''}`,
  );
  return Buffer.from(digits.join(''));
}

function read(type: string, body: Buffer, encoding?: string): string {
  const mime = [
    ['Content-Type', type] as const,
    ...(encoding === undefined ? [] : [['Content-Transfer-Encoding', encoding] as const]),
  ];
  return textOf(parse(format([{ name: 'X', text: 'y' }], mime, body), 'strict'), 'extended');
}

describe('a transfer encoding', () => {
  test('is exactly reversed', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const octets = Buffer.from(bytes);
        expect(decodeTransfer('base64', Buffer.from(octets.toString('base64')))).toEqual(octets);
        expect(decodeTransfer('Quoted-Printable', quotedPrintable(octets))).toEqual(octets);
        expect(decodeTransfer('binary', octets)).toEqual(octets);
      }),
    );
  });

  test.each([
    ['base64', 'a==='],
    ['quoted-printable', '=4'],
    ['x-uuencode', ''],
  ])('that is none is refused: %s', (encoding, body) => {
    expect(() => decodeTransfer(encoding, Buffer.from(body))).toThrow(CpimError);
  });

  test('takes time in proportion to its size, however hostile', () => {
    const spaces = Buffer.from(`${' '.repeat(200_000)}x`);
    const begin = cpuMs();
    expect(decodeTransfer('quoted-printable', spaces)).toEqual(spaces);
    // Whatever is not in proportion takes minutes.
    expect(cpuMs() - begin).toBeLessThan(10_000);
  });
});

describe('the text of a message', () => {
  test('is read in its charset', () => {
    expect(read('text/plain; charset=utf-8', Buffer.from('é'))).toBe('é');
    expect(read('text/plain; charset="ISO-8859-1"', Buffer.from([0xe9, 0x80]))).toBe('é\u0080');
    expect(read('text/plain; charset=koi8-r', Buffer.from([0xc1]))).toBe('а');
    expect(read('text/plain; charset=utf-8', Buffer.from('w6k='), 'base64')).toBe('é');
  });

  test.each([
    ['text/plain', Buffer.from('é'), 'malformed'],
    ['text/plain; charset=utf-8', Buffer.from([0xc3]), 'malformed'],
    ['text/plain; charset=klingon', Buffer.from('x'), 'unsupported'],
    ['text/html', Buffer.from('x'), 'unsupported'],
  ])('of %s is not guessed', (type, body, kind) => {
    expect(() => read(type, body)).toThrow(kind);
  });
});
