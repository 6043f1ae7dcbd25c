import { accessSync, constants, mkdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { type Doors, openDoors } from './admin/doors.ts';
import { build } from './app.module.ts';
import { type Config, secretsOf } from './config.ts';
import { ConfigurationError } from './networks/network.ts';
import { createLogger, type Logger } from './ops/log.ts';

/** What `stop` may take before the process ends all the same. */
const STOP_MS = 20_000;

/**
 * Serves until a signal ends it. Rejects with an error that names what to change, and has given back by then what it took, if
 * it cannot work as configured; a server that is away is no such thing: it is waited for.
 */
export async function serve(config: Config): Promise<void> {
  collectAlone();
  const log = createLogger(config.log.level, { secrets: secretsOf(config) });
  makeFolder(config.data);
  const bridge = await build(config, log);
  bridge.numbers.watchProcess();
  let doors: Doors | undefined;
  const end = async (): Promise<void> => {
    await bridge.stop();
    await doors?.close();
  };
  try {
    doors = await openDoors(bridge, config);
    log.info('listening', doors.urls);
    stopOnSignal(end, log);
    await bridge.start(() => {
      log.error('another process has taken over our networks: ending at once, so that nothing is said twice');
      process.exit(1);
    });
  } catch (error) {
    await Promise.race([end(), new Promise((resolve) => setTimeout(resolve, STOP_MS).unref())]);
    throw error;
  }
  log.info('rialto is running', { networks: Object.keys(config.networks) });
}

/**
 * Young garbage is collected by one thread. V8 takes several, and of what a bridge allocates hardly anything is still in use, so that
 * they find little to do and a sixth of the CPU of a message goes into looking for it.
 */
function collectAlone(): void {
  setFlagsFromString('--no-parallel-scavenge');
}

function makeFolder(data: string): void {
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(
      `data: ${data} cannot be written to (${code}): give it to the user who runs this, or name another`,
    );
  }
}

function stopOnSignal(end: () => Promise<void>, log: Logger): void {
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info('stopping');
    setTimeout(() => process.exit(1), STOP_MS).unref();
    await end();
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}
