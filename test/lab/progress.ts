const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const tty = process.stderr.isTTY === true && process.env.CI === undefined;
const width = (): number => process.stderr.columns ?? 80;

export const colour = {
  on: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  paint(code: string, text: string): string {
    return colour.on ? `\u001B[${code}m${text}\u001B[0m` : text;
  },
};

export function seconds(ms: number): string {
  return ms < 9950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}

/** Something the person at the terminal can do something about: shown as one sentence, without a stack. */
export class Missing extends Error {}

/** Changes what is said of the step while it goes on. */
export type Say = (detail: string) => void;

/** Shows what is being done and how long it takes: a spinner on a terminal, plain lines elsewhere. */
export class Progress {
  private readonly quiet: boolean;

  constructor(quiet = false) {
    this.quiet = quiet;
  }

  async step<T>(what: string, work: (say: Say) => Promise<T>): Promise<T> {
    const started = performance.now();
    let detail = '';
    const since = (): string => seconds(performance.now() - started);
    let turn = 0;
    const spin = (): void => {
      const text = `  ${frames[turn++ % frames.length]} ${what} (${since()})${detail === '' ? '' : `  ${detail}`}`;
      process.stderr.write(`\r\u001B[2K${text.slice(0, width() - 1)}`);
    };
    const timer = tty && !this.quiet ? setInterval(spin, 90) : undefined;
    // Whoever reads a log wants to know that a long step has begun, but not of one that is over at once.
    const plain = tty || this.quiet ? undefined : setTimeout(() => this.line(`  … ${what}`), 1500);
    try {
      const result = await work((text) => {
        detail = text;
      });
      this.end(`  ${colour.paint('32', '✓')} ${what} ${colour.paint('2', `(${since()}${detail === '' ? '' : `, ${detail}`})`)}`);
      return result;
    } catch (error) {
      this.end(`  ${colour.paint('31', '✗')} ${what} ${colour.paint('2', `(${since()})`)}`);
      throw error;
    } finally {
      clearInterval(timer);
      clearTimeout(plain);
    }
  }

  line(text: string): void {
    if (!this.quiet) process.stderr.write(`${tty ? '\r\u001B[2K' : ''}${text}\n`);
  }

  private end(text: string): void {
    this.line(text);
  }
}
