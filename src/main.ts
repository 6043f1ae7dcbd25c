import 'reflect-metadata';
import { mkdirSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { appModule, type Bridge, build } from './app.module.ts';
import type { Config } from './config.ts';
import { ConfigurationError } from './networks/network.ts';
import { createLogger, type Logger } from './ops/log.ts';

/** 100 events of 64 KiB each and their wrapping. */
const MAX_BODY = 16 * 1024 * 1024;

/** Serves until a signal ends it. Rejects with a ConfigurationError if it cannot work as configured. */
export async function serve(config: Config): Promise<void> {
  const log = createLogger(config.log.level);
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const bridge = await build(config, log);
  const adapter = new FastifyAdapter({ bodyLimit: MAX_BODY });
  const app = await NestFactory.create<NestFastifyApplication>(appModule(bridge), adapter, { logger: false });
  const { host, port } = config.http;
  await app.listen(port, host).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError(`http: ${host}:${port} cannot be listened on (${error.code}): choose another port`);
  });
  log.info('listening', { url: await app.getUrl() });
  stopOnSignal(app, bridge, log);
  await bridge.start(() => {
    log.error('another process has taken over our networks: ending at once, so that nothing is said twice');
    process.exit(1);
  });
  log.info('rialto is running', { networks: Object.keys(config.networks) });
}

function stopOnSignal(app: NestFastifyApplication, bridge: Bridge, log: Logger): void {
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info('stopping');
    setTimeout(() => process.exit(1), 20_000).unref();
    await bridge.stop();
    await app.close();
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}
