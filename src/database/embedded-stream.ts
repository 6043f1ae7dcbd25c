import { Duplex } from 'node:stream';

/** Looks like a socket to a pg client; its bytes go to the embedded engine instead of a network. */
export class EmbeddedStream extends Duplex {
  private readonly send: (bytes: Uint8Array<ArrayBuffer>) => void;

  constructor(send: (bytes: Uint8Array<ArrayBuffer>) => void) {
    super();
    this.send = send;
  }

  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** What the engine answered; after the end nobody listens any more. */
  receive(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length > 0 && !this.writableEnded && !this.destroyed) this.push(Buffer.from(bytes.buffer));
  }

  override _read(): void {
    // Answers are pushed as they come: pg asks one thing at a time, so they cannot pile up.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.send(new Uint8Array(chunk));
    done();
  }

  // pg corks Parse, Bind, Describe, Execute and Sync: one message to the worker for one statement.
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    const bytes = new Uint8Array(chunks.reduce((sum, { chunk }) => sum + chunk.length, 0));
    let at = 0;
    for (const { chunk } of chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.send(bytes);
    done();
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }
}
