/** Says what is being done and how long it took: one line a step, rewritten while it lasts where that is possible. */
export class Progress {
  private readonly out: NodeJS.WriteStream | undefined;

  constructor(out?: NodeJS.WriteStream) {
    this.out = out;
  }

  async step<T>(what: string, work: () => Promise<T>): Promise<T> {
    const started = Date.now();
    const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
    let turn = 0;
    const isLive = this.out?.isTTY === true;
    const took = (): string => `${((Date.now() - started) / 1000).toFixed(1)} s`;
    const spin = (): void => {
      turn += 1;
      this.out?.write(`\r\x1b[2K${frames[turn % frames.length]} ${what} (${took()})`);
    };
    const timer = isLive ? setInterval(spin, 100) : undefined;
    const end = (sign: string): void => {
      clearInterval(timer);
      this.out?.write(
        `${isLive ? '\r\x1b[2K' : ''}${sign} ${what} ${isLive ? '\x1b[2m' : ''}(${took()})${isLive ? '\x1b[0m' : ''}\n`,
      );
    };
    try {
      const result = await work();
      end('✓');
      return result;
    } catch (error) {
      end('✗');
      throw error;
    }
  }

  say(line: string): void {
    this.out?.write(`${line}\n`);
  }
}
