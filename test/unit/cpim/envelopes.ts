import fc from 'fast-check';
import type { Capabilities } from '../../../src/cpim/capabilities.ts';
import type { Context } from '../../../src/cpim/degrade/degrade.ts';
import {
  type Envelope,
  type Feature,
  features,
  type Id,
  type Level,
  type Mention,
  type Party,
  type Payload,
  type Style,
  styles,
  type Target,
  type Text,
} from '../../../src/cpim/envelope.ts';
import { imUri } from '../../../src/cpim/uri.ts';
import { optional } from './documents.ts';

/** Envelopes as they come at their worst: any Unicode, control characters, quotes, line ends, empty and long texts. */

const nasty = fc.constantFrom(
  '\r',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\u007f',
  '\\',
  '"',
  "'",
  ';',
  ' ',
  '<',
  '>',
  ':',
  '\ufeff',
  '👩‍👩‍👧',
  'e\u0301',
  '\u2028',
  '\u202e',
);
const anyText = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.array(fc.oneof(nasty, fc.string({ maxLength: 3 })), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.constant(''),
);
const text = fc.oneof(
  { weight: 8, arbitrary: anyText },
  { weight: 1, arbitrary: fc.tuple(anyText, fc.integer({ min: 1, max: 400 })).map(([part, times]) => part.repeat(times)) },
);
const domain = fc.constantFrom('example.org', 'bücher.example', '[::1]:8448', 'a.b-c.example');
const uri = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), domain).map(([local, at]) => imUri(local, at)),
  },
  { weight: 1, arbitrary: text },
);
const time = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z') })
      .map((date) => date.toISOString()),
  },
  { weight: 1, arbitrary: text },
);

export const id: fc.Arbitrary<Id> = fc.record({ kind: text, value: text, strong: fc.boolean() }, { noNullPrototype: true });
export const party = optional<Party, 'uri'>({ uri, name: text }, ['uri']);
const target = optional<Target, 'id'>({ id, author: text, excerpt: text }, ['id']);
const lang = fc.oneof(fc.constantFrom('en', 'de-CH', 'zh-Hant'), text);
/** One beside the other or one within the other, as `Span` says. */
function nested(offsets: readonly number[]): { start: number; end: number }[] {
  const [a = 0, b = 0, c = 0, d = 0] = offsets.toSorted((one, other) => one - other);
  const apart = (offsets[0] ?? 0) % 2 === 0;
  const two = apart ? [[a, b] as const, [c, d] as const] : [[a, d] as const, [b, c] as const];
  return two.filter(([start, end]) => start < end).map(([start, end]) => ({ start, end }));
}
const spans = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 4, maxLength: 4 }),
    fc.array(optional({ style: fc.constantFrom(...styles), href: text, language: text }, ['style']), {
      minLength: 2,
      maxLength: 2,
    }),
  )
  .map(([offsets, looks]) => nested(offsets).map((at, n) => ({ ...(looks[n] as { style: Style }), ...at })));
const mention: fc.Arbitrary<Mention> = fc
  .tuple(fc.option(party, { nil: undefined }), fc.option(fc.nat({ max: 40 }), { nil: undefined }))
  .map(([who, start]) => ({ ...(who && { who }), ...(start !== undefined && { start, end: start + 3 }) }));
const words = optional<Text, 'kind' | 'manner' | 'text'>(
  {
    kind: fc.constant('text' as const),
    manner: fc.constantFrom('plain' as const, 'emote' as const, 'automated' as const),
    text,
    lang,
    translations: fc.array(fc.record({ lang, text }, { noNullPrototype: true }), { minLength: 1, maxLength: 3 }),
    spans: spans.filter((some) => some.length > 0),
    mentions: fc.array(mention, { minLength: 1, maxLength: 2 }),
  },
  ['kind', 'manner', 'text'],
);
const mediaType = fc.oneof(
  fc.constantFrom('image/png', 'text/plain', 'text/plain; charset=utf-8', 'application/json;a="b c"'),
  text,
);

