import { CpimError } from '../error.ts';
import { elements, text, type XmlElement } from '../xml/element.ts';
import { isLanguage, xmlAttribute, xmlText } from '../xml/write.ts';
import type { Note } from './pidf.ts';

/** The notes that stand in an element itself; undefined if there are none. */
export function parseNotes(of: XmlElement, ns: string): Note[] | undefined {
  const found = elements(of, ns, 'note');
  if (found.length === 0) return undefined;
  return found.map(parseNote);
}

export function parseNote(note: XmlElement): Note {
  return note.lang === undefined ? { text: text(note) } : { text: text(note), lang: note.lang };
}

export function formatNotes(notes: readonly Note[] = [], name = 'note'): string {
  return notes.map((note) => formatNote(note, name)).join('');
}

function formatNote({ text, lang }: Note, name: string): string {
  if (lang !== undefined && !isLanguage(lang)) throw new CpimError('malformed', 'not a language tag', 0);
  return `<${name}${xmlAttribute('xml:lang', lang)}>${xmlText(text)}</${name}>`;
}
