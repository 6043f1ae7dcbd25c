import { type ZodType, z } from 'zod';

/** What is used of a JSON Schema of the configuration. `secret` is the mark of `.meta({ secret: true })`. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly secret?: boolean;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** A map of free names, to one of several kinds. */
  readonly additionalProperties?: false | Schema;
  readonly oneOf?: readonly Schema[];
}

export type Path = readonly PropertyKey[];
export type Section = Record<string, unknown>;

export function schemaOf(parser: ZodType): Schema {
  return z.toJSONSchema(parser, { io: 'input' }) as Schema;
}

export function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The key that names a file with the secret in it, as a mounted secret is: `secret` → `secretFile`. */
export const fileKey = (key: string): string => `${key}File`;

/** What may stand below a schema, by key: `Map` of free names → undefined. `value` is what stands there, and decides between kinds. */
export function keysBelow(schema: Schema, value: unknown): Map<string, Schema> | undefined {
  const keys = new Map<string, Schema>();
  if (schema.oneOf === undefined && schema.properties === undefined) return undefined;
  for (const kind of kinds(schema, value)) {
    for (const [key, part] of Object.entries(kind.properties ?? {})) {
      if (!keys.has(key)) keys.set(key, part);
      if (part.secret) keys.set(fileKey(key), { type: 'string', description: fileNote(key) });
    }
  }
  return keys;
}

/** The schema of one name below. */
export function below(schema: Schema, key: string, value: unknown): Schema | undefined {
  return keysBelow(schema, value)?.get(key) ?? (schema.additionalProperties || undefined);
}

export const fileNote = (key: string): string => `A file that holds it, in the place of ${key}; relative to this file`;

/** The kinds that fit the value by what is constant in them; all, if none does. */
function kinds(schema: Schema, value: unknown): readonly Schema[] {
  const all = schema.oneOf ?? [schema];
  const fits = all.filter((kind) =>
    Object.entries(kind.properties ?? {}).every(
      ([key, part]) => part.const === undefined || (isSection(value) && value[key] === part.const),
    ),
  );
  return fits.length > 0 ? fits : all;
}

/** Every value that is no section, with its path and schema (undefined: an unknown key). */
export function* leaves(
  schema: Schema | undefined,
  value: unknown,
  path: Path = [],
): Generator<{ path: Path; value: unknown; schema: Schema | undefined }> {
  if (!isSection(value)) return yield { path, value, schema };
  for (const [key, inner] of Object.entries(value)) {
    yield* leaves(schema && below(schema, key, value), inner, [...path, key]);
  }
}
