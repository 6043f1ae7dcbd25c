import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { installPostgres, installSynapse, Missing } from '../lab/install.ts';
import { type Lab, type LabOptions, type Pair, startLab } from '../lab/lab.ts';
import type { MatrixPerson } from '../lab/matrix-person.ts';
import type { Line, Person } from '../lab/person.ts';
import { until } from '../lab/process.ts';
import { Progress } from '../lab/progress.ts';
import { roomOf } from '../lab/talk.ts';
import type { XmppPerson } from '../lab/xmpp-person.ts';
import { installXmpp } from '../lab/xmpp-server.ts';

/** The servers of one test file and the people on them; filled in before the first test. */
export interface Shared {
  lab: Lab;
  juliet: XmppPerson;
  romeo: XmppPerson;
  alice: MatrixPerson;
  bob: MatrixPerson;
}

/** matrix-js-sdk never clears the 110 s that it gives to each request: they must not keep a finished run alive. */
function letLongTimersGo(): void {
  const real = globalThis.setTimeout;
  const loose = (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): NodeJS.Timeout => {
    const timer = real(work, ms, ...args);
    return ms > 60_000 ? timer.unref() : timer;
  };
  globalThis.setTimeout = Object.assign(loose, real) as typeof setTimeout;
}

/** Which servers; without it the lab's own choice. */
export type With = Pick<LabOptions, 'db' | 'xmpp'>;

/** What the whole suites run on: each server and each engine once. */
export const settings = [
  { xmpp: 'prosody', db: 'embedded' },
  { xmpp: 'ejabberd', db: 'postgres' },
] as const satisfies readonly With[];

/** The other pairings: there people talk. */
export const otherSettings = [
  { xmpp: 'prosody', db: 'postgres' },
  { xmpp: 'ejabberd', db: 'embedded' },
] as const satisfies readonly With[];

async function install({ db, xmpp }: With): Promise<void> {
  if (db === 'postgres') await installPostgres(new Progress());
  await installXmpp(xmpp ?? 'prosody', new Progress());
  await installSynapse(new Progress());
}

/** `describe` where servers can be had; else it says why not, and skips. With CI=true a server that is missing is a failure. */
export async function describeWhere(name: string, installed: () => Promise<void>, tests: () => void): Promise<void> {
  try {
    await installed();
  } catch (error) {
    if (!(error instanceof Missing) || process.env.CI === 'true') throw error;
    process.stderr.write(`\nSKIPPED: ${name}: ${error.message}\n`);
    // biome-ignore lint/suspicious/noSkippedTests: this machine cannot have the servers
    describe.skip(name, tests);
    return;
  }
  describe(name, tests);
}

/** A lab of real servers for some tests. */
export async function describeWithServers(name: string, tests: (shared: Shared) => void, on: With = {}): Promise<void> {
  await describeWhere(
    name,
    () => install(on),
    () => {
      const shared = {} as Shared;
      const folder = mkdtempSync(join(tmpdir(), 'rialto-e2e-'));
      beforeAll(async () => {
        letLongTimersGo();
        const lab = await startLab({ ...on, folder, users: 2, rooms: 1, restart: true, progress: new Progress() });
        const [juliet, romeo] = lab.xmpp;
        const [alice, bob] = lab.matrix;
        Object.assign(shared, { lab, juliet, romeo, alice, bob });
      }, 180_000);
      afterAll(async () => {
        if (!shared.lab) return;
        await shared.lab.stop();
        if (process.env.KEEP === undefined) rmSync(folder, { recursive: true, force: true });
        else process.stderr.write(`\nkept: ${folder}\n`);
      }, 60_000);
      tests(shared);
    },
  );
}

export function logOf({ lab }: Shared): string {
  return readFileSync(lab.rialto.log, 'utf8');
}

export function everybody({ juliet, romeo, alice, bob }: Shared): readonly Person[] {
  return [juliet, romeo, alice, bob];
}

export function heard(person: Person, pair: Pair): readonly Line[] {
  return person.heard(roomOf(pair, person));
}

export function present(person: Person, pair: Pair): readonly string[] {
  return person.present(roomOf(pair, person));
}

/** Who says what, as a list of `Name: text`. */
export function shown(person: Person, pair: Pair): string[] {
  return heard(person, pair).map(({ by, text }) => `${by}: ${text}`);
}

export async function say(person: Person, pair: Pair, text: string): Promise<void> {
  await person.say(roomOf(pair, person), text);
}

export async function hears(person: Person, pair: Pair, text: string, ms = 20_000): Promise<void> {
  await until(`${person.name} hears “${text}”`, () => heard(person, pair).some((line) => line.text === text), { ms }).catch(
    (error) => {
      throw new Error(`${String(error)}; he heard:\n${shown(person, pair).slice(-8).join('\n')}`);
    },
  );
}

/** Every one of these people sees that one under this name. */
export async function sees(people: readonly Person[], pair: Pair, name: string): Promise<void> {
  for (const person of people)
    await until(`${person.name} sees ${name}`, () => present(person, pair).includes(name), { ms: 15_000 });
}

export async function seesNoMore(people: readonly Person[], pair: Pair, name: string): Promise<void> {
  for (const person of people)
    await until(`${person.name} sees no ${name} any more`, () => !present(person, pair).includes(name), { ms: 15_000 });
}

let marks = 0;

export interface Scene {
  readonly speaker: Person;
  readonly pair: Pair;
  readonly listeners: readonly Person[];
}

/**
 * What each listener is shown between now and a line that the speaker says after `act`. Lines of one room stay in order, so
 * whatever `act` made has come by then.
 */
export async function shownBy({ speaker, pair, listeners }: Scene, act: () => Promise<unknown>): Promise<Line[][]> {
  const before = listeners.map((one) => heard(one, pair).length);
  await act();
  marks += 1;
  const end = `that was ${marks}`;
  await say(speaker, pair, end);
  for (const one of listeners) await hears(one, pair, end);
  return listeners.map((one, n) =>
    heard(one, pair)
      .slice(before[n])
      .filter(({ text }) => text !== end),
  );
}

/** `act` shows every listener exactly one line, this one. */
export async function oneLine(scene: Scene, text: string, act: () => Promise<unknown>): Promise<void> {
  for (const lines of await shownBy(scene, act)) {
    expect(lines.map((line) => [line.by, line.text])).toEqual([[scene.speaker.name, text]]);
  }
}
