import { type Reason, reason } from '../../../cpim/reasons.ts';
import { ConfigurationError, type Host } from '../../network.ts';
import { botId, type MatrixConfig } from '../config.ts';
import { textOf } from '../event.ts';
import type { Accounts } from '../people/accounts.ts';
import { type Client, type Fault, isOutage } from './client.ts';

const probeMs = 5000;
/** A homeserver needs longer than this to start: none dies and comes back unnoticed. */
const everyMs = 2000;
/** Whether it still knows us is asked every so many times. */
const whoamiEvery = 15;
const firstPauseMs = 500;
const longestPauseMs = 30_000;

/** Who wants to know. */
export interface Around {
  readonly host: Host;
  /** The homeserver does not answer. */
  away(): void;
  /** It does, for the first time or again. */
  back(): void;
}

/** Whether the homeserver can be used. It is `up` only after it has answered, knows us, and was asked to send what waits there. */
export class Health {
  private state: 'up' | 'connecting' | 'down' = 'connecting';
  private why: string | undefined;
  private loop: Promise<void> | undefined;
  private probing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private probes = 0;
  private rest: (() => void) | undefined;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly client: Client,
    private readonly accounts: Accounts,
    private readonly config: MatrixConfig,
    private readonly around: Around,
  ) {}

  /** One try; an outage goes on being tried in the background. Rejects if the operator must change something. */
  async start(): Promise<void> {
    const why = await this.enter();
    if (why instanceof ConfigurationError) throw why;
    this.timer = setInterval(() => this.doubt(), everyMs);
    this.timer.unref();
    if (why) this.fall('down', why);
    else this.rise();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.timer);
    this.rest?.();
    this.wake();
  }

  get isUp(): boolean {
    return this.state === 'up';
  }

  /** Resolves when it is up: true. */
  async up(ms: number): Promise<boolean> {
    if (this.isUp || this.stopped) return this.isUp && !this.stopped;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.isUp && !this.stopped;
  }

  /** Something failed that should not: look whether the homeserver is there. */
  doubt(): void {
    if (!this.isUp || this.stopped) return;
    this.probing ??= this.probe().finally(() => {
      this.probing = undefined;
    });
  }

  private async probe(): Promise<void> {
    this.probes += 1;
    const down = await this.versions();
    if (!down && this.probes % whoamiEvery !== 0) return;
    const who = down ?? (await this.client.call('GET', '/_matrix/client/v3/account/whoami', { ms: probeMs }));
    if (who.kind === 'ok' || !this.isUp || this.stopped) return;
    if (who.status === 401) this.fall('down', unknownToken(this.config));
    else if (isOutage(who)) this.fall('connecting', unreachable(who));
  }

  private async versions(): Promise<Fault | undefined> {
    const answer = await this.client.call('GET', '/_matrix/client/versions', { anonymous: true, ms: probeMs });
    return answer.kind === 'fault' ? answer : undefined;
  }

  private fall(state: 'connecting' | 'down', why: Reason): void {
    this.around.away();
    this.show(state, why);
    this.loop ??= this.recover().finally(() => {
      this.loop = undefined;
    });
  }

  private show(state: 'connecting' | 'down', why: Reason): void {
    const isNew = state !== this.state || why.text !== this.why;
    this.state = state;
    this.why = why.text;
    if (isNew) this.around.host.state(state, why);
  }

  private async recover(): Promise<void> {
    for (let pause = firstPauseMs; !this.stopped && !this.isUp; pause = Math.min(pause * 2, longestPauseMs)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause * (0.75 + Math.random() / 2));
        this.rest = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (this.stopped) return;
      const why = await this.enter().catch((error: unknown) => reason('internal', String(error)));
      if (why === undefined) this.rise();
      else if (why instanceof ConfigurationError) this.show('down', reason('forbidden', why.message));
      else this.show(this.state === 'down' ? 'down' : 'connecting', why);
    }
  }

  private rise(): void {
    if (this.stopped) return;
    this.state = 'up';
    this.why = undefined;
    this.around.host.state('up');
    this.around.back();
    this.wake();
    void this.ping();
  }

  private wake(): void {
    const all = this.waiting;
    this.waiting = [];
    for (const one of all) one();
  }

  /** Undefined: it is there and knows us. */
  private async enter(): Promise<Reason | ConfigurationError | undefined> {
    const down = await this.versions();
    if (down) return unreachable(down);
    const whoami = await this.client.call('GET', '/_matrix/client/v3/account/whoami');
    if (whoami.kind === 'fault' && whoami.status === 401) return new ConfigurationError(unknownToken(this.config).text);
    if (whoami.kind === 'fault' && isOutage(whoami)) return unreachable(whoami);
    const who = whoami.kind === 'ok' ? textOf(whoami.body, 'user_id') : undefined;
    if (who !== undefined && who !== botId(this.config)) {
      return new ConfigurationError(
        `the homeserver knows us as ${who}, the configuration says ${botId(this.config)}: correct domain and bot, or the registration`,
      );
    }
    const bot = await this.accounts.ensureBot();
    if ('kind' in bot) {
      if (isOutage(bot) || bot.status === 429) return unreachable(bot);
      return new ConfigurationError(`the homeserver does not let us make the bot ${botId(this.config)}: ${bot.text}`);
    }
    return undefined;
  }

  /** Application Service API, "Pinging": a homeserver that waits before its next try makes it now. */
  private async ping(): Promise<void> {
    const path = `/_matrix/client/v1/appservice/${encodeURIComponent(this.config.id)}/ping`;
    const body = { transaction_id: `rialto-${Date.now()}` };
    let answer = await this.client.call('POST', path, { body, ms: 15_000 });
    if (answer.kind === 'fault' && answer.status === 502) {
      // COMPAT(synapse): its first try may use a connection to the process that we were before.
      await new Promise((resolve) => setTimeout(resolve, 1000).unref());
      answer = await this.client.call('POST', path, { body, ms: 15_000 });
    }
    if (this.stopped) return;
    if (answer.kind === 'ok') this.around.host.log.info('the homeserver reaches us');
    else if (answer.errcode === 'M_UNRECOGNIZED') this.around.host.log.debug('the homeserver cannot ping');
    else {
      const { status, errcode, text } = answer;
      this.around.host.log.warn('the homeserver does not reach us: check the url of the registration', { status, errcode, text });
    }
  }
}

function unreachable({ status, text }: Fault): Reason {
  return reason('unreachable', `the homeserver does not answer (${status === 0 ? text : `HTTP ${status}`})`);
}

function unknownToken({ homeserver }: MatrixConfig): Reason & { readonly text: string } {
  const text = `the homeserver at ${homeserver} does not know our as_token: give it the registration file of this configuration`;
  return { code: 'forbidden', text: `${text}, and restart it` };
}
