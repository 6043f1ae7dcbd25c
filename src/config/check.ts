import type { ZodType, z } from 'zod';
import { didYouMean } from './nearest.ts';
import { below, fileKey, isSection, keysBelow, type Path, type Schema, type Section } from './schema.ts';
import { howToMake } from './secrets.ts';
import type { Fault, Settings } from './settings.ts';

/** The settings as the schema has them, defaults included; undefined if there are faults, which are added to the settings. */
export function check<T>(settings: Settings, parser: ZodType<T>, schema: Schema): T | undefined {
  dropEmpty(schema, settings.values);
  const result = parser.safeParse(settings.values);
  if (!result.success) {
    const known = new Set(settings.faults.map(({ path }) => path.join('.')));
    // What is wrong with a key has been said: nothing more of it, and of the file it is read from.
    const isNew = ({ path }: Fault): boolean => !known.has(path.join('.')) && !known.has(fileKey(path.join('.')));
    const faults = result.error.issues.flatMap((issue) => faultsOf(issue, settings, schema));
    settings.faults.push(...faults.filter(isNew));
  }
  return result.success && settings.faults.length === 0 ? result.data : undefined;
}

/** In YAML `key:` with nothing behind it is a null: as if it had been left out. An empty name of a free map stays a mistake. */
function dropEmpty(schema: Schema, section: Section): void {
  const keys = keysBelow(schema, section);
  for (const [key, value] of Object.entries(section)) {
    const inner = below(schema, key, section);
    if (value === null && keys?.has(key)) delete section[key];
    else if (inner && isSection(value)) dropEmpty(inner, value);
  }
}

function faultsOf(issue: z.core.$ZodIssue, settings: Settings, schema: Schema): Fault[] {
  const { path } = issue;
  const value = settings.at(path);
  const part = schemaAt(schema, settings.values, path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = [...(part ? (keysBelow(part, value)?.keys() ?? []) : [])];
      return issue.keys.map((key) => ({ path: [...path, key], text: `unknown key${didYouMean(key, known)}` }));
    }
    case 'invalid_union': {
      const known = (part?.oneOf ?? schemaAt(schema, settings.values, path.slice(0, -1))?.oneOf ?? [])
        .map((kind) => kind.properties?.[String(path.at(-1))]?.const)
        .filter((one) => typeof one === 'string');
      if (value === undefined) return [{ path, text: `is missing; it is ${known.join(' or ')}` }];
      return [{ path, text: `there is none of this name${didYouMean(String(value), known)}` }];
    }
    case 'invalid_key':
      return [{ path, text: issue.issues[0]?.message ?? issue.message }];
    default:
      return [{ path: settings.files.has(path.join('.')) ? fileOf(path) : path, text: explain(issue, value, part) }];
  }
}

const fileOf = (path: Path): Path => [...path.slice(0, -1), fileKey(String(path.at(-1)))];

/** What is wrong with a value, without the value: it may be a secret. */
export function explain(issue: z.core.$ZodIssue, value: unknown, part: Schema | undefined): string {
  if (value === undefined) return `is missing${part?.description ? `: ${part.description}` : ''}`;
  const isPlain = typeof value === 'number' || typeof value === 'boolean';
  if (issue.code === 'invalid_type' && issue.expected === 'string' && isPlain) return 'must be text: put it in quotes';
  if (issue.code === 'invalid_type') return `must be ${names[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small' && part?.secret)
    return `too short: a secret has at least ${issue.minimum} characters; ${howToMake}`;
  if (issue.code === 'too_small' && issue.origin !== 'string')
    return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
  if (issue.code === 'too_big' && issue.origin !== 'string') return `must be at most ${issue.maximum}`;
  if (issue.code === 'invalid_value') return `must be ${issue.values.join(' or ')}`;
  // Of the schema's own making: "a URL such as …".
  return issue.code === 'invalid_format' && !issue.message.startsWith('Invalid') ? `must be ${issue.message}` : issue.message;
}

const names: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a section with keys',
  record: 'a section with names of your choice',
};

function schemaAt(root: Schema, values: unknown, path: Path): Schema | undefined {
  let schema: Schema | undefined = root;
  let value: unknown = values;
  for (const key of path) {
    schema = schema && below(schema, String(key), value);
    value = isSection(value) ? value[String(key)] : undefined;
  }
  return schema;
}
