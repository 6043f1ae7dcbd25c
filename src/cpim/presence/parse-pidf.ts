import { attribute, collapsed, element, elements, word, wrong, type XmlElement } from '../xml/element.ts';
import { readXml } from '../xml/read.ts';
import { parseNote, parseNotes } from './note.ts';
import { parsePerson } from './person.ts';
import { type Basic, dataModelNs, imNs, type Note, type Pidf, pidfNs, type TimedStatus, type Tuple, timedNs } from './pidf.ts';
import { isPriority } from './priority.ts';

/**
 * Reads a document as people send it: elements in the wrong order and ids that are no XML ID are taken, what is unknown is passed
 * over with all that is in it (RFC 3863 §4.2.3). `showNs` is the namespace of `show`. Throws a CpimError.
 */
export function parsePidf(xml: string, showNs: string): Pidf {
  const root = readXml(xml);
  if (root.ns !== pidfNs || root.name !== 'presence') throw wrong(root, 'not a presence document');
  const entity = attribute(root, 'entity');
  if (entity === undefined) throw wrong(root, 'a presence of nobody');
  const tuples = elements(root, pidfNs, 'tuple').map((tuple) => parseTuple(tuple, showNs));
  const notes = parseNotes(root, pidfNs);
  const persons = elements(root, dataModelNs, 'person').flatMap(parsePerson);
  return {
    entity: collapsed(entity),
    ...(tuples.length > 0 && { tuples }),
    ...(notes && { notes }),
    ...(persons.length > 0 && { persons }),
  };
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** Of what may be there once, the first counts. One pass: a presence is the document that comes most often. */
function parseTuple(of: XmlElement, showNs: string): Tuple {
  const id = attribute(of, 'id');
  if (id === undefined) throw wrong(of, 'a tuple without an id');
  const tuple: Draft<Tuple> = { id: collapsed(id) };
  let status: XmlElement | undefined;
  let contact: XmlElement | undefined;
  const notes: Note[] = [];
  const timed: TimedStatus[] = [];
  for (const child of of.children) {
    if (typeof child === 'string') continue;
    if (child.ns === timedNs && child.name === 'timed-status') timed.push(...parseTimed(child));
    if (child.ns !== pidfNs) continue;
    if (child.name === 'status') status ??= child;
    else if (child.name === 'contact') contact ??= child;
    else if (child.name === 'timestamp') tuple.timestamp ??= word(child);
    else if (child.name === 'note') notes.push(parseNote(child));
  }
  if (status) parseStatus(status, showNs, tuple);
  if (contact) parseContact(contact, tuple);
  if (notes.length > 0) tuple.notes = notes;
  if (timed.length > 0) tuple.timed = timed;
  return tuple;
}

function parseStatus(of: XmlElement, showNs: string, tuple: Draft<Tuple>): void {
  const basic = parseBasic(of, pidfNs);
  const show = extended(of, showNs, 'show');
  const im = extended(of, imNs, 'im');
  if (basic !== undefined) tuple.basic = basic;
  if (show !== undefined) tuple.show = show;
  if (im !== undefined) tuple.im = im;
}

function parseContact(of: XmlElement, tuple: Draft<Tuple>): void {
  tuple.contact = word(of);
  const priority = attribute(of, 'priority');
  // RFC 3863 §4.1.5: one out of range counts as absent.
  if (priority !== undefined && isPriority(collapsed(priority))) tuple.priority = collapsed(priority);
}

function parseBasic(of: XmlElement, ns: string): Basic | undefined {
  const basic = element(of, ns, 'basic');
  if (basic === undefined) return undefined;
  const value = word(basic);
  if (value !== 'open' && value !== 'closed') throw wrong(basic, 'neither open nor closed');
  return value;
}

/** An extension with a part that must be understood, and that we do not, is as good as absent (RFC 3863 §4.2.3). */
function extended(status: XmlElement, ns: string, name: string): string | undefined {
  const found = element(status, ns, name);
  return found === undefined || hasDemand(found) ? undefined : word(found);
}

function hasDemand(of: XmlElement): boolean {
  return of.children.some((child) => typeof child !== 'string' && (demands(child) || hasDemand(child)));
}

function demands({ attributes }: XmlElement): boolean {
  return attributes.some(({ ns, name, value }) => ns === pidfNs && name === 'mustUnderstand' && /^\s*(?:1|true)\s*$/.test(value));
}

/** One that says no beginning says nothing. The schema of RFC 4481 has `basic` in its own namespace, others write that of PIDF. */
function parseTimed(of: XmlElement): TimedStatus[] {
  const from = attribute(of, 'from');
  if (from === undefined) return [];
  const until = attribute(of, 'until');
  const basic = parseBasic(of, timedNs) ?? parseBasic(of, pidfNs);
  return [
    { from: collapsed(from), ...(until !== undefined && { until: collapsed(until) }), ...(basic !== undefined && { basic }) },
  ];
}
