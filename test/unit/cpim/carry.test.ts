import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromCpim, toCpim } from '../../../src/cpim/carry/carry.ts';
import { CpimError } from '../../../src/cpim/error.ts';
import { parse } from '../../../src/cpim/message/message.ts';
import { envelope, envelopes } from './envelopes.ts';

const target = { id: { kind: 'event', value: '28fd19857ad7', strong: true } };

/** The object with LF, as people read it. */
function written(...args: Parameters<typeof envelope>): string {
  return toCpim(envelope(...args))
    .toString('utf8')
    .replaceAll('\r\n', '\n');
}

describe('an envelope as Message/CPIM', () => {
  test('comes back as it was, whatever is in it', () => {
    fc.assert(
      fc.property(envelopes, (sent) => {
        expect(fromCpim(toCpim(sent))).toEqual(sent);
      }),
      { numRuns: 3000 },
    );
  });

  test('has absent members absent', () => {
    const back = fromCpim(toCpim(envelope({ kind: 'text', manner: 'plain', text: 'hi' })));
    expect(Object.keys(back).sort()).toEqual(['degradations', 'extensions', 'from', 'id', 'payload', 'time', 'to', 'trace']);
    expect(Object.keys(back.payload).sort()).toEqual(['kind', 'manner', 'text']);
  });

  test('is the plain RFC 3862 object where nothing more is needed', () => {
    expect(written({ kind: 'text', manner: 'plain', text: 'one\ntwo', lang: 'en' })).toBe(`From: Alice <im:alice@example.org>
To: <im:room@rooms.example>
DateTime: 2026-05-01T10:00:00.123Z
NS: imdn <urn:ietf:params:imdn>
imdn.Message-ID: 7d5b3d0e4c5f4a55

Content-Type: text/plain; charset=utf-8
Content-Language: en

one
two`);
  });

  test('writes an edit as a message that replaces another', () => {
    const object = written({ kind: 'edit', target, text: { kind: 'text', manner: 'plain', text: 'corrected text' } });
    expect(object).toContain('\nrialto.Replaces: event;strong;28fd19857ad7\n');
    expect(object).toMatch(/\n\ncorrected text$/);
  });

  test('writes a reaction as RFC 9078 does', () => {
    const object = written({ kind: 'reaction', target, mode: 'add', emoji: ['👍', '❤️'] });
    expect(object).toContain('\nContent-Disposition: reaction\n');
    expect(object).toMatch(/\n\n👍 ❤️$/);
  });

  test('does not look like a reaction when one is removed', () => {
    const object = written({ kind: 'reaction', target, mode: 'remove', emoji: ['👍'] });
    expect(object).not.toContain('Content-Disposition');
    expect(object).toMatch(/\n\n\(removed a reaction\)$/);
  });

  test('has a body for readers that know nothing of us', () => {
    const media = written({
      kind: 'media',
      sort: 'image',
      name: 'cat.png',
      url: 'https://x.example/c',
      mediaType: 'image/png',
      size: 1234,
    });
    expect(media).toMatch(/\n\ncat\.png \(image\/png, 1\.2 kB\): https:\/\/x\.example\/c$/);
    expect(written({ kind: 'membership', change: 'join', name: 'Bob' })).toMatch(/\n\nBob joined$/);
    expect(written({ kind: 'retraction', target: { ...target, excerpt: 'oops' }, by: 'author' })).toMatch(
      /\n\n\(removed a message: “oops”\)$/,
    );
  });

  test('carries opaque octets exactly', () => {
    const octets = Buffer.from([0x0d, 0x0a, 0x00, 0xff, 0x0d, 0x0a, 0x0d, 0x0a]);
    const cpim = toCpim(
      envelope({
        kind: 'opaque',
        sort: 'encrypted',
        mediaType: 'application/pkcs7-mime',
        base64: octets.toString('base64'),
        label: 'a sealed message',
      }),
    );
    expect(parse(cpim, 'strict').body.equals(octets)).toBe(true);
  });

  test('takes no header of a stranger for ours', () => {
    const extensions = [{ ns: 'tag:rialto.im,2026:cpim:1', name: 'Retracts', value: 'event;strong;x' }];
    const sent = envelope({ kind: 'text', manner: 'plain', text: 'hi' }, { extensions });
    expect(fromCpim(toCpim(sent))).toEqual(sent);
  });
});

describe("a stranger's object", () => {
  const head =
    'From: Bob <im:bob@example.net>\r\nTo: <im:a@example.org>\r\nDateTime: 2026-05-01T10:00:00Z\r\nNS: i <urn:ietf:params:imdn>\r\ni.Message-ID: abc\r\n';

  test('is read as far as it can be understood', () => {
    const read = fromCpim(
      Buffer.from(`${head}Subject: lunch\r\nNS: x <urn:x:y>\r\nx.Mood: fine\r\n\r\nContent-Type: text/plain\r\n\r\na\r\nb`),
    );
    expect(read.id).toBe('abc');
    expect(read.from).toEqual({ uri: 'im:bob@example.net', name: 'Bob' });
    expect(read.payload).toEqual({ kind: 'text', manner: 'plain', text: 'a\nb' });
    expect(read.extensions).toEqual([
      { ns: 'urn:ietf:params:cpim-headers:', name: 'Subject', value: 'lunch' },
      { ns: 'urn:x:y', name: 'Mood', value: 'fine' },
    ]);
    expect(fromCpim(toCpim(read))).toEqual(read);
  });

  test('is opaque where its type is not ours to read', () => {
    const read = fromCpim(Buffer.from(`${head}\r\nContent-Type: image/png\r\n\r\n\x00\x01`));
    expect(read.payload).toEqual({
      kind: 'opaque',
      sort: 'foreign',
      mediaType: 'image/png',
      base64: 'AAE=',
      label: 'a message of the type image/png',
    });
  });

  test.each([
    ['no sender', head.replace(/From.*\r\n/, '')],
    ['no id', head.replace(/i\.Message-ID.*\r\n/, '')],
    ['no time', head.replace(/DateTime.*\r\n/, '')],
    ['an unknown word of ours', `${head}NS: r <tag:rialto.im,2026:cpim:1>\r\nr.Opaque: sealed\r\nr.Label: x\r\n`],
  ])('with %s is malformed', (_, headers) => {
    expect(() => fromCpim(Buffer.from(`${headers}\r\nContent-Type: text/plain\r\n\r\nx`))).toThrow(CpimError);
  });
});
