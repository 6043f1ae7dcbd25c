/** Keeps what was said, prints nothing. */
export class QuietLog {
  readonly said: string[] = [];
  level = 'debug';
  readonly written = { debug: 0, info: 0, warn: 0, error: 0 };
  private readonly keep = (message: string): void => {
    this.said.push(message);
  };
  readonly debug = this.keep;
  readonly info = this.keep;
  readonly warn = this.keep;
  readonly error = this.keep;
}
