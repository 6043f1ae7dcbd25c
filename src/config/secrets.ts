import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { below, fileKey, isSection, keysBelow, leaves, type Path, type Schema } from './schema.ts';
import type { Settings } from './settings.ts';

/** What the example and the README have in the place of a real value. */
const placeholders = new Set(['a-long-random-secret', 'another-long-random-secret', 'and-one-more']);

export const howToMake = '"openssl rand -hex 32" makes one';

/** Puts what the files hold in the place of the keys that name them: `secretFile: /run/secrets/x`. */
export function readSecretFiles(settings: Settings, schema: Schema, value: unknown = settings.values, path: Path = []): void {
  if (!isSection(value)) return;
  for (const [key, part] of keysBelow(schema, value) ?? []) {
    const named = value[fileKey(key)];
    if (!part.secret || named === undefined) continue;
    const at = [...path, fileKey(key)];
    const other = value[key];
    delete value[fileKey(key)];
    if (typeof named !== 'string' || named === '') settings.faults.push({ path: at, text: 'must be the path of a file' });
    else if (other !== undefined) settings.faults.push({ path: at, text: `is there as well as ${key}: keep one of them` });
    else {
      value[key] = read(settings, at, named);
      settings.files.add([...path, key].join('.'));
    }
  }
  for (const [key, inner] of Object.entries(value)) {
    const part = below(schema, key, value);
    if (part) readSecretFiles(settings, part, inner, [...path, key]);
  }
}

function read(settings: Settings, path: Path, named: string): string | undefined {
  const file = settings.variable(path) === undefined ? resolve(dirname(settings.source.file), named) : resolve(named);
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (text === '') settings.faults.push({ path, text: `${file} is empty` });
    return text;
  } catch (error) {
    settings.faults.push({ path, text: `${file} cannot be read (${(error as NodeJS.ErrnoException).code})` });
    return undefined;
  }
}

/** Values of the example that nobody has replaced. */
export function findPlaceholders(settings: Settings, schema: Schema): void {
  for (const { path, value, schema: part } of leaves(schema, settings.values)) {
    if (typeof value !== 'string' || !(value.includes('CHANGE-ME') || placeholders.has(value))) continue;
    settings.faults.push({ path, text: `is still the placeholder of the example${part?.secret ? `; ${howToMake}` : ''}` });
  }
}

/** The secrets among these values. */
export function secretsIn(schema: Schema, values: unknown): string[] {
  const secret = [...leaves(schema, values)].filter((leaf) => leaf.schema?.secret === true).map((leaf) => leaf.value);
  return secret.filter((value) => typeof value === 'string');
}

/** True if what is written in the file itself is a secret. */
export function holdsSecret(schema: Schema, written: unknown): boolean {
  return [...leaves(schema, written)].some((leaf) => leaf.schema?.secret === true && leaf.value !== null);
}
