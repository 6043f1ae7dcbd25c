/** Waits that can be ended early, all at once. */
export class Nap {
  private readonly sleepers = new Set<() => void>();

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.sleepers.delete(end);
        resolve();
      };
      const timer = setTimeout(end, Math.max(ms, 1));
      this.sleepers.add(end);
    });
  }

  wake(): void {
    for (const end of [...this.sleepers]) end();
  }
}
