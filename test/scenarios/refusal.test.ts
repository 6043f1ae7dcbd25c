import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import { linkedRooms } from '../support/linked.ts';

describe.each(testDatabases())('refusals on $name', (engine) => {
  test('a ghost that may not enter is spoken for by the listener, and its person is told once', async () => {
    const { town, alpha, beta, query, close } = await linkedRooms(engine);
    beta.on = (job) => (job.as?.name === 'Tybalt' ? { kind: 'refused', why: { code: 'banned' }, scope: 'ghost' } : undefined);
    await alpha.says('alpha/a', 'Tybalt', 'peace?');
    await alpha.says('alpha/a', 'Romeo', 'indeed');
    await alpha.says('alpha/a', 'Tybalt', 'I hate the word');
    await eventually('all is heard', () => town.heard('beta/b').length === 3);
    expect(town.heard('beta/b')).toEqual(['Rialto: Tybalt: peace?', 'Romeo: indeed', 'Rialto: Tybalt: I hate the word']);
    expect(town.place('alpha/a').told).toEqual([{ kind: 'relayed', why: { code: 'banned' }, where: 'beta/b' }]);
    expect(await query(`select state, why from seat where state = 'relay'`)).toEqual([{ state: 'relay', why: 'banned' }]);
    await close();
  });

  test('a line that nobody may send is refused, the next one goes on, and the sender is told in the end', async () => {
    const { town, alpha, beta, query, close } = await linkedRooms(engine);
    beta.on = (job) => {
      const long = JSON.stringify(job.envelope.payload).length > 200;
      return long ? { kind: 'refused', why: { code: 'too-large' }, scope: 'entry' } : undefined;
    };
    alpha.host.state('down');
    await alpha.says('alpha/a', 'Romeo', 'long '.repeat(100));
    await alpha.says('alpha/a', 'Romeo', 'short');
    await eventually('the next is heard', () => town.heard('beta/b').length === 1);
    await eventually('it is owed', async () => (await query('select 1 from owed')).length === 1);
    expect(town.place('alpha/a').told).toEqual([]);
    alpha.host.state('up');
    await eventually('he is told', () => town.place('alpha/a').told.length === 1);
    await eventually('nothing is owed', async () => (await query('select 1 from owed')).length === 0);
    expect(town.heard('beta/b')).toEqual(['Romeo: short']);
    expect(town.place('alpha/a').told).toEqual([{ kind: 'refused', why: { code: 'too-large' }, where: 'beta/b' }]);
    await close();
  });

  test('a line fails five times for its own sake and no more', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine);
    let tries = 0;
    beta.on = (job) => {
      if (!JSON.stringify(job.envelope.payload).includes('cursed')) return undefined;
      tries += 1;
      return { kind: 'retry', why: { code: 'internal' }, scope: 'entry', done: [], afterMs: 1 };
    };
    await alpha.says('alpha/a', 'Romeo', 'cursed');
    await alpha.says('alpha/a', 'Romeo', 'fine');
    await eventually('the next is heard', () => town.heard('beta/b').length === 1);
    expect(tries).toBe(5);
    await eventually('he is told', () => town.place('alpha/a').told.length === 1);
    await close();
  });

  test('lines expire by age while their network is down, and the senders are told', async () => {
    const { town, query, close } = await linkedRooms(engine);
    town.expiryHours = 0.5 / 3600;
    const { alpha, beta } = await town.bridge();
    await eventually('the rooms are entered', () => alpha.attached.has('alpha/a') && beta.attached.has('beta/b'));
    let tries = 0;
    beta.on = () => {
      tries += 1;
      beta.host.state('down');
      return { kind: 'retry', why: { code: 'unreachable' }, scope: 'network', done: [], afterMs: 1 };
    };
    await alpha.says('alpha/a', 'Romeo', 'tried before the network went');
    await eventually('it is tried', () => tries === 1);
    await alpha.says('alpha/a', 'Juliet', 'said while it is away');
    await eventually('both are told', () => town.place('alpha/a').told.length === 2);
    expect(town.place('alpha/a').told.map(({ kind, why }) => [kind, why.code])).toEqual([
      ['refused', 'expired'],
      ['refused', 'expired'],
    ]);
    beta.on = () => undefined;
    beta.host.state('up');
    await alpha.says('alpha/a', 'Romeo', 'said in time');
    await eventually('the next is heard', () => town.heard('beta/b').length === 1);
    expect(town.heard('beta/b')).toEqual(['Romeo: said in time']);
    await eventually('nothing waits', async () => (await query(`select 1 from copy where state = 'refused'`)).length === 2);
    await close();
  });

  test('lines expire by age also when the bridge starts while their network is down', async () => {
    const { town, alpha, beta, query, close } = await linkedRooms(engine);
    beta.on = () => ({ kind: 'retry', why: { code: 'unreachable' }, scope: 'network', done: [], afterMs: 1 });
    await alpha.says('alpha/a', 'Romeo', 'tried before the bridge ended');
    town.expiryHours = 0.5 / 3600;
    const next = await town.bridge((_, b) => (b.isAway = true));
    await eventually('the one side is entered', () => next.alpha.attached.has('alpha/a'));
    await next.alpha.says('alpha/a', 'Juliet', 'said while it is away');
    await eventually('both are told', () => town.place('alpha/a').told.length === 2);
    expect(town.place('alpha/a').told.map(({ kind, why }) => [kind, why.code])).toEqual([
      ['refused', 'expired'],
      ['refused', 'expired'],
    ]);
    expect(await query(`select 1 from copy where state = 'refused'`)).toHaveLength(2);
    next.beta.host.state('up');
    await eventually('the other side is entered', () => next.beta.attached.has('beta/b'));
    await next.alpha.says('alpha/a', 'Romeo', 'said in time');
    await eventually('the next is heard', () => town.heard('beta/b').length === 1);
    expect(town.heard('beta/b')).toEqual(['Romeo: said in time']);
    await close();
  });

  test('a link that would close a circle, or exists, is refused and changes nothing', async () => {
    const { town, alpha, close } = await linkedRooms(engine);
    await town.ask('link', { first: 'alpha/c', second: 'beta/d' });
    await expect(town.ask('link', { first: 'alpha/a', second: 'beta/b' })).rejects.toThrow('linked already');
    await expect(town.ask('link', { first: 'alpha/a', second: 'beta/d' })).rejects.toThrow('circle');
    await expect(town.ask('link', { first: 'nowhere', second: 'beta/b' })).rejects.toThrow('no address of a room');
    alpha.refuses = { kind: 'refused', why: { code: 'members-only', text: 'make the listener a member' } };
    await expect(town.ask('link', { first: 'alpha/x', second: 'beta/y' })).rejects.toThrow('make the listener a member');
    alpha.refuses = undefined;
    await town.ask('link', { first: 'alpha/x', second: 'beta/y' });
    await alpha.says('alpha/x', 'Romeo', 'now it works');
    await eventually('it is heard', () => town.heard('beta/y').length === 1);
    await close();
  });

  test('a risk is refused until it is accepted; each place knows what shares its room', async () => {
    const { town, alpha, beta, close } = await linkedRooms(engine);
    alpha.refuses = { kind: 'refused', why: { code: 'unsupported', text: 'no archive: switch it on' }, unless: 'no-archive' };
    const wanted = { first: 'alpha/x', second: 'beta/b' };
    await expect(town.ask('link', wanted)).rejects.toMatchObject({ message: 'no archive: switch it on', unless: 'no-archive' });
    await expect(town.ask('link', { ...wanted, accept: ['relay'] })).rejects.toMatchObject({ unless: 'no-archive' });
    await expect(town.ask('link', { ...wanted, accept: ['all'] })).rejects.toThrow(/accept/);
    expect(beta.neighbours.get('beta/b')).toEqual(['alpha: alpha/a']);
    await town.ask('link', { ...wanted, accept: ['no-archive'] });
    expect(beta.neighbours.get('beta/b')).toEqual(['alpha: alpha/a', 'alpha: alpha/x']);
    expect(alpha.neighbours.get('alpha/x')).toEqual(['alpha: alpha/a', 'beta: beta/b']);
    await town.ask('unlink', { address: 'alpha/a' });
    await eventually('they are told', () => beta.neighbours.get('beta/b')?.length === 1);
    expect(beta.neighbours.get('beta/b')).toEqual(['alpha: alpha/x']);
    await close();
  });

  test('a room that throws us out is shown as what it is, and the other side stays', async () => {
    const { town, alpha, close } = await linkedRooms(engine);
    alpha.host.gone(alpha.endpoint('alpha/a'), { code: 'banned', text: 'the listener is banned: lift the ban' });
    const { links } = (await town.ask('links', {})) as {
      links: { endpoints: { address: string; state: string; trouble?: string }[] }[];
    };
    const shown = links.flatMap((link) => link.endpoints).map(({ address, state, trouble }) => ({ address, state, trouble }));
    expect(shown).toContainEqual({ address: 'alpha/a', state: 'entering', trouble: 'the listener is banned: lift the ban' });
    expect(shown).toContainEqual({ address: 'beta/b', state: 'active', trouble: undefined });
    await close();
  });
});
