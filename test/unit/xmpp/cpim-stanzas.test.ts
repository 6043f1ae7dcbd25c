import { describe, expect, test } from '@jest/globals';
import xml from '@xmpp/xml';
import fc from 'fast-check';
import type { Notify } from '../../../src/cpim/presence/cpp.ts';
import { isValidPidf } from '../../../src/cpim/presence/valid-pidf.ts';
import type { Profile } from '../../../src/cpim/profile.ts';
import { cpimToRequest, requestToCpim } from '../../../src/networks/sip/page.ts';
import { messageFromCpim } from '../../../src/networks/xmpp/cpim/from-cpim.ts';
import { notifyToPresence } from '../../../src/networks/xmpp/cpim/from-cpp.ts';
import { messageToCpim } from '../../../src/networks/xmpp/cpim/to-cpim.ts';
import { presenceToCpp } from '../../../src/networks/xmpp/cpim/to-cpp.ts';
import { parse } from '../../../src/networks/xmpp/jid.ts';
import { type Form, formatForm, parseForm } from '../../../src/networks/xmpp/payloads/form.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { serialize } from '../../../src/networks/xmpp/wire/serialize.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';

// What XML can hold, with the line ends that it leaves.
const text = fc
  .string({ unit: 'grapheme' })
  .map((any) => any.replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\n'));
const lang = fc.constantFrom(undefined, 'en', 'cs', 'zh-Hant');
const prepared = (any: string): string | undefined => parse(`a@example.com/${any}`)?.resource;
const resource = fc
  .string({ unit: 'grapheme', minLength: 1 })
  .map(prepared)
  .filter((one) => one !== undefined);
const xmlName = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9._-]{0,8}$/);

function asText(el: El): string {
  return serialize(readElement(serialize(el)));
}

describe('presence', () => {
  const parts = fc.record({
    type: fc.constantFrom(undefined, 'unavailable'),
    show: fc.constantFrom(undefined, 'away', 'chat', 'dnd', 'xa'),
    status: fc.option(fc.record({ text: text.filter((one) => one !== ''), lang }), { nil: undefined }),
    priority: fc.option(fc.nat(127), { nil: undefined }),
  });
  type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never;
  const stanzaOf = (device: string, { type, show, status, priority }: Parts): El =>
    xml(
      'presence',
      { xmlns: 'jabber:client', from: `juliet@example.com/${device}`, to: 'romeo@example.net', type },
      ...(show === undefined ? [] : [xml('show', {}, show)]),
      ...(status === undefined ? [] : [xml('status', { 'xml:lang': status.lang }, status.text)]),
      ...(priority === undefined ? [] : [xml('priority', {}, String(priority))]),
    );
  const thereAndBack = (stanza: El, profile: Profile): string[] => {
    const { from, to, pidf } = presenceToCpp(stanza, { profile }) as Notify;
    expect(isValidPidf(pidf)).toBe(true);
    return notifyToPresence({ from, ...(to !== undefined && { to }), pidf }, { profile }).map(asText);
  };

  test('is what it was after a document, with any resource', () => {
    fc.assert(
      fc.property(resource, parts, (device, what) => {
        const stanza = stanzaOf(device, what);
        expect(thereAndBack(stanza, 'extended')).toEqual([asText(stanza)]);
      }),
    );
  });

  test('is what it was under the strict profile, with a resource that is an XML name', () => {
    fc.assert(
      fc.property(xmlName, parts, (device, what) => {
        const stanza = stanzaOf(device, what);
        expect(thereAndBack(stanza, 'strict3922')).toEqual([asText(stanza)]);
      }),
    );
  });

  test('V3922-6.3.2-2 from a bare JID has a tuple, and comes back from the bare JID', () => {
    const stanza = readElement(`<presence xmlns='jabber:client' from='juliet@example.com'/>`);
    const { pidf } = presenceToCpp(stanza, { profile: 'extended' }) as Notify;
    expect(pidf).toContain('<tuple id="ID-">');
    expect((presenceToCpp(stanza, { profile: 'extended' }) as Notify).pidf).toBe(pidf);
    expect(notifyToPresence({ pidf }, { profile: 'extended' }).map(asText)).toEqual([asText(stanza)]);
  });

  const open = `<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:romeo@example.net'><tuple id='ID-a'><status><basic>open</basic></status></tuple><tuple id='ID-b'><status><basic>open</basic></status></tuple></presence>`;
  const none = `<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:romeo@example.net'/>`;
  const told = (pidf: string, previous?: string): (string | undefined)[][] =>
    notifyToPresence({ pidf, ...(previous !== undefined && { previous }) }, { profile: 'extended' }).map(({ attrs }) => [
      attrs.from,
      attrs.type,
    ]);

  test('V3922-6.3.2-1 of nobody is one unavailable from the bare JID', () => {
    expect(told(none, open)).toEqual([['romeo@example.net', 'unavailable']]);
  });

  test('of a client that is in the document no more is unavailable', () => {
    const one = open.replace(/<tuple id='ID-a'>.*?<\/tuple>/, '');
    expect(told(one, open)).toEqual([['romeo@example.net/a', 'unavailable']]);
  });

  test('with another show is told again, the same is not', () => {
    const away = open.replace('</basic>', `</basic><show xmlns='jabber:client'>away</show>`);
    expect(told(away, open)).toEqual([['romeo@example.net/a', undefined]]);
    expect(told(away, away)).toEqual([]);
  });

  test('V3922-5.2.15-1 has the document in it, as an element alone', () => {
    const declared = `<?xml version="1.0"?><!-- c -->${open}`;
    const [stanza] = notifyToPresence({ pidf: declared }, { profile: 'extended', embed: true }).map(serialize);
    expect(stanza).toMatch(/<presence xmlns="urn:ietf:params:xml:ns:pidf"/);
    expect(stanza).not.toMatch(/<[?!]/);
    const entities = `<!DOCTYPE presence [<!ENTITY a 'x'>]>${open}`;
    expect(() => notifyToPresence({ pidf: entities }, { profile: 'extended', embed: true })).toThrow(
      expect.objectContaining({ kind: 'refused' }),
    );
  });
});

