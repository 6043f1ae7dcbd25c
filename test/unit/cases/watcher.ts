import type { Subscribe } from '../../../src/cpim/presence/cpp.ts';
import {
  askToWatch,
  atWatching,
  nextDue,
  noSubscriptions,
  type Subscriptions,
  watchingOf,
} from '../../../src/cpim/subscription/book.ts';
import type { Answer, WatchingInput, WatchingOutput } from '../../../src/cpim/subscription/watching.ts';
import { probeAnswer, watchingStanzas } from '../../../src/networks/xmpp/cpim/approvals.ts';
import { presenceToCpp } from '../../../src/networks/xmpp/cpim/to-cpp.ts';
import type { El } from '../../../src/networks/xmpp/wire/wire.ts';
import { document, juliet, line, romeo, stanza } from './presences.ts';

/** Juliet, who has XMPP, watches Romeo, who has not. The network of Romeo is this test. */
export class Watcher {
  all: Subscriptions = noSubscriptions;
  now = 0;
  /** What Juliet's server has received. */
  readonly heard: string[] = [];
  /** What Romeo's network has received. */
  readonly asked: Subscribe[] = [];
  private readonly pair = { watcher: `pres:${juliet}`, target: `pres:${romeo}` };

  sends(type: 'subscribe' | 'unsubscribe', id = 's1'): void {
    const { watcher, target, transId = '' } = presenceToCpp(stanza(type, id), { profile: 'extended' }) as Subscribe;
    if (type === 'unsubscribe') return this.gets({ kind: 'unsubscribe', transId });
    const { all, outputs } = askToWatch(this.all, { watcher, target, transId, duration: 3600 }, { now: this.now, salt: 'salt' });
    this.take(all, outputs);
  }

  answers(answer: Partial<Answer> = {}): void {
    this.gets({ kind: 'answered', answer: { transId: this.asked.at(-1)?.transId ?? '', status: 'success', ...answer } });
  }

  notifies(pidf: string | undefined, standing: 'pending' | 'active' | 'ended' | 'lapsed' = 'active'): void {
    this.gets({ kind: 'notified', notice: { standing, ...(pidf !== undefined && { pidf }) } });
  }

  /** The fake clock stops wherever something is due. */
  probes(): El[] {
    return probeAnswer(watchingOf(this.all, this.pair), this.pair);
  }

  passes(ms: number): void {
    const end = this.now + ms;
    for (let due = nextDue(this.all); due !== undefined && due <= end; due = nextDue(this.all)) {
      this.now = Math.max(this.now, due);
      this.gets({ kind: 'time' });
    }
    this.now = end;
  }

  private gets(input: WatchingInput): void {
    const { all, outputs } = atWatching(this.all, this.pair, input, this.now);
    this.take(all, outputs);
  }

  private take(all: Subscriptions, outputs: readonly WatchingOutput[]): void {
    this.all = all;
    for (const output of outputs) {
      if (output.kind === 'operation') this.asked.push(output.subscribe);
      this.heard.push(...watchingStanzas(output, this.pair).map(line));
    }
  }
}

/** Juliet watches Romeo, and has seen one client of his. */
export function watching(): Watcher {
  const one = new Watcher();
  one.sends('subscribe');
  one.answers();
  one.notifies(document({ orchard: 'open' }));
  one.heard.length = 0;
  return one;
}
