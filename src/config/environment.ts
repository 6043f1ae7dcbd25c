import { didYouMean } from './nearest.ts';
import { below, fileKey, isSection, keysBelow, type Schema, type Section } from './schema.ts';
import type { Settings } from './settings.ts';

const prefix = 'RIALTO_';
/** Read by others than the configuration: the path of the file, and the address of a Postgres for the tests. */
const others = new Set(['RIALTO_CONFIG', 'RIALTO_VERSION']);
/** COMPAT(kubernetes): a service that is called rialto puts variables of this form into every pod. */
const injected = /^RIALTO_(SERVICE_|PORT($|_\d))/;

/**
 * Puts `RIALTO_SECTION__KEY=value` over what the file says: upper and lower case are the same, and so are `AS_TOKEN` and
 * `ASTOKEN`. An empty variable counts as not set. `DATABASE_URL` is what others call RIALTO_DATABASE__URL, which wins.
 */
export function overlay(settings: Settings, schema: Schema, environment: NodeJS.ProcessEnv): void {
  const common = environment.DATABASE_URL;
  if (common) put(settings, { schema, variable: 'DATABASE_URL', names: ['DATABASE', 'URL'], value: common });
  for (const [variable, value] of Object.entries(environment).sort()) {
    if (!variable.startsWith(prefix) || !value || others.has(variable) || injected.test(variable)) continue;
    put(settings, { schema, variable, names: variable.slice(prefix.length).split('__'), value });
  }
}

interface Setting {
  readonly schema: Schema;
  readonly variable: string;
  readonly names: readonly string[];
  readonly value: string;
}

const plain = (name: string): string => name.toLowerCase().replaceAll('_', '');

function put(settings: Settings, { schema: root, variable, names, value }: Setting): void {
  let schema = root;
  let section: Section = settings.values;
  const path: string[] = [];
  const fault = (text: string): unknown => settings.faults.push({ path: [], at: variable, text });
  for (const [depth, name] of names.entries()) {
    const keys = keysBelow(schema, section);
    const known = [...(keys?.keys() ?? Object.keys(section))];
    // A name of the operator's choice that the file does not have is a new one.
    const key = known.find((one) => plain(one) === plain(name)) ?? (keys ? undefined : name.toLowerCase());
    const show = (one: string): string => `${prefix}${[...names.slice(0, depth), one.toUpperCase()].join('__')}`;
    const inner = key === undefined ? undefined : below(schema, key, section);
    if (key === undefined || inner === undefined) return void fault(`unknown key${didYouMean(name, known, show)}`);
    path.push(key);
    const keysInside = keysBelow(inner, section[key]);
    const isLast = depth === names.length - 1;
    if (isLast && (keysInside || inner.additionalProperties))
      return void fault(
        `is a section: set a key of it${keysInside ? `, such as ${show(key)}__${[...keysInside.keys()][0]?.toUpperCase()}` : ''}`,
      );
    if (isLast) set({ settings, section, path, variable }, key, typed(inner, value));
    else if (!keysInside && !inner.additionalProperties) return void fault(`unknown key: ${path.join('.')} is no section`);
    else {
      if (!isSection(section[key])) section[key] = {};
      section = section[key] as Section;
      schema = inner;
    }
  }
}

interface Place {
  readonly settings: Settings;
  readonly section: Section;
  readonly path: readonly string[];
  readonly variable: string;
}

/** A secret is given once: what the file says of it in the other form is no longer meant. */
function set({ settings, section, path, variable }: Place, key: string, value: unknown): void {
  const other = key.endsWith('File') ? key.slice(0, -'File'.length) : fileKey(key);
  const before = settings.variable([...path.slice(0, -1), other]);
  if (before !== undefined && before !== 'DATABASE_URL')
    settings.faults.push({ path: [], at: variable, text: `is set as well as ${before}: set one of them` });
  delete section[other];
  section[key] = value;
  settings.setBy(path, variable);
}

/** What a schema makes of a text; the text, if it makes nothing of it. */
export function typed(schema: Schema, value: string): unknown {
  if (schema.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  const isNumber = schema.type === 'integer' || schema.type === 'number';
  return isNumber && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}
