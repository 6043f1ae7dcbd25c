import { describe, expect, test } from '@jest/globals';
import { eventually, Town } from '../support/bridge.ts';
import { testDatabases } from '../support/database.ts';
import type { FakeNetwork } from '../support/fake-network.ts';

/** Where the two talk, as each network calls it. */
const onAlpha = 'romeo ghost-of-juliet';
const onBeta = 'juliet ghost-of-alpha-key:romeo';
const juliet = { network: 'beta', native: 'juliet' };

describe.each(testDatabases())('direct chats on $name', ({ create }) => {
  async function town(prepare?: (town: Town) => void): Promise<{
    town: Town;
    rooms(): Promise<unknown[]>;
    close(): Promise<void>;
  }> {
    const made = await create();
    const one = new Town(made.db);
    prepare?.(one);
    const rooms = (): Promise<unknown[]> =>
      made.db.query(`select r.kind, count(e.*)::int as endpoints from room r join endpoint e using (tenant_id, room_id)
                      where e.state = 'active' group by r.room_id, r.kind`);
    const close = async (): Promise<void> => {
      await one.close();
      await made.drop();
    };
    return { town: one, rooms, close };
  }

  test('who writes to a ghost is heard by whom it stands for, and answered; nobody has linked anything', async () => {
    const { town: place, rooms, close } = await town();
    const { alpha, beta } = await place.bridge();
    expect(await alpha.writes('romeo', juliet, 'good night')).toEqual([{ kind: 'stored' }]);
    await eventually('juliet hears it', () => place.heard(onBeta).length === 1);
    await beta.says(onBeta, 'juliet', 'a thousand times good night');
    await eventually('romeo hears the answer', () => place.heard(onAlpha).length === 1);
    expect(place.heard(onBeta)).toEqual(['romeo: good night']);
    expect(place.heard(onAlpha)).toEqual(['juliet: a thousand times good night']);
    expect(await rooms()).toEqual([{ kind: 'direct', endpoints: 2 }]);
    await close();
  });

  test('lines at once make one room, also over a crash', async () => {
    const { town: place, rooms, close } = await town();
    const { alpha } = await place.bridge();
    await Promise.all(['one', 'two', 'three'].map((text) => alpha.writes('romeo', juliet, text)));
    const second = await place.bridge();
    await second.alpha.writes('romeo', juliet, 'four');
    await eventually('all are heard', () => place.heard(onBeta).length === 4);
    expect(place.heard(onBeta).at(-1)).toBe('romeo: four');
    expect(await rooms()).toEqual([{ kind: 'direct', endpoints: 2 }]);
    await close();
  });

  test('a room that is made with the first line is where the chat is from then on, also after a restart', async () => {
    const { town: place, rooms, close } = await town();
    const into = (network: FakeNetwork): void => {
      network.on = async (job) => {
        if (job.at.address.native === onBeta) await network.host.moved(job.at, { native: 'beta/made', uri: 'im:made@fake' });
        return undefined;
      };
    };
    const first = await place.bridge((_, beta) => into(beta));
    await first.alpha.writes('romeo', juliet, 'one');
    await eventually('it is heard', () => place.heard('beta/made').length === 1);
    await first.stop();
    const second = await place.bridge((_, beta) => into(beta));
    await second.alpha.writes('romeo', juliet, 'two');
    await eventually('it is heard there', () => place.heard('beta/made').length === 2);
    expect(await rooms()).toEqual([{ kind: 'direct', endpoints: 2 }]);
    await close();
  });

  test.each([
    ['nobody of that name', { network: 'beta', native: 'nobody' }, 'unknown-target'],
    ['no network of that name', { network: 'gamma', native: 'juliet' }, 'unknown-target'],
    ['somebody of the same network', { network: 'alpha', native: 'juliet' }, 'unknown-target'],
  ])('%s cannot be written to', async (_, other, code) => {
    const { town: place, rooms, close } = await town();
    const { alpha } = await place.bridge();
    expect(await alpha.writes('romeo', other, 'hello?')).toMatchObject({ code });
    expect(await rooms()).toEqual([]);
    await close();
  });

  test('a bridge of which it is not wanted refuses', async () => {
    const { town: place, close } = await town((one) => {
      one.directChats = false;
    });
    const { alpha } = await place.bridge();
    expect(await alpha.writes('romeo', juliet, 'hello?')).toMatchObject({ code: 'policy' });
    await close();
  });

  test('who begins chats with all the world is told to wait; the chats that he has, and everybody else, go on', async () => {
    const { town: place, close } = await town();
    const { alpha } = await place.bridge();
    for (let nth = 0; nth < 60; nth++) {
      expect(await alpha.writes('romeo', { network: 'beta', native: `juliet-${nth}` }, 'hello')).toEqual([{ kind: 'stored' }]);
    }
    expect(await alpha.writes('romeo', juliet, 'hello')).toMatchObject({ code: 'overload' });
    expect(await alpha.writes('romeo', { network: 'beta', native: 'juliet-7' }, 'hello again')).toEqual([{ kind: 'stored' }]);
    expect(await alpha.writes('mercutio', juliet, 'hello')).toEqual([{ kind: 'stored' }]);
    await close();
  });

  test('what comes back after all is told to who said it', async () => {
    const { town: place, close } = await town();
    const { alpha, beta } = await place.bridge();
    await alpha.writes('romeo', juliet, 'good night');
    await eventually('juliet hears it', () => place.heard(onBeta).length === 1);
    const key = place.place(onBeta).lines[0]?.key ?? '';
    const why = { code: 'unknown-target', text: 'she has gone' } as const;
    const late = { kind: 'late', at: beta.endpoint(onBeta), key, why } as const;
    expect(await beta.host.accept([late])).toEqual([{ kind: 'stored' }]);
    await eventually('romeo is told', () => place.place(onAlpha).told.length === 1);
    expect(place.place(onAlpha).told).toEqual([{ kind: 'refused', why, where: 'juliet' }]);
    await close();
  });

  test('when one of the two has left, the next line begins a new chat', async () => {
    const { town: place, rooms, close } = await town();
    const { alpha, beta } = await place.bridge();
    await alpha.writes('romeo', juliet, 'one');
    await eventually('juliet hears it', () => place.heard(onBeta).length === 1);
    beta.host.gone(beta.endpoint(onBeta), { code: 'gone' });
    await eventually('the chat has ended', async () => (await rooms()).length === 0);
    await eventually('another can begin', async () => Array.isArray(await alpha.writes('romeo', juliet, 'two')));
    await eventually('juliet hears it, too', () => place.heard(onBeta).length === 2);
    expect(await rooms()).toEqual([{ kind: 'direct', endpoints: 2 }]);
    await close();
  });
});
