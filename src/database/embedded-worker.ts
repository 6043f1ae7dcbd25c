// Runs PGlite away from the main thread: a wasm Postgres keeps its thread busy for as long as a statement takes.
// Node strips the types of this file by itself when it is started from the sources, so it keeps to erasable syntax.
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/** Undefined folder: in memory. A snapshot (a tar from `dumpDataDir`) is what a new database starts from. */
export interface EmbeddedWorkerData {
  readonly folder: string | undefined;
  readonly snapshot: Uint8Array<ArrayBuffer> | undefined;
}

/** `session` numbers the pg client that speaks; a new number means that the one before it is gone. */
export type ToWorker =
  | { readonly kind: 'frames'; readonly session: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'dump' }
  | { readonly kind: 'close' };
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'frames'; readonly session: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'dumped'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly message: string };

if (!parentPort) throw new Error('embedded-worker runs in a worker thread only');
const port = parentPort;
const { folder, snapshot } = workerData as EmbeddedWorkerData;
let session = 0;
let tail = Promise.resolve();

const say = (message: FromWorker, bytes?: Uint8Array<ArrayBuffer>): void =>
  port.postMessage(message, bytes ? [bytes.buffer] : []);

async function answer(database: PGlite, message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'frames': {
      if (message.session !== session) {
        // There is one backend for all sessions: what the last client left open must not leak into the next.
        if (session > 0) await database.exec('rollback').then(() => database.exec('discard all'));
        session = message.session;
      }
      const bytes = new Uint8Array(await database.execProtocolRaw(message.bytes));
      say({ kind: 'frames', session, bytes }, bytes);
      break;
    }
    case 'dump': {
      const bytes = new Uint8Array(await (await database.dumpDataDir('none')).arrayBuffer());
      say({ kind: 'dumped', bytes }, bytes);
      break;
    }
    case 'close': {
      await database.close();
      say({ kind: 'closed' });
      port.close();
    }
  }
}

function fail(error: unknown): void {
  say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  port.close();
}

try {
  const database = await PGlite.create({
    ...(folder === undefined ? {} : { dataDir: folder }),
    ...(snapshot === undefined ? {} : { loadDataDir: new Blob([snapshot]) }),
  });
  port.on('message', (message: ToWorker) => {
    tail = tail.then(() => answer(database, message)).catch(fail);
  });
  say({ kind: 'ready' });
} catch (error) {
  fail(error);
}
