import 'reflect-metadata';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigurationError } from '../networks/network.ts';
import { Numbers } from '../ops/numbers.ts';
import { OperatorController, WireController } from './http.controller.ts';
import { HttpRoutes } from './http-routes.ts';
import { Readiness } from './readiness.ts';

/** 100 events of 64 KiB each and their wrapping. */
const MAX_BODY = 16 * 1024 * 1024;

/** What there is to be reached by HTTP. */
export interface Behind {
  readonly routes: HttpRoutes;
  readonly readiness: Readiness;
  readonly numbers: Numbers;
}

/** Where the configuration wants it. Without a port of their own, operators are answered where networks are. */
export interface Places {
  readonly http: { readonly host: string; readonly port: number };
  readonly operator: { readonly host: string; readonly port?: number | undefined };
}

export interface Doors {
  /** Where networks, and where operators knock. */
  readonly urls: { readonly http: string; readonly operator: string };
  close(): Promise<void>;
}

/** Rejects with a ConfigurationError if it cannot listen there; nothing is open then. */
export async function openDoors(behind: Behind, { http, operator }: Places): Promise<Doors> {
  const { host, port } = operator;
  const controllers = port === undefined ? [OperatorController, WireController] : [WireController];
  const first = await open(behind, controllers, { key: 'http', ...http });
  try {
    const second = port === undefined ? first : await open(behind, [OperatorController], { key: 'operator', host, port });
    const close = async (): Promise<void> => {
      await second.close();
      if (second !== first) await first.close();
    };
    return { urls: { http: await first.getUrl(), operator: await second.getUrl() }, close };
  } catch (error) {
    await first.close();
    throw error;
  }
}

/** A Nest module is the scope of the HTTP controllers, and nothing else. */
@Module({})
class Door {}

function door({ routes, readiness, numbers }: Behind, controllers: DynamicModule['controllers']): DynamicModule {
  return {
    module: Door,
    controllers: controllers ?? [],
    providers: [
      { provide: HttpRoutes, useValue: routes },
      { provide: Readiness, useValue: readiness },
      { provide: Numbers, useValue: numbers },
    ],
  };
}

interface Place {
  /** In the configuration. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

async function open(
  behind: Behind,
  controllers: DynamicModule['controllers'],
  { key, host, port }: Place,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ bodyLimit: MAX_BODY });
  const app = await NestFactory.create<NestFastifyApplication>(door(behind, controllers), adapter, { logger: false });
  try {
    await app.listen(port, host);
    return app;
  } catch (error) {
    await app.close();
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new ConfigurationError(`${key}: ${host}:${port} cannot be listened on (${code}): ${advice(key)[code] ?? message}`);
  }
}

const advice = (key: string): Readonly<Record<string, string>> => ({
  EADDRINUSE: `another program listens there: end it, or choose another ${key}.port`,
  EACCES: `only root may listen on a port below 1024: choose another ${key}.port`,
  EADDRNOTAVAIL: `this machine has no such address: choose another ${key}.host`,
  ENOTFOUND: `there is no such host: choose another ${key}.host`,
});
