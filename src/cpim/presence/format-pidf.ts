import { CpimError } from '../error.ts';
import { isDateTime } from '../time.ts';
import { isNcName, xmlAttribute, xmlDeclaration, xmlLeaf, xmlText } from '../xml/write.ts';
import { formatNotes } from './note.ts';
import { formatPerson } from './person.ts';
import { imNs, type Pidf, pidfNs, type TimedStatus, type Tuple, timedNs } from './pidf.ts';
import { isPriority } from './priority.ts';

/**
 * Writes a document that is valid for RFC 3863 §4.4 and for the text of §4.1; throws a CpimError, `malformed`, where it would not be.
 * `showNs` is the namespace of `show`.
 */
export function formatPidf({ entity, tuples = [], notes, persons = [] }: Pidf, showNs: string): string {
  if (!entity) throw malformed('a presence of nobody');
  checkIds([...tuples, ...persons]);
  const head = `${opening}${xmlAttribute('entity', entity)}>`;
  const content = tuples.map((tuple) => formatTuple(tuple, showNs)).join('') + formatNotes(notes);
  return `${xmlDeclaration}${head}${content}${persons.map(formatPerson).join('')}</presence>`;
}

const opening = `<presence${xmlAttribute('xmlns', pidfNs)}`;

/** XML IDs, each once in a document. */
function checkIds(holders: readonly { readonly id: string }[]): void {
  const ids = new Set<string>();
  for (const { id } of holders) {
    if (!isNcName(id)) throw malformed('an id that is no XML ID');
    if (ids.has(id)) throw malformed('an id that is there twice');
    ids.add(id);
  }
}

function formatTuple(tuple: Tuple, showNs: string): string {
  const { id, notes, timestamp, timed = [] } = tuple;
  if (timestamp !== undefined && !isDateTime(timestamp)) throw malformed('not a timestamp');
  const extensions = timed.map(formatTimed).join('');
  const status = `<status>${formatStatus(tuple, showNs)}</status>`;
  const content = `${status}${extensions}${formatContact(tuple)}${formatNotes(notes)}${xmlLeaf('timestamp', timestamp)}`;
  return `<tuple${xmlAttribute('id', id)}>${content}</tuple>`;
}

function formatStatus({ basic, im, show }: Tuple, showNs: string): string {
  if (basic === undefined && im === undefined && show === undefined) throw malformed('a status that says nothing');
  return `${formatBasic('basic', basic)}${formatExtension('im', imNs, im)}${formatExtension('show', showNs, show)}`;
}

function formatBasic(name: string, basic: string | undefined): string {
  if (basic !== undefined && basic !== 'open' && basic !== 'closed') throw malformed('neither open nor closed');
  return xmlLeaf(name, basic);
}

function formatExtension(name: string, ns: string, value: string | undefined): string {
  return value === undefined ? '' : `<${name}${xmlAttribute('xmlns', ns)}>${xmlText(value)}</${name}>`;
}

function formatContact({ contact, priority }: Tuple): string {
  if (priority !== undefined && !isPriority(priority)) throw malformed('not a priority');
  if (contact !== undefined) return `<contact${xmlAttribute('priority', priority)}>${xmlText(contact)}</contact>`;
  if (priority !== undefined) throw malformed('a priority of no contact');
  return '';
}

function formatTimed({ from, until, basic }: TimedStatus): string {
  if (!isDateTime(from) || (until !== undefined && !isDateTime(until))) throw malformed('not a time');
  const attributes = xmlAttribute('xmlns:ts', timedNs) + xmlAttribute('from', from) + xmlAttribute('until', until);
  return `<ts:timed-status${attributes}>${formatBasic('ts:basic', basic)}</ts:timed-status>`;
}

function malformed(what: string): CpimError {
  return new CpimError('malformed', what, 0);
}