describe('a message', () => {
  const parts = fc.record({
    device: resource,
    subject: fc.option(
      text.map((one) => one.replace(/^ +| +$/g, '')).filter((one) => one !== ''),
      { nil: undefined },
    ),
    thread: fc.option(
      text.filter((one) => one !== ''),
      { nil: undefined },
    ),
    body: text,
    lang,
  });
  type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never;
  const stanzaOf = ({ device, subject, thread, body, lang: tag }: Parts): El =>
    xml(
      'message',
      { xmlns: 'jabber:client', from: `juliet@example.com/${device}`, to: 'romeo@example.net', 'xml:lang': tag },
      // The language of the message, which it inherits, is written at each subject.
      ...(subject === undefined ? [] : [xml('subject', { 'xml:lang': tag }, subject)]),
      ...(thread === undefined ? [] : [xml('thread', {}, thread)]),
      xml('body', {}, body),
    );

  test('is what it was after Message/CPIM', () => {
    fc.assert(
      fc.property(parts, (what) => {
        const stanza = stanzaOf(what);
        const cpim = messageToCpim(stanza, { profile: 'extended' });
        expect(asText(messageFromCpim(cpim, { profile: 'extended' }))).toBe(asText(stanza));
      }),
    );
  });

  test('says the same after a MESSAGE of SIP', () => {
    fc.assert(
      fc.property(parts, ({ subject: _, thread: __, ...what }) => {
        const stanza = stanzaOf({ ...what, subject: undefined, thread: 'T-1' });
        const { headers, ...request } = cpimToRequest(messageToCpim(stanza, { profile: 'extended' }));
        const cpim = requestToCpim({ ...request, headers });
        expect(asText(messageFromCpim(cpim, { profile: 'extended' }))).toBe(asText(stanza));
      }),
    );
  });

  test('V6121-5.2.5-1 keeps its thread and the parent of it', () => {
    const stanza = readElement(
      `<message xmlns='jabber:client' from='a@example.com' to='b@example.net'><thread parent='p;"\\ '> t </thread><body>x</body></message>`,
    );
    const cpim = messageToCpim(stanza, { profile: 'extended' });
    expect(asText(messageFromCpim(cpim, { profile: 'extended' }))).toBe(asText(stanza));
  });
});

describe('a form', () => {
  const field = fc.record(
    {
      var: text,
      type: fc.constantFrom('boolean', 'hidden', 'list-multi', 'list-single', 'text-multi', 'text-private', 'text-single'),
      label: text,
      desc: text,
      required: fc.constant(true),
      options: fc.array(fc.record({ label: text, value: text }, { requiredKeys: ['value'] }), { minLength: 1 }),
      values: fc.array(text, { minLength: 1, maxLength: 1 }),
    },
    { requiredKeys: ['var', 'type'] },
  );
  const fields = fc.array(field, { minLength: 1 });
  const form = fc.record(
    {
      type: fc.constantFrom('cancel', 'form', 'result', 'submit'),
      title: text,
      instructions: fc.array(text, { minLength: 1 }),
      fields,
      reported: fields,
      items: fc.array(fields, { minLength: 1 }),
    },
    { requiredKeys: ['type'] },
  );

  test('is read as it was written', () => {
    fc.assert(
      fc.property(
        form as fc.Arbitrary<Form>,
        (one) => void expect(parseForm(readElement(serialize(formatForm(one))))).toEqual(one),
      ),
      // Each one is large.
      { numRuns: 40 },
    );
  });

  test('of many lines is read line by line', () => {
    fc.assert(
      fc.property(
        fc.array(
          text.map((one) => one.replaceAll('\n', ' ')),
          { minLength: 1 },
        ),
        (lines) => {
          const written = formatForm({ type: 'submit', fields: [{ var: 't', type: 'text-multi', text: lines.join('\n') }] });
          expect(parseForm(written).fields?.[0]?.values).toEqual(lines);
        },
      ),
    );
  });
});
