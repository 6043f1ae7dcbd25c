import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CpimError } from '../../../src/cpim/error.ts';
import { format, parse as parseCpim } from '../../../src/cpim/message/message.ts';
import { formatSides, parseSides } from '../../../src/cpim/message/sides.ts';
import type { Profile } from '../../../src/cpim/profile.ts';
import { parseMailbox, uriOf, type Who } from '../../../src/cpim/uri.ts';
import { formatSipUri, parseSipUri } from '../../../src/networks/sip/uri.ts';
import { jidOf, whoOf } from '../../../src/networks/xmpp/cpim/address.ts';
import { resourceOf, tupleIdOf } from '../../../src/networks/xmpp/cpim/tuple-id.ts';
import { parse } from '../../../src/networks/xmpp/jid.ts';

// Every code point that Unicode text may hold, and pieces made to collide: escapes of each kind, delimiters, what folds.
const pieces = fc.constantFrom(
  ...'@/%\\;:?=#&\'"<> .~_-',
  '\\20',
  '\\5c',
  '%40',
  '%zz',
  '#26;',
  ';gr=',
  'ID-',
  '_x',
  '_x0020_',
  'é',
  'ß',
  'א',
);
const any = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.array(pieces).map((all) => all.join('')),
);
const text = any.filter((one) => one !== '');
const profile = fc.constantFrom<Profile>('strict3922', 'extended');

describe('any text', () => {
  test('is in an im: or pres: URI what it was', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('im', 'pres'), profile, (local, scheme, by) => {
        expect(parseMailbox(uriOf({ local, domain: 'example.com' }, scheme, by))).toEqual({
          scheme,
          local,
          domain: 'example.com',
        });
      }),
      { numRuns: 500 },
    );
  });

  test('is in a sip: URI what it was, as a user and as a device', () => {
    fc.assert(
      fc.property(text, fc.option(text, { nil: undefined }), (local, device) => {
        const who: Who = { local, domain: 'example.com', ...(device !== undefined && { device }) };
        const uri = formatSipUri(who);
        expect(uri).toMatch(/^[!-~]+$/);
        expect(parseSipUri(uri)).toEqual(who);
      }),
      { numRuns: 500 },
    );
  });

  test('is in the id of a tuple what it was', () => {
    fc.assert(
      fc.property(text, (resource) => void expect(resourceOf(tupleIdOf(resource, 'extended'), 'extended')).toBe(resource)),
    );
  });

  test('is in a header beside the message what it was', () => {
    fc.assert(
      fc.property(text, text, (thread, fromDevice) => {
        const from = { name: 'From', value: '<im:a@example.com>' };
        const cpim = format([from, ...formatSides({ thread, fromDevice })], [['Content-Type', 'text/plain']], '');
        expect(parseSides(parseCpim(cpim, 'strict'))).toEqual({ thread, fromDevice });
      }),
    );
  });

  test('is a JID that leads back to it, or none', () => {
    fc.assert(
      fc.property(text, fc.option(text, { nil: undefined }), (local, device) => {
        const jid = jidIfAny({ local, domain: 'example.com', ...(device !== undefined && { device }) });
        fc.pre(jid !== undefined);
        // Case and form are the JID's (RFC 7622); from there on nothing changes any more.
        const who = whoOf(jid);
        expect(jidOf(who)).toBe(jid);
        expect(who.local).toBe(whoOf(jidOf({ local: who.local ?? '', domain: who.domain })).local);
      }),
      { numRuns: 1000 },
    );
  });
});

function jidIfAny(who: Who): string | undefined {
  try {
    return jidOf(who);
  } catch (error) {
    if (error instanceof CpimError) return undefined;
    throw error;
  }
}

/** Localparts that are prepared already, of many scripts, and escaped ones. */
const local = fc.oneof(
  // What holds a delimiter is an address of its own.
  text.filter((one) => !/[@/]/.test(one) && parse(`${one}@example.com`)?.local !== undefined),
  fc
    .array(fc.constantFrom('a', 'é', 'ж', '日', 'א', '\\20b', '\\5c20', '\\3a', '%', '#26;'), { minLength: 1 })
    .map((all) => `x${all.join('')}`),
);

test('a JID is the same after a URI of each scheme', () => {
  fc.assert(
    fc.property(local, profile, (name, by) => {
      const prepared = parse(`${name}@example.com`)?.local;
      // XEP-0106 §3.2: nobody writes an escaped space first or last, so nothing leads back to one.
      fc.pre(prepared !== undefined && !/^\\20|\\20$/.test(prepared));
      const who = whoOf(`${name}@example.com`);
      const expected = jidOf(who);
      expect(jidOf(parseMailbox(uriOf(who, 'im', by)))).toBe(expected);
      expect(jidOf(parseMailbox(uriOf(who, 'pres', by)))).toBe(expected);
      expect(jidOf(parseSipUri(formatSipUri(who)))).toBe(expected);
    }),
    { numRuns: 500 },
  );
});
