import { describe, expect, test } from '@jest/globals';
import { asJson, asPart, asPidf, asStep, asString, asXml, asXmlList, type Compare } from '../../vectors/compare.ts';
import { asCpim } from '../../vectors/compare-cpim.ts';
import type { Profile } from '../../vectors/vector.ts';
import { verdict } from '../../vectors/verdict.ts';

function isSame(compare: Compare, expected: unknown, got: unknown, profile: Profile = 'extended'): boolean {
  return compare(expected, got, { id: 'x', kind: 'x', spec: 'x', profile, input: {} }) === undefined;
}

const pidf = (inner: string): object => ({
  op: 'notify',
  pidf: `<presence xmlns="urn:ietf:params:xml:ns:pidf">${inner}</presence>`,
});
const from = (value: string): object => ({ name: 'From', value });

describe('how answers are compared', () => {
  test.each<[string, Compare, unknown, unknown]>([
    ['the order of members', asJson, { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['what is empty', asJson, { a: 1 }, { a: 1, b: [], c: {}, d: undefined, e: { f: [] } }],
    ['prefixes, quotes and the order of attributes', asXml, '<a xmlns="u" b="1" c="2"/>', "<p:a xmlns:p='u' c='2' b='1'></p:a>"],
    [
      'comments, CDATA, escapes, declarations',
      asXml,
      '<a>x&amp;y</a>',
      '<?xml version="1.0"?><!-- - --><a>x<![CDATA[&]]>&#x79;</a>',
    ],
    ['whitespace between elements', asXml, '<a><b/><c/></a>', '<a>\n <b/> <c/>\n</a>'],
    ['line ends', asXml, '<a>x\ny</a>', '<a>x\r\ny</a>'],
    ['the same list', asXmlList, ['<a/>', '<b/>'], ['<a></a>', '<b></b>']],
    ['the order of tuples', asPidf, pidf('<tuple id="a"/><tuple id="b"/><note/>'), pidf('<tuple id="b"/><tuple id="a"/><note/>')],
    [
      'what follows basic',
      asPidf,
      pidf('<tuple><status><basic/><x xmlns="u"/><y xmlns="u"/></status></tuple>'),
      pidf('<tuple><status><basic/><y xmlns="u"/><x xmlns="u"/></status></tuple>'),
    ],
    ['whether it was approved', asStep, { state: 'to', forward: true }, { state: 'to', forward: true, preApproved: false }],
    ['what is not given', asPart, { from: 'a' }, { from: 'a', to: 'b' }],
    ['headers that are not given', asPart, { headers: { A: '1', B: null } }, { headers: { A: '1', C: '2' } }],
    ['NS headers', asCpim, { headers: [from('<im:a@b>')] }, { headers: [{ name: 'NS', value: 'p <urn:x>' }, from('<im:a@b>')] }],
    ['what is not listed', asCpim, { headers: [from('x')] }, { headers: [from('x'), { name: 'To', value: 'y' }], body: 'z' }],
    ['the case of MIME names', asCpim, { mime: [['Content-Type', 'a/b']] }, { mime: [['content-type', 'a/b']] }],
  ])('%s is free', (_, compare, expected, got) => {
    expect(isSame(compare, expected, got)).toBe(true);
  });

  test.each<[string, Compare, unknown, unknown]>([
    ['a character', asString, 'é', 'e\u0301'],
    ['the order of a list', asJson, [1, 2], [2, 1]],
    ['null', asJson, { a: null }, {}],
    ['an empty text', asJson, { a: '' }, {}],
    ['a member', asJson, { a: 1 }, { a: 1, b: 1 }],
    ['a namespace', asXml, '<a xmlns="u"/>', '<a/>'],
    ['an attribute', asXml, '<a/>', '<a b="1"/>'],
    ['the text of a leaf', asXml, '<a> x</a>', '<a>x</a>'],
    ['spaces in a leaf', asXml, '<a> </a>', '<a/>'],
    ['text between elements', asXml, '<a><b/>x</a>', '<a><b/></a>'],
    ['the order of elements', asXml, '<a><b/><c/></a>', '<a><c/><b/></a>'],
    ['what is no XML', asXml, '<a/>', '<a>'],
    ['the number', asXmlList, ['<a/>'], ['<a/>', '<a/>']],
    ['the place of basic', asPidf, pidf('<tuple><status><basic/><x/></status></tuple>'), pidf('<tuple><status/></tuple>')],
    ['the order of notes', asPidf, pidf('<note>a</note><note>b</note>'), pidf('<note>b</note><note>a</note>')],
    ['a reply', asStep, { state: 'to', forward: true }, { state: 'to', forward: true, reply: 'subscribed' }],
    ['what was approved', asStep, { preApproved: true }, { preApproved: false }],
    ['a header that must be absent', asPart, { headers: { A: null } }, { headers: { A: '1' } }],
    ['a value of a header', asCpim, { headers: [from('x')] }, { headers: [from('y')] }],
    ['the order of values', asCpim, { headers: [from('x'), from('y')] }, { headers: [from('y'), from('x')] }],
    ['a language', asCpim, { headers: [{ ...from('x'), lang: 'en' }] }, { headers: [from('x')] }],
    ['a body', asCpim, { body: 'x' }, { body: 'y' }],
  ])('%s is not', (_, compare, expected, got) => {
    expect(isSame(compare, expected, got)).toBe(false);
  });

  test('under strict3922 nothing more may be there', () => {
    const [expected, more] = [{ headers: [from('x')] }, { headers: [from('x'), { name: 'To', value: 'y' }] }];
    expect(isSame(asCpim, expected, more, 'strict3922')).toBe(false);
    expect(isSame(asCpim, expected, expected, 'strict3922')).toBe(true);
  });
});

describe('a vector', () => {
  const vector = { id: 'x', kind: 'k', spec: 's', input: {} };
  const refusing = (kind: string) => (): never => {
    throw Object.assign(new Error(kind), { kind });
  };
  const crash = (): never => {
    throw new TypeError('no such member');
  };

  test.each<[string, object, (() => unknown) | undefined, object]>([
    ['with the right answer passes', { output: 1 }, () => 1, { is: 'passed' }],
    ['with another answer fails', { output: 1 }, () => 2, { is: 'failed', text: 'expected 1, got 2' }],
    ['that is refused as it should passes', { error: 'malformed' }, refusing('malformed'), { is: 'passed' }],
    [
      'that is refused otherwise fails',
      { error: 'refused' },
      refusing('malformed'),
      { is: 'failed', text: 'expected "error refused", got "error malformed"' },
    ],
    ['that should be refused fails', { error: 'refused' }, () => 1, { is: 'failed', text: 'expected "error refused", got 1' }],
    [
      'that should not be refused fails',
      { output: 1 },
      refusing('refused'),
      { is: 'failed', text: 'expected 1, got "error refused"' },
    ],
    ['of a kind without a function fails', { output: 1 }, undefined, { is: 'failed', text: 'not built' }],
    ['that must run fails without one', { output: 1, needs: 'smime' }, undefined, { is: 'failed', text: 'not built' }],
    ['of another wire is skipped', { output: 1, needs: 'sip' }, undefined, { is: 'skipped' }],
    ['of another wire runs where there is one', { output: 1, needs: 'sip' }, () => 1, { is: 'passed' }],
  ])('%s', (_, more, run, expected) => {
    expect(verdict({ ...vector, ...more }, run ? { k: { run, compare: asString } } : {})).toEqual(expected);
  });

  test('that crashes the product fails, even where an error is due', () => {
    const result = verdict({ ...vector, error: 'malformed' }, { k: { run: crash, compare: asString } });
    expect(result).toMatchObject({ is: 'failed', text: expect.stringContaining('crashed: TypeError: no such member') });
  });
});
