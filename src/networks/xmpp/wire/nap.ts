const none: readonly (() => void)[] = [];

/** Waits that can be ended early, all at once. */
export class Nap {
  private sleepers: readonly (() => void)[] = none;

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.sleepers = this.sleepers.filter((other) => other !== end);
        resolve();
      };
      const timer = setTimeout(end, Math.max(ms, 1));
      this.sleepers = [...this.sleepers, end];
    });
  }

  wake(): void {
    for (const end of this.sleepers) end();
  }
}
