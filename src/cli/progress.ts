import { progress } from '@clack/prompts';

/** What is being done, and how much of how much is done. */
export interface Step {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

/** A bar on standard error for people who look on; nothing where nobody does (no terminal, or `--json`). */
export class Bar {
  private readonly bar: ReturnType<typeof progress> | undefined;
  private readonly title: string;
  private shown = 0;

  constructor(title: string, isQuiet: boolean) {
    this.title = title;
    this.bar =
      isQuiet || !process.stderr.isTTY ? undefined : progress({ style: 'heavy', max: 1000, size: 40, output: process.stderr });
    this.bar?.start(title);
  }

  tell({ what, done, total }: Step): void {
    const share = total === 0 ? 1000 : Math.floor((1000 * done) / total);
    this.bar?.advance(share - this.shown, `${this.title}: ${what} (${Math.floor(share / 10)} %)`);
    this.shown = share;
  }

  end(isWell: boolean): void {
    if (isWell) this.bar?.stop(this.title);
    else this.bar?.error(this.title);
  }

  /** Shows the bar while `work` lasts. */
  static async during<T>(title: string, isQuiet: boolean, work: (bar: Bar) => Promise<T>): Promise<T> {
    const bar = new Bar(title, isQuiet);
    let isWell = false;
    try {
      const result = await work(bar);
      isWell = true;
      return result;
    } finally {
      bar.end(isWell);
    }
  }
}
