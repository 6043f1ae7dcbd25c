/** Whoever waits looks again when it rings. */
export class Bell {
  private waiting: (() => void)[] | undefined;

  ring(): void {
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const resolve of waiting) resolve();
  }

  rung(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting ??= [];
      this.waiting.push(resolve);
    });
  }

  /** Or `ms` have passed. */
  async rungWithin(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const later = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    await Promise.race([this.rung(), later]);
    clearTimeout(timer);
  }
}
