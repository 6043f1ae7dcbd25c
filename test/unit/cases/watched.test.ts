import { describe, expect, test } from '@jest/globals';
import type { Notify } from '../../../src/cpim/presence/cpp.ts';
import { parsePidf } from '../../../src/cpim/presence/parse-pidf.ts';
import { isValidPidf } from '../../../src/cpim/presence/valid-pidf.ts';
import { atWatched, noSubscriptions, type Subscriptions } from '../../../src/cpim/subscription/book.ts';
import type { WatchedInput, WatchedOutput } from '../../../src/cpim/subscription/watched.ts';
import { watchedStanzas } from '../../../src/networks/xmpp/cpim/approvals.ts';
import { presenceToCpp } from '../../../src/networks/xmpp/cpim/to-cpp.ts';
import { readElement } from '../../../src/networks/xmpp/wire/read.ts';
import { juliet, line, romeo, stanza } from './presences.ts';

/** Romeo, who has no XMPP, watches Juliet, who has. */
class Contact {
  all: Subscriptions = noSubscriptions;
  now = 0;
  show: string | undefined;
  /** What Juliet's server has received. */
  readonly heard: string[] = [];
  /** What Romeo's network has received: `success t1`, `pending closed`, `active open away`, `ended rejected`. */
  readonly told: string[] = [];
  private readonly pair = { watcher: `pres:${romeo}`, target: `pres:${juliet}` };

  asks(transId: string, duration = 3600, subscriptId = 'r1'): void {
    this.gets({
      kind: 'subscribe',
      permitted: true,
      subscribe: { op: 'subscribe', ...this.pair, transId, duration, subscriptId },
    });
  }

  sends(kind: 'allow' | 'deny' | 'online'): void {
    this.gets({ kind });
  }

  changes(show: string | undefined): void {
    this.show = show;
    this.gets({ kind: 'changed' });
  }

  passes(ms: number): void {
    this.now += ms;
    this.gets({ kind: 'time' });
  }

  private gets(input: WatchedInput): void {
    const { all, outputs } = atWatched(this.all, this.pair, input, { now: this.now, present: () => this.present() });
    this.all = all;
    for (const output of outputs) {
      this.told.push(...said(output));
      this.heard.push(...watchedStanzas(output, this.pair).map(line));
    }
  }

  private present(): string {
    const el = stanza(undefined, 'p', `${juliet}/balcony`, romeo);
    if (this.show !== undefined) el.append(readElement(`<show xmlns='jabber:client'>${this.show}</show>`));
    return (presenceToCpp(el, { profile: 'extended' }) as Notify).pidf;
  }
}

function said(output: WatchedOutput): string[] {
  switch (output.kind) {
    case 'response':
      return [`${output.response.status} ${output.response.transId}`];
    case 'ended':
      return [`ended ${output.why}`];
    case 'notify': {
      expect(isValidPidf(output.pidf)).toBe(true);
      const [tuple] = parsePidf(output.pidf, 'jabber:client').tuples ?? [];
      return [[output.standing, tuple?.basic, tuple?.show].filter((word) => word).join(' ')];
    }
    case 'asked':
    case 'left':
      return [];
  }
}

describe('who is watched', () => {
  test('V3859-3.4.1-C17 is asked while the watcher has success at once and a notify that says nothing', () => {
    const allowed = new Contact();
    allowed.asks('t1');
    expect(allowed.told).toEqual(['success t1', 'pending closed']);
    expect(allowed.heard).toEqual([`${romeo} subscribe`]);
    allowed.sends('allow');
    expect(allowed.told.slice(2)).toEqual(['active open']);
    const denied = new Contact();
    denied.asks('t1');
    denied.sends('deny');
    expect(denied.told).toEqual(['success t1', 'pending closed', 'ended rejected']);
  });

  test('V3922-6.2-2 says yes: the watcher is notified now and of every change until it ends', () => {
    const one = new Contact();
    one.asks('t1');
    one.changes('away');
    one.sends('allow');
    one.changes('dnd');
    one.changes(undefined);
    expect(one.told.slice(2)).toEqual(['active open away', 'active open dnd', 'active open']);
    one.asks('t2', 0);
    expect(one.told.slice(5)).toEqual(['success t2', 'active open', 'ended cancelled']);
    expect(one.heard).toEqual([`${romeo} subscribe`, `${romeo} unavailable`]);
    one.changes('xa');
    expect(one.told.length).toBe(8);
  });

  test('V3922-6.2-3 says no: the watcher is told, and notified of nothing', () => {
    const one = new Contact();
    one.asks('t1');
    one.told.length = 0;
    one.sends('deny');
    one.changes('away');
    one.passes(2 * 3600 * 1000);
    expect(one.told).toEqual(['ended rejected']);
    expect(one.all.watched).toEqual({});
  });

  test('V3922-6.5-2 says no later: the former watcher is notified of nothing more', () => {
    const one = new Contact();
    one.asks('t1');
    one.sends('allow');
    one.told.length = 0;
    one.sends('deny');
    one.changes('away');
    expect(one.told).toEqual(['ended rejected']);
    one.asks('t2', 3600, 'r2');
    expect(one.told.slice(1)).toEqual(['success t2', 'pending closed']);
  });

  test('V6121-3.1.3-1 is asked whenever he comes online, until he has answered', () => {
    const one = new Contact();
    one.asks('t1');
    one.sends('online');
    one.sends('online');
    expect(one.heard).toEqual(Array(3).fill(`${romeo} subscribe`));
    // The same watcher, who asks on: it is one request.
    one.asks('t2');
    expect(one.heard.length).toBe(3);
    one.sends('allow');
    one.sends('online');
    expect(one.heard.length).toBe(3);
  });

  test('has allowed it for good, however often the subscription ends and comes again', () => {
    const one = new Contact();
    one.asks('t1', 60);
    one.sends('allow');
    one.told.length = 0;
    one.passes(59_000);
    one.asks('t2', 60);
    one.passes(59_000);
    expect(one.told).toEqual(['success t2', 'active open']);
    one.passes(2_000);
    one.changes('away');
    one.asks('t3', 60, 'r2');
    expect(one.told.slice(2)).toEqual(['ended timeout', 'success t3', 'active open away']);
    expect(one.heard).toEqual([`${romeo} subscribe`]);
  });

  test('is watched by whoever comes back under a new id when the old subscription has ended, on the very moment', () => {
    const one = new Contact();
    one.asks('t1', 60);
    one.now = 60_000;
    one.asks('t2', 60, 'r2');
    expect(one.told.slice(2)).toEqual(['success t2', 'pending closed']);
  });

  test('is not asked for a second subscription of the same watcher, nor by whoever fetches once', () => {
    const one = new Contact();
    one.asks('t1', 0, 'once');
    expect(one.told.splice(0)).toEqual(['success t1', 'pending closed']);
    expect(one.heard).toEqual([]);
    one.asks('t2');
    one.asks('t3', 3600, 'other');
    expect(one.told).toEqual(['success t2', 'pending closed', 'failure t3']);
  });
});
