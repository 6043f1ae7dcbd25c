import fc from 'fast-check';
import type { Composing } from '../../../src/cpim/notification/composing.ts';
import type { Imdn } from '../../../src/cpim/notification/imdn.ts';
import type { Note, Person, Pidf, TimedStatus, Tuple } from '../../../src/cpim/presence/pidf.ts';

/** Models of the documents inside messages, as far as they have a written form: any text that XML can hold. */

const nasty = fc.constantFrom(
  '<',
  '>',
  '&',
  '"',
  "'",
  ']]>',
  '\r',
  '\n',
  '\t',
  '&lt;',
  'é',
  '🌹',
  '\ufffd',
  '</note>',
  '<!--',
  ' ',
);

/** Any text of a document. */
export const xmlString = fc.oneof(
  fc.string({ maxLength: 20 }).filter((text) => !/[^\t\n\r -\ud7ff\ue000-\ufffd]/.test(text)),
  fc.array(nasty, { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
/** One that has no whitespace to lose. */
const token = xmlString.map((text) => text.replace(/[ \t\r\n]+/g, ' ').trim());
const lang = fc.constantFrom('en', 'de-CH', 'zh-Hant-TW', 'x-klingon');
export const dateTime = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z') })
  .map((date) => date.toISOString());
const id = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9._-]{0,8}$/);
const basic = fc.constantFrom('open' as const, 'closed' as const);
const uri = fc.oneof(fc.webUrl(), fc.constantFrom('im:a&b@example.com', 'tel:+1', 'pres:%22x%22@example.com'));

/** Optional members are absent or there, never undefined. */
export function optional<T extends object, K extends keyof T>(
  model: { [P in keyof T]-?: fc.Arbitrary<Exclude<T[P], undefined>> },
  required: K[],
): fc.Arbitrary<T> {
  return fc.record(model as never, { requiredKeys: required as never, noNullPrototype: true }) as unknown as fc.Arbitrary<T>;
}

const note = optional<Note, 'text'>({ text: xmlString, lang }, ['text']);
const notes = fc.array(note, { minLength: 1, maxLength: 3 });
const timed = optional<TimedStatus, 'from'>({ from: dateTime, until: dateTime, basic }, ['from']);

const tuple: fc.Arbitrary<Tuple> = optional<Tuple, 'id'>(
  {
    id,
    basic,
    show: token,
    im: token,
    contact: uri,
    priority: fc.constantFrom('0', '0.', '0.5', '0.123', '1', '1.00'),
    notes,
    timestamp: dateTime,
    timed: fc.array(timed, { minLength: 1, maxLength: 2 }),
  },
  ['id'],
)
  .filter(({ basic, show, im }) => (basic ?? show ?? im) !== undefined)
  .map(({ priority, ...rest }) => ({ ...rest, ...(rest.contact !== undefined && priority !== undefined && { priority }) }));

const names = fc.array(fc.constantFrom('away', 'busy', 'on-the-phone', 'sleepy', 'other'), { minLength: 1, maxLength: 3 });
const person: fc.Arbitrary<Person> = optional<Person, 'id'>(
  {
    id,
    activities: names,
    moods: names,
    moodNote: xmlString,
    userInput: optional(
      {
        state: fc.constantFrom('active' as const, 'idle' as const),
        lastInput: dateTime,
        idleThreshold: fc.integer({ min: 1, max: 99_999 }),
      },
      ['state'],
    ),
    card: uri,
    displayName: xmlString,
    homepage: uri,
    icon: uri,
    notes,
  },
  ['id'],
).map(({ moodNote, ...rest }) => ({ ...rest, ...(rest.moods && moodNote !== undefined && { moodNote }) }));

/** Ids are unique in a document. */
export const documents: fc.Arbitrary<Pidf> = optional<Pidf, 'entity'>(
  {
    entity: uri,
    tuples: fc.array(tuple, { minLength: 1, maxLength: 3 }),
    notes,
    persons: fc.array(person, { minLength: 1, maxLength: 2 }),
  },
  ['entity'],
).filter(({ tuples = [], persons = [] }) => {
  const ids = [...tuples, ...persons].map((one) => one.id);
  return new Set(ids).size === ids.length;
});

const said = fc.constantFrom(
  { type: 'delivery', status: 'delivered' } as const,
  { type: 'delivery', status: 'failed' } as const,
  { type: 'display', status: 'displayed' } as const,
  { type: 'display', status: 'error' } as const,
  { type: 'processing', status: 'stored' } as const,
  { type: 'processing', status: 'forbidden' } as const,
);
const named = token.filter((text) => text !== '');
const recipient = optional<
  Pick<Imdn, 'recipientUri' | 'originalRecipientUri' | 'subject'>,
  'recipientUri' | 'originalRecipientUri'
>({ recipientUri: uri, originalRecipientUri: uri, subject: xmlString }, ['recipientUri', 'originalRecipientUri']);

export const imdns: fc.Arbitrary<Imdn> = fc
  .tuple(named, dateTime, fc.oneof(recipient, fc.constant({})), said)
  .map(([messageId, datetime, about, what]) => ({ messageId, datetime, ...about, ...what }));

export const composings: fc.Arbitrary<Composing> = optional<Composing, 'state'>(
  {
    state: fc.constantFrom('active' as const, 'idle' as const),
    contentType: named,
    refresh: fc.integer({ min: 1, max: 999_999_999 }),
    lastActive: dateTime,
  },
  ['state'],
);
