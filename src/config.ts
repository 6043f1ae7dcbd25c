import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { check } from './config/check.ts';
import { overlay } from './config/environment.ts';
import { schemaOf } from './config/schema.ts';
import { findPlaceholders, holdsSecret, readSecretFiles, secretsIn } from './config/secrets.ts';
import { Settings } from './config/settings.ts';
import { Source } from './config/source.ts';
import { newest, upgrade } from './config/upgrade.ts';
import { ConfigurationError, type Protocol } from './networks/network.ts';
import { protocols } from './networks/registry.ts';

function networkSchema(protocol: Protocol) {
  const base = z.strictObject({ protocol: z.literal(protocol.name).describe('The kind of wire.') });
  return base.extend((protocol.config as z.ZodObject).shape);
}

const networkSchemas = protocols.map(networkSchema);

/** The whole configuration; each protocol brings its part. */
export const configSchema = z.strictObject({
  version: z.literal(newest).describe('The form of this file; "rialto config upgrade" brings an older one here.'),
  data: z
    .string()
    .min(1)
    .default('./data')
    .describe('The folder for everything that must survive: the embedded database, the control socket. Relative to this file.'),
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('The address to listen on.'),
      port: z.int().min(0).max(65535).default(9000).describe('The port to listen on.'),
      url: z
        .string()
        .regex(/^https?:\/\/[^\s?#]+$/, 'a URL such as http://rialto:9000')
        .optional()
        .meta({ description: 'Where the servers reach it, if not at host and port.', examples: ['http://rialto:9000'] }),
    })
    .prefault({})
    .describe('Where networks that push by HTTP, and health checks, reach Rialto.'),
  operator: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('The address to listen on.'),
      port: z
        .int()
        .min(0)
        .max(65535)
        .optional()
        .meta({ description: 'A port of their own; needed where others than you reach http.', examples: [9001] }),
    })
    .prefault({})
    .describe('Where /metrics, /healthz and /readyz answer; they name rooms. Without a port of their own: at http.'),
  database: z
    .strictObject({
      url: z
        .string()
        .regex(/^postgres(ql)?:\/\//, 'a URL such as postgres://rialto:password@127.0.0.1/rialto')
        .optional()
        .meta({
          secret: true,
          description: 'A Postgres. Without it the embedded database in the data folder is used; DATABASE_URL wins.',
          examples: ['postgres://rialto:password@127.0.0.1/rialto'],
        }),
    })
    .prefault({})
    .describe('Where the timelines are kept.'),
  directChats: z
    .boolean()
    .default(true)
    .describe('Whether people may write to one person of another network, without a link; false: in linked rooms only.'),
  delivery: z
    .strictObject({
      expiryHours: z
        .number()
        .positive()
        .default(24)
        .describe('A line that could not be delivered for so long is refused, and its sender told.'),
      backlog: z
        .int()
        .positive()
        .default(1_000_000)
        .describe(
          'So many lines may wait to be delivered, over all rooms: then no more are taken, and senders get an error until a tenth is free.',
        ),
    })
    .prefault({})
    .describe('How long Rialto keeps trying.'),
  retention: z
    .strictObject({
      bodyDays: z
        .int()
        .positive()
        .default(7)
        .describe('What was said is kept for so many days; longer where it still has to be delivered. A room may have its own.'),
      excerptDays: z
        .int()
        .positive()
        .default(90)
        .describe('After that its author and first 200 characters, for quotes, until it is so many days old.'),
      idDays: z
        .int()
        .positive()
        .default(365)
        .describe('After that its ids only, for edits and reactions. A line that is so many days old is forgotten.'),
    })
    .prefault({})
    .describe('How long Rialto keeps what it has carried.'),
  ghosts: z
    .strictObject({
      idleDays: z
        .int()
        .min(0)
        .default(30)
        .describe('A ghost that has been silent in a room for so many days leaves it, until it speaks again. 0: it stays.'),
    })
    .prefault({})
    .describe('Those who stand for people of other networks.'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('The least level that is written.'),
    })
    .prefault({})
    .describe('Structured logs on standard output, without message bodies.'),
  networks: z
    .record(
      z.string().regex(/^[a-z][a-z0-9]*$/, 'a name is lower-case letters and digits'),
      z.discriminatedUnion('protocol', networkSchemas as never),
    )
    .describe('The networks to attach to, by names of your choice.'),
});

export interface NetworkConfig {
  readonly protocol: string;
}
export type Config = Omit<z.infer<typeof configSchema>, 'networks' | 'version'> & {
  readonly networks: Record<string, NetworkConfig>;
};

/** Where the servers reach us by HTTP. */
export function httpUrl({ http }: Pick<Config, 'http'>): string {
  return http.url ?? `http://${http.host.includes(':') ? `[${http.host}]` : http.host}:${http.port}`;
}

export interface ReadOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Hears of what works and should still be changed, in one line each. */
  readonly warn?: (text: string) => void;
}

/**
 * Reads the file, puts the environment over it, and checks it all. Throws a ConfigurationError that names what is wrong, one
 * line for each fault, with its place.
 */
export function readConfig(file: string, { environment = process.env, warn = () => {} }: ReadOptions = {}): Config {
  const source = new Source(file);
  const schema = schemaOf(configSchema);
  if (source.isPublic && holdsSecret(schema, source.document.toJS()))
    warn(`${file} holds secrets and everybody on this machine can read it: chmod 600 ${file}`);
  const version = upgrade(source);
  if (version < newest) warn(`${file} is of version ${version}: "rialto config upgrade" shows what it is now, and writes it`);
  const settings = new Settings(source);
  overlay(settings, schema, environment);
  readSecretFiles(settings, schema);
  findPlaceholders(settings, schema);
  const config = check(settings, configSchema, schema);
  if (!config) throw new ConfigurationError(settings.lines().join('\n'));
  // What the file says is relative to the file, so that every command finds the same folder from wherever it is called.
  const from = settings.variable(['data']) === undefined ? dirname(file) : '.';
  return { ...(config as Config), data: resolve(from, config.data) };
}

/** Every secret of it, for whoever must not write one. */
export function secretsOf(config: Config): string[] {
  return secretsIn(schemaOf(configSchema), config);
}
