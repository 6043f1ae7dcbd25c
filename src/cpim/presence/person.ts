import { CpimError } from '../error.ts';
import { isDateTime } from '../time.ts';
import { attribute, collapsed, element, elements, text, word, type XmlElement } from '../xml/element.ts';
import { isNcName, xmlAttribute, xmlLeaf, xmlText } from '../xml/write.ts';
import { formatNotes, parseNotes } from './note.ts';
import { cipidNs, dataModelNs, type Person, rpidNs, type UserInput } from './pidf.ts';

/** RFC 4479 §3.3 with RFC 4480 and 4482. One without an id is passed over. */
export function parsePerson(of: XmlElement): Person[] {
  const id = attribute(of, 'id');
  if (id === undefined) return [];
  const activities = names(element(of, rpidNs, 'activities'));
  const mood = element(of, rpidNs, 'mood');
  const moods = names(mood);
  const moodNote = mood && element(mood, rpidNs, 'note');
  const userInput = parseUserInput(element(of, rpidNs, 'user-input'));
  const notes = parseNotes(of, dataModelNs);
  return [
    {
      id: collapsed(id),
      ...(activities && { activities }),
      ...(moods && { moods }),
      ...(moodNote && { moodNote: text(moodNote) }),
      ...(userInput && { userInput }),
      ...parseCard(of),
      ...(notes && { notes }),
    },
  ];
}

/** An activity or a mood is the name of an element. */
function names(of: XmlElement | undefined): string[] | undefined {
  const found = of === undefined ? [] : elements(of, rpidNs).filter(({ name }) => name !== 'note');
  return found.length === 0 ? undefined : found.map(({ name }) => name);
}

function parseUserInput(of: XmlElement | undefined): UserInput | undefined {
  const state = of && word(of);
  if (of === undefined || (state !== 'active' && state !== 'idle')) return undefined;
  const lastInput = attribute(of, 'last-input');
  const threshold = collapsed(attribute(of, 'idle-threshold') ?? '');
  return {
    state,
    ...(lastInput !== undefined && { lastInput: collapsed(lastInput) }),
    ...(isSeconds.test(threshold) && { idleThreshold: Number(threshold) }),
  };
}

const isSeconds = /^\+?0*[1-9]\d{0,8}$/;

const card = { card: 'card', displayName: 'display-name', homepage: 'homepage', icon: 'icon' } as const;
const cardMembers = Object.entries(card) as readonly [keyof typeof card, string][];

function parseCard(of: XmlElement): Partial<Record<keyof typeof card, string>> {
  const found: Partial<Record<keyof typeof card, string>> = {};
  for (const [member, name] of cardMembers) {
    const one = element(of, cipidNs, name);
    // The name is for people: its spaces are theirs.
    if (one) found[member] = member === 'displayName' ? text(one) : word(one);
  }
  return found;
}

/** Throws a CpimError for what would not be valid. */
export function formatPerson(person: Person): string {
  const { id, activities = [], userInput, notes } = person;
  const declared = xmlAttribute('xmlns:dm', dataModelNs) + xmlAttribute('xmlns:rpid', rpidNs) + xmlAttribute('xmlns:c', cipidNs);
  const wrapped = activities.length > 0 ? `<rpid:activities>${formatNames(activities)}</rpid:activities>` : '';
  const cards = cardMembers.map(([member, name]) => xmlLeaf(`c:${name}`, person[member])).join('');
  const content = `${wrapped}${formatMood(person)}${formatUserInput(userInput)}${cards}${formatNotes(notes, 'dm:note')}`;
  return `<dm:person${declared}${xmlAttribute('id', id)}>${content}</dm:person>`;
}

function formatMood({ moods = [], moodNote }: Person): string {
  if (moods.length === 0 && moodNote === undefined) return '';
  // RFC 4480 §3.5: a mood has a value at least.
  if (moods.length === 0) throw new CpimError('malformed', 'a note of no mood', 0);
  return `<rpid:mood>${xmlLeaf('rpid:note', moodNote)}${formatNames(moods)}</rpid:mood>`;
}

function formatNames(list: readonly string[]): string {
  return list.map(formatName).join('');
}

function formatName(name: string): string {
  if (!isNcName(name) || name === 'note') throw new CpimError('malformed', 'not the name of an activity or a mood', 0);
  return `<rpid:${name}/>`;
}

function formatUserInput(input: UserInput | undefined): string {
  if (input === undefined) return '';
  const { state, lastInput, idleThreshold } = input;
  const isValid = /^(?:active|idle)$/.test(state) && (lastInput === undefined || isDateTime(lastInput));
  if (!isValid || (idleThreshold !== undefined && !isSeconds.test(String(idleThreshold)))) {
    throw new CpimError('malformed', 'not a user input', 0);
  }
  const threshold = idleThreshold === undefined ? undefined : String(idleThreshold);
  const attributes = xmlAttribute('idle-threshold', threshold) + xmlAttribute('last-input', lastInput);
  return `<rpid:user-input${attributes}>${xmlText(state)}</rpid:user-input>`;
}
