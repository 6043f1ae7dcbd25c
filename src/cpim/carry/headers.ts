import type { Envelope, Extension, Id, Party, Target } from '../envelope.ts';
import { CpimError } from '../error.ts';
import type { Draft, Header, Message } from '../message/message.ts';
import { coreNs, imdnNs, ourNs } from '../message/namespaces.ts';
import { isUri } from '../uri.ts';
import { formatWords, parseWords } from './words.ts';

/** What every object has. */
type Heading = Pick<Envelope, 'from' | 'to' | 'time' | 'trace'>;

/** The message headers of one object while it is written. */
export class Outgoing {
  readonly drafts: Draft[] = [];
  private isDeclared = false;

  /** A header of a standard. Where its grammar cannot hold the text, it goes under the same name in our namespace. */
  standard(name: 'DateTime' | 'imdn.Message-ID', text: string): void {
    if (/^[!#-'*+\-.0-9:A-Z^_`a-z|~]+$/.test(text)) this.drafts.push({ name, value: text });
    else this.add(name.replace('imdn.', ''), text);
  }

  party(name: 'From' | 'To', party: Party): void {
    if (isUri(party.uri)) this.drafts.push({ name, address: party });
    else this.add(name, party.uri, ...(party.name === undefined ? [] : [party.name]));
  }

  /** Of what is no envelope: it has no id, because nothing is ever said of it. */
  heading({ from, to, time, trace }: Heading): void {
    this.party('From', from);
    this.party('To', to);
    this.standard('DateTime', time);
    for (const install of trace) this.add('Hop-Trace', install);
  }

  /** A header of ours, with its words. */
  add(name: string, ...words: readonly string[]): void {
    if (!this.isDeclared) this.drafts.push({ name: 'NS', value: `rialto <${ourNs}>` });
    this.isDeclared = true;
    this.drafts.push({ name: `rialto.${name}`, value: formatWords(words) });
  }

  id(name: string, { kind, value, strong }: Id): void {
    this.add(name, kind, strong ? 'strong' : 'weak', value);
  }

  /** `Replaces`, `Retracts`, `In-Reply-To`: the target, and what the origin showed of it. */
  target(name: string, { id, author, excerpt }: Target): void {
    this.id(name, id);
    if (author !== undefined) this.add(`${name}-Author`, author);
    if (excerpt !== undefined) this.add(`${name}-Excerpt`, excerpt);
  }

  /** Last: all that follows `Extensions` is not ours, whatever its name. */
  extensions(extensions: readonly Extension[]): void {
    if (extensions.length > 0) this.add('Extensions', String(extensions.length));
    this.drafts.push(...extensions);
  }
}

/** The message headers of one object while it is read. */
export class Incoming {
  readonly extensions: Extension[] = [];
  private readonly ours = new Map<string, string[][]>();
  private readonly parties = new Map<string, Party>();
  private readonly values = new Map<string, string>();

  constructor({ headers }: Message) {
    let isOver = false;
    for (const header of headers) {
      if (header.ns === undefined && header.name === 'NS') continue;
      if (isOver || !this.take(header)) this.extensions.push(extension(header));
      else if (header.ns === ourNs && header.name === 'Extensions') isOver = true;
    }
  }

  /** A header that must be there (RFC 3862 §6: our header profile). */
  standard(name: 'DateTime' | 'Message-ID'): string {
    return this.values.get(name) ?? this.need(name);
  }

  party(name: 'From' | 'To'): Party {
    const found = this.parties.get(name);
    if (found) return found;
    const [uri = '', called] = this.words(name) ?? missing(name);
    return called === undefined ? { uri } : { uri, name: called };
  }

  heading(): Heading {
    const trace = this.all('Hop-Trace').map(([install = '']) => install);
    return { from: this.party('From'), to: this.party('To'), time: this.standard('DateTime'), trace };
  }

  /** The words of a header that is there at most once. */
  words(name: string): readonly string[] | undefined {
    return this.ours.get(name)?.[0];
  }

  word(name: string): string | undefined {
    return this.words(name)?.[0];
  }

  need(name: string): string {
    return this.word(name) ?? missing(name);
  }

  /** A word out of a closed list; the first of the list where the header is absent. */
  oneOf<T extends string>(name: string, ...choices: readonly [T, ...T[]]): T {
    const word = this.word(name);
    return word === undefined ? choices[0] : oneOf(word, choices);
  }

  /** One that may be there many times. */
  all(name: string): readonly (readonly string[])[] {
    return this.ours.get(name) ?? [];
  }

  id(name: string): Id | undefined {
    const words = this.words(name);
    if (!words) return undefined;
    const [kind, strength, value] = words;
    if (kind === undefined || strength === undefined || value === undefined) throw wrong(name);
    return { kind, value, strong: oneOf(strength, ['strong', 'weak']) === 'strong' };
  }

  target(name: string): Target | undefined {
    const id = this.id(name);
    if (!id) return undefined;
    const author = this.word(`${name}-Author`);
    const excerpt = this.word(`${name}-Excerpt`);
    return { id, ...(author !== undefined && { author }), ...(excerpt !== undefined && { excerpt }) };
  }

  /** True if it is a header that we read; a second From or DateTime is not. */
  private take({ ns, name, value, address, lang, params }: Header): boolean {
    if (ns === ourNs) {
      const words = parseWords(value);
      if (!words) throw wrong(name);
      const before = this.ours.get(name);
      if (before) before.push(words);
      else this.ours.set(name, [words]);
      return true;
    }
    if (lang !== undefined || params !== undefined) return false;
    if (ns === undefined && (name === 'From' || name === 'To')) return keep(this.parties, name, address);
    const isStandard = ns === undefined ? name === 'DateTime' : ns === imdnNs && name === 'Message-ID';
    return isStandard && keep(this.values, name, value);
  }
}

export function oneOf<T extends string>(word: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === word);
  if (choice === undefined) throw wrong(word);
  return choice;
}

function keep<T>(into: Map<string, T>, name: string, value: T | undefined): boolean {
  if (value === undefined || into.has(name)) return false;
  into.set(name, value);
  return true;
}

function extension({ ns, name, lang, params, value }: Header): Extension {
  return { ns: ns ?? coreNs, name, ...(lang !== undefined && { lang }), ...(params !== undefined && { params }), value };
}

function missing(name: string): never {
  throw new CpimError('malformed', `no ${name}`, 0);
}

function wrong(name: string): CpimError {
  return new CpimError('malformed', `a header of ours with a wrong value: ${name}`, 0);
}
