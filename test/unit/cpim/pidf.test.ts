import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CpimError } from '../../../src/cpim/error.ts';
import { formatPidf } from '../../../src/cpim/presence/format-pidf.ts';
import { parsePidf } from '../../../src/cpim/presence/parse-pidf.ts';
import type { Person, Pidf, Tuple } from '../../../src/cpim/presence/pidf.ts';
import { priorityFromContact, priorityToContact } from '../../../src/cpim/presence/priority.ts';
import { isValidPidf } from '../../../src/cpim/presence/valid-pidf.ts';
import { documents } from './documents.ts';

const showNs = 'urn:x:show';
const presence = (inner: string): string =>
  `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:x@example.com">${inner}</presence>`;

describe('a presence document', () => {
  test('comes back as it was, and is valid', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const xml = formatPidf(document, showNs);
        expect(parsePidf(xml, showNs)).toEqual(document);
        expect(isValidPidf(xml)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('has what RFC 4479 to 4482 say of a person', () => {
    const person: Person = {
      id: 'p',
      activities: ['away'],
      moods: ['sleepy'],
      moodNote: 'so tired',
      userInput: { state: 'idle', lastInput: '2026-05-01T10:00:00Z', idleThreshold: 600 },
      displayName: 'J. <3',
    };
    expect(formatPidf({ entity: 'pres:x@example.com', persons: [person] }, showNs)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:x@example.com">' +
        '<dm:person xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"' +
        ' xmlns:c="urn:ietf:params:xml:ns:pidf:cipid" id="p"><rpid:activities><rpid:away/></rpid:activities>' +
        '<rpid:mood><rpid:note>so tired</rpid:note><rpid:sleepy/></rpid:mood>' +
        '<rpid:user-input idle-threshold="600" last-input="2026-05-01T10:00:00Z">idle</rpid:user-input>' +
        '<c:display-name>J. &lt;3</c:display-name></dm:person></presence>',
    );
  });

  test.each<[string, Partial<Tuple>]>([
    ['a priority of no contact', { priority: '0.5' }],
    ['a time that never was', { timestamp: '2025-02-29T00:00:00Z' }],
    ['a language that is none', { notes: [{ text: 'x', lang: 'e n' }] }],
    ['a future without a beginning', { timed: [{ from: '' }] }],
    ['half a character', { show: '\ud800' }],
  ])('is not written with %s', (_, more) => {
    const document: Pidf = { entity: 'pres:x@example.com', tuples: [{ id: 'a', basic: 'open', ...more }] };
    expect(() => formatPidf(document, showNs)).toThrow(CpimError);
  });

  test.each<[string, string]>([
    ['a tuple after a note', '<note>x</note><tuple id="a"><status><basic>open</basic></status></tuple>'],
    ['an extension of no namespace', '<x xmlns=""/>'],
    ['an extension before basic', '<tuple id="a"><status><x xmlns="urn:x"/><basic>open</basic></status></tuple>'],
    [
      'an extension after the contact',
      '<tuple id="a"><status><x xmlns="urn:x"/></status><contact>x</contact><x xmlns="urn:x"/></tuple>',
    ],
    ['markup in a note', '<note><b xmlns="urn:x"/></note>'],
    ['another attribute of a note', '<note lang="en">x</note>'],
    ['a leap second', '<tuple id="a"><status><x xmlns="urn:x"/></status><timestamp>2016-12-31T23:59:60Z</timestamp></tuple>'],
    ['a document type', '<!DOCTYPE presence>'],
  ])('is not valid with %s', (_, inner) => {
    expect(isValidPidf(presence(inner))).toBe(false);
  });

  test.each<[string, string]>([
    ['without an id', '<tuple><status><basic>open</basic></status></tuple>'],
    ['that is half open', '<tuple id="a"><status><basic>ajar</basic></status></tuple>'],
  ])('is not read with a tuple %s', (_, inner) => {
    expect(() => parsePidf(presence(inner), showNs)).toThrow('malformed at octet');
  });

  test('keeps an extension out that has a part nobody understands', () => {
    const demand =
      '<im xmlns="urn:ietf:params:xml:ns:pidf:im">busy<x:y xmlns:x="urn:x" p:mustUnderstand="true" xmlns:p="urn:ietf:params:xml:ns:pidf"/></im>';
    const inner = `<tuple id="a"><status><basic>open</basic>${demand}</status></tuple>`;
    expect(parsePidf(presence(inner), showNs).tuples).toEqual([{ id: 'a', basic: 'open' }]);
  });
});

describe('a priority', () => {
  test('comes back, whichever of 0..127 it is, and keeps its place', () => {
    let before = -1;
    for (let priority = 0; priority <= 127; priority++) {
      const contact = priorityToContact(priority);
      expect(priorityFromContact(contact)).toBe(priority);
      expect(Number(contact)).toBeGreaterThan(before);
      before = Number(contact);
    }
  });

  test('of a contact is 0 or 127 only at the ends', () => {
    for (let thousandths = 1; thousandths < 1000; thousandths++) {
      const priority = priorityFromContact(`0.${String(thousandths).padStart(3, '0')}`);
      expect(priority).toBe(Math.min(126, Math.ceil((thousandths * 127) / 1000)));
    }
  });
});