export const payloads: { [K in Payload['kind']]: fc.Arbitrary<Extract<Payload, { kind: K }>> } = {
  text: words,
  media: optional(
    {
      kind: fc.constant('media' as const),
      sort: fc.constantFrom('image', 'video', 'audio', 'voice', 'sticker', 'file', 'location'),
      name: text,
      url: fc.oneof(fc.webUrl(), text),
      mediaType,
      size: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      caption: text,
    },
    ['kind', 'sort', 'name'],
  ),
  edit: fc.record({ kind: fc.constant('edit' as const), target, text: words }, { noNullPrototype: true }),
  retraction: optional(
    { kind: fc.constant('retraction' as const), target, by: fc.constantFrom('author', 'moderator'), reason: text },
    ['kind', 'target', 'by'],
  ),
  reaction: fc.record(
    {
      kind: fc.constant('reaction' as const),
      target,
      mode: fc.constantFrom('set' as const, 'add' as const, 'remove' as const),
      emoji: fc.array(fc.oneof(fc.constantFrom('👍', '❤️', '👩‍👩‍👧', ':custom:'), text), { maxLength: 4 }),
    },
    { noNullPrototype: true },
  ),
  membership: optional(
    {
      kind: fc.constant('membership' as const),
      change: fc.constantFrom('join', 'leave', 'rename'),
      name: text,
      cause: fc.constantFrom('left', 'kicked', 'banned', 'lost'),
      by: text,
      reason: text,
    },
    ['kind', 'change', 'name'],
  ),
  invitation: optional({ kind: fc.constant('invitation' as const), to: party, reason: text }, ['kind', 'to']),
  notice: fc.record({ kind: fc.constant('notice' as const), text }, { noNullPrototype: true }),
  opaque: fc.record(
    {
      kind: fc.constant('opaque' as const),
      sort: fc.constantFrom('encrypted' as const, 'signed' as const, 'foreign' as const),
      mediaType,
      base64: fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets).toString('base64')),
      label: text,
    },
    { noNullPrototype: true },
  ),
};

const wireValue = fc.stringMatching(/^[!-~é日](?:[ -~é日]{0,20}[!-~é日])?$/);
const extension = optional<Envelope['extensions'][number], 'ns' | 'name' | 'value'>(
  {
    // Our own namespace among them: whatever comes from outside must not be taken for ours.
    ns: fc.constantFrom(
      'urn:x:a',
      'http://id.example/b/',
      'urn:ietf:params:imdn',
      'urn:ietf:params:cpim-headers:',
      'tag:rialto.im,2026:cpim:1',
    ),
    name: fc.constantFrom('X-Wing', 'Message-ID', 'Replaces', 'DateTime', 'Subject', "!#$%&'*+-^_`|~"),
    lang: fc.constantFrom('en', 'fr-CA'),
    params: fc.constantFrom(';a=b', ';a="x;y";b=c'),
    value: wireValue,
  },
  ['ns', 'name', 'value'],
);
const levels: readonly Level[] = ['full', 'partial', 'fallback', 'dropped', 'rejected'];
const degradation = fc.record(
  {
    feature: fc.constantFrom(...features),
    level: fc.constantFrom('partial' as const, 'fallback' as const, 'dropped' as const, 'rejected' as const),
  },
  { noNullPrototype: true },
);

const base = {
  id: fc.oneof(fc.uuid(), text),
  from: party,
  to: party,
  time,
  payload: fc.oneof(...Object.values(payloads)) as fc.Arbitrary<Payload>,
  reply: target,
  thread: id,
  trace: fc.array(text, { maxLength: 3 }),
  extensions: fc.array(extension, { maxLength: 4 }),
};
const required = ['id', 'from', 'to', 'time', 'payload', 'trace', 'extensions', 'degradations'] as const;

export const envelopes = optional<Envelope, (typeof required)[number]>(
  { ...base, degradations: fc.array(degradation, { maxLength: 3 }) },
  [...required],
);
/** As they are on their first way to a place. */
export const fresh = optional<Envelope, (typeof required)[number]>({ ...base, degradations: fc.constant([]) }, [...required]);

export const capabilities = optional<Capabilities, 'features' | 'window' | 'proof' | 'archive'>(
  {
    features: fc.record(
      Object.fromEntries(features.map((one) => [one, fc.constantFrom(...levels)])) as Record<Feature, fc.Arbitrary<Level>>,
      { noNullPrototype: true },
    ),
    styles: fc.subarray([...styles]),
    textOctets: fc.integer({ min: 0, max: 200 }),
    styledOctets: fc.integer({ min: 0, max: 200 }),
    window: fc.constant(1),
    proof: fc.constant('accepted' as const),
    archive: fc.boolean(),
  },
  ['features', 'window', 'proof', 'archive'],
);
export const contexts = optional<Context, 'targetKnown'>(
  { speaker: text, quote: optional({ author: text, excerpt: text }, []), targetKnown: fc.boolean() },
  ['targetKnown'],
);

/** A plain message, to be changed in one place. */
export function envelope(payload: Payload, more: Partial<Envelope> = {}): Envelope {
  return {
    id: '7d5b3d0e4c5f4a55',
    from: { uri: 'im:alice@example.org', name: 'Alice' },
    to: { uri: 'im:room@rooms.example' },
    time: '2026-05-01T10:00:00.123Z',
    payload,
    trace: [],
    extensions: [],
    degradations: [],
    ...more,
  };
}

export function able(changed: Partial<Record<Feature, Level>> = {}, textOctets?: number): Capabilities {
  const all = Object.fromEntries(features.map((feature) => [feature, 'full'])) as Record<Feature, Level>;
  return {
    features: { ...all, ...changed },
    window: 1,
    proof: 'accepted',
    archive: true,
    ...(textOctets !== undefined && { textOctets }),
  };
}
