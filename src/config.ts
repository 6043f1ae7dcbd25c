import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigurationError, type Protocol } from './networks/network.ts';
import { protocols } from './networks/registry.ts';

function networkSchema(protocol: Protocol) {
  const base = z.strictObject({ protocol: z.literal(protocol.name).describe('The kind of wire.') });
  return base.extend((protocol.config as z.ZodObject).shape);
}

const networkSchemas = protocols.map(networkSchema);

/** The whole configuration; each protocol brings its part. */
export const configSchema = z.strictObject({
  data: z
    .string()
    .min(1)
    .default('./data')
    .describe('The folder for everything that must survive: the embedded database, the control socket.'),
  http: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('The address to listen on.'),
      port: z.int().min(0).max(65535).default(9000).describe('The port to listen on.'),
    })
    .prefault({})
    .describe('Where networks that push by HTTP, and health checks, reach Rialto.'),
  database: z
    .strictObject({
      url: z
        .string()
        .optional()
        .describe(
          'postgres://user:password@host/name. Without it the embedded database in the data folder is used; DATABASE_URL wins.',
        ),
    })
    .prefault({})
    .describe('Where the timelines are kept.'),
  delivery: z
    .strictObject({
      expiryHours: z
        .number()
        .positive()
        .default(24)
        .describe('A line that could not be delivered for so long is refused, and its sender told.'),
    })
    .prefault({})
    .describe('How long Rialto keeps trying.'),
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
export type Config = Omit<z.infer<typeof configSchema>, 'networks'> & { readonly networks: Record<string, NetworkConfig> };

/** Reads and checks the file. Throws a ConfigurationError that names what is wrong, one line for each fault. */
export function readConfig(file: string): Config {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError(
      `the configuration ${file} cannot be read (${(error as NodeJS.ErrnoException).code}): give one with --config FILE`,
    );
  }
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new ConfigurationError(`${file} is no valid YAML: ${(error as Error).message}`);
  }
  const checked = configSchema.safeParse(raw);
  if (!checked.success) {
    const faults = checked.error.issues.map((issue) => `${file}: ${issue.path.join('.') || 'the file'}: ${issue.message}`);
    throw new ConfigurationError(faults.join('\n'));
  }
  const config = checked.data as Config;
  const url = process.env.DATABASE_URL;
  return url ? { ...config, database: { url } } : config;
}
