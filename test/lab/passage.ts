import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a local port that can be blocked as a network does it: one end sees a broken connection, the other end nothing. */
export class Passage {
  private readonly server: Server;
  private readonly near = new Set<Socket>();
  private readonly far = new Set<Socket>();

  private isOpen = true;

  private constructor(to: number) {
    this.server = createServer({ allowHalfOpen: true }, (near) => this.through(near, to));
  }

  static async to(port: number): Promise<Passage> {
    const passage = new Passage(port);
    await new Promise<void>((resolve) => passage.server.listen(0, '127.0.0.1', resolve));
    return passage;
  }

  get port(): number {
    const address = this.server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  /** Who came through loses the connection; the other end is not told, and what it writes goes nowhere. */
  block(): void {
    for (const near of this.near) near.destroy();
    this.near.clear();
  }

  /** Whether anybody new comes through. */
  open(isOpen: boolean): void {
    this.isOpen = isOpen;
  }

  /** The other end learns that the blocked connections are dead. */
  tell(): void {
    for (const far of this.far) if (!far.readableFlowing) far.resetAndDestroy();
  }

  async close(): Promise<void> {
    for (const one of [...this.near, ...this.far]) one.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private through(near: Socket, to: number): void {
    if (!this.isOpen) return void near.destroy();
    const far = connect(to, '127.0.0.1');
    this.near.add(near);
    this.far.add(far);
    // Who dies with something unread resets the connection: that passes on.
    near.on('error', () => far.resetAndDestroy());
    far.on('error', () => {});
    near.on('data', (data) => far.write(data));
    near.on('end', () => far.end());
    near.on('close', () => far.pause());
    far.on('data', (data) => near.write(data));
    far.on('end', () => near.end());
    far.on('close', () => {
      this.far.delete(far);
      this.near.delete(near);
      near.destroy();
    });
  }
}
