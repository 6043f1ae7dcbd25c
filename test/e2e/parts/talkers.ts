import type { Pair } from '../../lab/lab.ts';
import type { MatrixPerson } from '../../lab/matrix-person.ts';
import { sleep } from '../../lab/process.ts';
import type { XmppPerson } from '../../lab/xmpp-person.ts';

/** A line that the place has taken: from then on it is the bridge's. */
export interface Offered {
  readonly side: 'xmpp' | 'matrix';
  readonly text: string;
}

// Two on each side: a line every 60 ms.
const paceMs = 120;
const most = 150;

abstract class Talker {
  private isOn = true;
  private readonly done: Promise<void>;

  constructor(name: string) {
    this.done = this.talk(name);
  }

  async stop(): Promise<void> {
    this.isOn = false;
    await this.done;
  }

  protected abstract say(text: string): Promise<void>;

  private async talk(name: string): Promise<void> {
    await sleep(0);
    for (let n = 1; this.isOn && n <= most; n += 1) {
      await this.say(`${name} ${n}`);
      await sleep(paceMs);
    }
  }
}

/** What counts as said is what its own room has shown it: without a server it talks to nobody. */
export class XmppTalker extends Talker {
  private readonly tried = new Set<string>();

  constructor(
    private readonly person: XmppPerson,
    private readonly pair: Pair,
  ) {
    super(person.name);
  }

  offered(): Offered[] {
    const seen = new Set(this.person.heard(this.pair.xmpp).map(({ text }) => text));
    return [...this.tried].filter((text) => seen.has(text)).map((text) => ({ side: 'xmpp', text }));
  }

  protected async say(text: string): Promise<void> {
    this.tried.add(text);
    await Promise.race([this.person.say(this.pair.xmpp, text).catch(() => {}), sleep(500)]);
  }
}

/** Says each line until the homeserver has answered, under one transaction id. */
export class MatrixTalker extends Talker {
  private readonly taken: Offered[] = [];

  constructor(
    private readonly person: MatrixPerson,
    private readonly pair: Pair,
    private readonly url: string,
  ) {
    super(person.name);
  }

  offered(): Offered[] {
    return this.taken;
  }

  protected async say(text: string): Promise<void> {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(this.pair.matrix)}/send/m.room.message/${encodeURIComponent(`${this.pair.alias} ${text}`)}`;
    const headers = { authorization: `Bearer ${this.person.accessToken}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ msgtype: 'm.text', body: text });
    for (let tries = 0; tries < 300; tries += 1) {
      const answer = await fetch(`${this.url}${path}`, { method: 'PUT', headers, body }).catch(() => undefined);
      await answer?.text().catch(() => {});
      if (answer?.ok) {
        this.taken.push({ side: 'matrix', text });
        return;
      }
      await sleep(200);
    }
    throw new Error(`the homeserver does not take “${text}”`);
  }
}

/** Of these lines, those that come after one that the witness saw later. */
export function inversions(seen: readonly string[], witness: readonly string[], lines: readonly string[]): string[] {
  const wanted = new Set(lines);
  const place = new Map(witness.map((text, n) => [text, n]));
  let last = -1;
  const wrong: string[] = [];
  const once = new Set<string>();
  for (const text of seen) {
    const at = place.get(text);
    if (at === undefined || !wanted.has(text) || once.has(text)) continue;
    once.add(text);
    if (at < last) wrong.push(text);
    last = Math.max(last, at);
  }
  return wrong;
}
