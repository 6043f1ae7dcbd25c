import { afterEach, expect, test } from '@jest/globals';
import { type Bench, bench } from './fake-muc.ts';

// What keeps a new link from being made: the reason, and what somebody has to do about it.
const opened: Bench[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.stay.close();
});

function start(): Bench {
  const one = bench();
  opened.push(one);
  return one;
}

test.each([
  ['registration-required', 'members-only', /make rialto@bridge.example.org a member/],
  ['forbidden', 'banned', /lift the ban on rialto@bridge.example.org/],
  ['not-authorized', 'password', /remove the password/],
  ['service-unavailable', 'full', /full: let more occupants in/],
  ['not-allowed', 'forbidden', /make the room first/],
  ['item-not-found', 'unknown-target', /make the room first/],
  ['conflict', 'name-taken', /set another nick/],
])('a room that answers %s: %s', async (refuse, code, text) => {
  const { muc, stay } = start();
  muc.toListener = { refuse };
  expect(await stay.attach(undefined)).toEqual({ kind: 'refused', why: { code, text: expect.stringMatching(text) } });
  expect(stay.over).toBe(true);
});

test('a room that is made by entering it is left at once', async () => {
  const { muc, stay } = start();
  muc.toListener = { isNew: true };
  expect(await stay.attach(undefined)).toMatchObject({ kind: 'refused', why: { code: 'unknown-target' } });
  expect(muc.sent.at(-1)?.attrs).toMatchObject({ type: 'unavailable', to: 'cafe@muc.example.org/Rialto' });
});

test('a room that gives the listener no voice is left again', async () => {
  const { muc, stay } = start();
  muc.toListener = { role: 'visitor' };
  const voice = expect.stringContaining('give voice to rialto@bridge.example.org');
  expect(await stay.attach(undefined)).toEqual({ kind: 'refused', why: { code: 'moderated', text: voice } });
  expect(muc.sent.at(-1)?.attrs.type).toBe('unavailable');
});

test('a room without an archive is entered only if that is accepted', async () => {
  const { muc, stay } = start();
  muc.archive = false;
  const refused = { kind: 'refused', unless: 'no-archive', why: { text: expect.stringContaining('switch the archive on') } };
  expect(await stay.attach(undefined, { beside: [], accept: [] })).toMatchObject(refused);
  expect(muc.sent).toEqual([]);
  const second = bench({ muc, host: start().host });
  opened.push(second);
  expect(await second.stay.attach(undefined, { beside: [], accept: ['no-archive'] })).toMatchObject({
    kind: 'attached',
    warnings: [expect.stringContaining('no archive')],
  });
});

test('a link that was there before is taken up again without one', async () => {
  const { muc, stay } = start();
  muc.archive = false;
  expect(await stay.attach('s1')).toMatchObject({ kind: 'attached' });
});
