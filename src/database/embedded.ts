import { mkdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { EmbeddedStream } from './embedded-stream.ts';
import type { EmbeddedWorkerData, FromWorker, ToWorker } from './embedded-worker.ts';
import { lockFolder } from './folder-lock.ts';

/** Undefined folder: in memory. `snapshot` is what an earlier `dump()` gave. */
export interface EmbeddedPlace {
  readonly folder?: string | undefined;
  readonly snapshot?: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * A Postgres in a worker thread, reached by the ordinary pg client through a stream: types, arrays, errors and
 * their SQLSTATE are those of a real server. It has one backend, so a pool over it has one client.
 * Survives the death of the process, not loss of power: PGlite runs with fsync off.
 */
export class Embedded {
  private readonly worker: Worker;
  private readonly unlock: () => void;
  private readonly ready: Promise<void>;
  private readonly exited: Promise<void>;
  private stream: EmbeddedStream | undefined;
  private session = 0;
  private broken: Error | undefined;
  private dumped: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;

  static async open(place: EmbeddedPlace): Promise<Embedded> {
    const embedded = new Embedded(place);
    try {
      await embedded.ready;
    } catch (error) {
      await embedded.close();
      throw error;
    }
    return embedded;
  }

  private constructor({ folder, snapshot }: EmbeddedPlace) {
    if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.unlock = folder === undefined ? () => {} : lockFolder(folder);
    const workerData: EmbeddedWorkerData = { folder: folder === undefined ? undefined : join(folder, 'cluster'), snapshot };
    // Beside this file as .ts in the sources and as .js in dist.
    this.worker = new Worker(new URL(`./embedded-worker${extname(import.meta.url)}`, import.meta.url), { workerData });
    const started = Promise.withResolvers<void>();
    this.ready = started.promise;
    this.worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') started.resolve();
      else this.hear(message);
    });
    this.worker.on('error', (error) => this.fail(error));
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        this.fail(new Error(`the embedded database has stopped (code ${code})`));
        started.reject(this.broken);
        resolve();
      });
    });
    // Who opens waits for `ready`; a worker that dies later has rejected nothing that anybody must hear.
    this.ready.catch(() => undefined);
  }

  /** A connection for one pg client. The client before it is cut off: there is only one backend. */
  connect(): Duplex {
    this.stream?.destroy();
    const session = ++this.session;
    const stream = new EmbeddedStream((bytes) => {
      if (session === this.session) this.tell({ kind: 'frames', session, bytes }, bytes);
    });
    this.stream = stream;
    if (this.broken) stream.destroy(this.broken);
    return stream;
  }

  /** The whole cluster as a tar, for `snapshot`. Only while no client is connected. */
  dump(): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve) => {
      this.dumped = resolve;
      this.tell({ kind: 'dump' });
    });
  }

  async close(): Promise<void> {
    if (!this.broken) this.tell({ kind: 'close' });
    await this.exited;
    this.unlock();
  }

  private tell(message: ToWorker, bytes?: Uint8Array<ArrayBuffer>): void {
    this.worker.postMessage(message, bytes ? [bytes.buffer] : []);
  }

  private hear(message: FromWorker): void {
    switch (message.kind) {
      case 'frames':
        if (message.session === this.session) this.stream?.receive(message.bytes);
        break;
      case 'dumped':
        this.dumped?.(message.bytes);
        break;
      case 'ready':
      case 'closed':
        break;
      case 'failed':
        this.fail(new Error(`the embedded database failed: ${message.message}`));
        void this.worker.terminate();
    }
  }

  private fail(error: Error): void {
    this.broken ??= error;
    this.stream?.destroy(this.broken);
  }
}
