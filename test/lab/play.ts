import type { Lab, Pair } from './lab.ts';
import type { Person } from './person.ts';
import { until } from './process.ts';
import { roomOf, type Spoken, settled } from './talk.ts';

type Act = { readonly who: string } & (
  | { readonly says: string }
  | { readonly does: string }
  | { readonly is: string }
  | { readonly enters: true }
);

const play: readonly Act[] = [
  { who: 'Juliet', says: 'Good evening from the XMPP side! Who is out there?' },
  { who: 'Alice', says: 'Alice and Bob here, on Matrix. We hear you 👋' },
  { who: 'Bob', does: 'waves across the Grand Canal' },
  { who: 'Juliet', does: 'waves back' },
  { who: 'Alice', says: 'Does it take <b>anything</b>? Ampersands & quotes "like" \'these\'? שלום, 你好, żółć 🏳️‍🌈' },
  { who: 'Juliet', says: 'All of it, as you typed it. مرحبا!' },
  { who: 'Romeo', enters: true },
  { who: 'Romeo', says: 'Sorry I am late. What did I miss?' },
  { who: 'Bob', says: 'Only the weather. You have a seat of your own now, as everybody here.' },
  { who: 'Alice', is: 'Alice L.' },
  { who: 'Alice', says: 'And now I have another name.' },
  { who: 'Juliet', is: 'Juliet C.' },
  { who: 'Juliet', says: 'So have I. A room by any other name …' },
  { who: 'Romeo', does: 'smiles' },
];

/** A short conversation of four people; each waits until the one before has been heard. Returns what was said. */
export async function perform(lab: Lab, pair: Pair, shown: () => void): Promise<Spoken[]> {
  const cast = new Map<string, Person>([...lab.xmpp, ...lab.matrix].map((person) => [person.name, person]));
  const romeo = cast.get('Romeo');
  const here = new Set([...cast.values()].filter((person) => person !== romeo));
  await romeo?.leave(pair.xmpp);
  const spoken: Spoken[] = [];
  for (const act of play) {
    const person = cast.get(act.who);
    if (!person) throw new Error(`${act.who} is not in the cast`);
    if ('enters' in act) {
      await lab.xmpp.find((one) => one === person)?.join(pair.xmpp);
      here.add(person);
    } else if ('is' in act) {
      await rename(lab, pair, person, act.is);
    } else {
      const text = 'does' in act ? `/me ${act.does}` : act.says;
      const line = { by: person.name, side: person.side, text, pair, at: Date.now(), listeners: [...here] };
      await ('does' in act ? person.emote(roomOf(pair, person), act.does) : person.say(roomOf(pair, person), act.says));
      spoken.push(line);
      await settled([line], 10_000);
      shown();
    }
  }
  return spoken;
}

/** The new name is there when the people of both sides see it. */
async function rename(lab: Lab, pair: Pair, person: Person, name: string): Promise<void> {
  await person.rename(name, roomOf(pair, person));
  person.name = name;
  const witnesses = [...lab.xmpp, ...lab.matrix].filter((one) => one !== person);
  await until(`everybody sees ${name}`, () => witnesses.every((one) => one.present(roomOf(pair, one)).includes(name)), {
    ms: 10_000,
  });
}
