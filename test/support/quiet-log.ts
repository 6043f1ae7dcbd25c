/** Keeps what was said, prints nothing. */
export class QuietLog {
  readonly said: string[] = [];
  private readonly keep = (message: string): void => {
    this.said.push(message);
  };
  readonly debug = this.keep;
  readonly info = this.keep;
  readonly warn = this.keep;
  readonly error = this.keep;
}
