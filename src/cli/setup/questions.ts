import type { ZodType, z } from 'zod';
import { explain } from '../../config/check.ts';
import { typed } from '../../config/environment.ts';
import { type Schema, type Section, schemaOf } from '../../config/schema.ts';
import { configSchema } from '../../config.ts';
import type { Protocol } from '../../networks/network.ts';

/** One key of the configuration that `init` can be told. Secrets are none of them: `init` makes those. */
export interface Question {
  /** `http-port`; of a protocol's key, with the protocol in front. */
  readonly flag: string;
  readonly path: readonly string[];
  readonly text: string;
  /** It has no default: without an answer there is no configuration. */
  readonly isRequired: boolean;
  /** Offered for a key that is required. */
  readonly suggestion?: string;
  /** What holds without an answer. */
  readonly otherwise?: string;
  /** What is wrong with an answer. */
  fault(answer: string): string | undefined;
  value(answer: string): unknown;
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The keys of a protocol's part. */
export function questionsOf(protocol: Protocol): Question[] {
  return [...questions(protocol.config, schemaOf(protocol.config), [protocol.name])];
}

/** The keys of all that is no network's. */
export function generalQuestions(): Question[] {
  const { networks: _, version: _v, ...shape } = configSchema.shape;
  const schema = schemaOf(configSchema);
  return Object.entries(shape).flatMap(([key, parser]) => [...questions(parser, schema.properties?.[key] ?? {}, [key])]);
}

function* questions(parser: ZodType, schema: Schema, path: readonly string[], isRequired = false): Generator<Question> {
  if (!schema.properties) {
    if (!schema.secret) yield question(parser, schema, path, isRequired);
    return;
  }
  const { shape } = unwrapped(parser) as z.ZodObject;
  for (const [key, part] of Object.entries(schema.properties)) {
    yield* questions(shape[key] as ZodType, part, [...path, key], schema.required?.includes(key));
  }
}

/** The parser inside those that only say what happens when nothing is there. */
function unwrapped(parser: ZodType): ZodType {
  const { def } = parser as unknown as { def: { innerType?: ZodType } };
  return def.innerType ? unwrapped(def.innerType) : parser;
}

function question(parser: ZodType, schema: Schema, path: readonly string[], isRequired: boolean): Question {
  const value = (answer: string): unknown => typed(schema, answer);
  const suggestion = schema.examples?.[0];
  return {
    flag: path.map(kebab).join('-'),
    path,
    text: schema.description ?? '',
    isRequired,
    ...(isRequired && suggestion !== undefined ? { suggestion: String(suggestion), otherwise: String(suggestion) } : {}),
    ...(schema.default === undefined ? {} : { otherwise: String(schema.default) }),
    value,
    fault(answer) {
      if (answer.trim() === '') return 'is missing';
      const issue = parser.safeParse(value(answer)).error?.issues[0];
      return issue && explain(issue, value(answer), schema);
    },
  };
}

/** A section tree with the answers in their places. */
export function planted(answers: ReadonlyMap<Question, string>): Section {
  const values: Section = {};
  for (const [{ path, value }, answer] of answers) {
    const sections = path.slice(0, -1);
    const section = sections.reduce<Section>((at, key) => {
      at[key] ??= {};
      return at[key] as Section;
    }, values);
    section[String(path.at(-1))] = value(answer);
  }
  return values;
}
