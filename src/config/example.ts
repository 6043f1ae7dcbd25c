import { configSchema } from '../config.ts';
import { protocols } from '../networks/registry.ts';
import { fileKey, fileNote, type Schema, type Section, schemaOf } from './schema.ts';
import { newest } from './upgrade.ts';
import { wrap } from './wrap.ts';

/** The JSON Schema of the whole configuration, as a text. */
export function jsonSchema(): string {
  return `${JSON.stringify(withFileKeys(schemaOf(configSchema)), null, 2)}\n`;
}

/** Beside each secret stands the key that names a file with it; where the secret is required, one of the two is. */
function withFileKeys(schema: Schema): Schema {
  const { properties = {}, required = [], oneOf, additionalProperties, secret: _ours, ...rest } = schema;
  const secrets = Object.keys(properties).filter((key) => properties[key]?.secret);
  const parts = Object.entries(properties).flatMap(([key, part]): [string, Schema][] => [
    [key, withFileKeys(part)],
    ...(part.secret ? [[fileKey(key), { type: 'string', description: fileNote(key) }] as [string, Schema]] : []),
  ]);
  const either = secrets.filter((key) => required.includes(key));
  return {
    ...rest,
    ...(schema.properties && { properties: Object.fromEntries(parts) }),
    ...(schema.required && { required: required.filter((key) => !secrets.includes(key)) }),
    ...(either.length > 0 && { allOf: either.map((key) => ({ oneOf: [{ required: [key] }, { required: [fileKey(key)] }] })) }),
    ...(oneOf && { oneOf: oneOf.map(withFileKeys) }),
    ...(additionalProperties !== undefined && {
      additionalProperties: additionalProperties && withFileKeys(additionalProperties),
    }),
  };
}

/** config/example.yaml: every key with its comment and its default; keys without a default hold a placeholder. */
export function example(): string {
  const networks = protocols.map(({ name }): [string, Section] => [name, { protocol: name }]);
  const head = ['Every key of the configuration. What is commented out has the value shown when it is left out.', secretNote];
  return annotated(head, { networks: Object.fromEntries(networks) });
}

export const secretNote =
  'A secret may stand in a file of its own: secretFile: /run/secrets/x. RIALTO_HTTP__PORT in the environment wins over http.port.';

interface Networks {
  readonly networks: Readonly<Record<string, Section>>;
}

/** A configuration with a comment on every key. What has no value here is commented out, or holds a placeholder. */
export function annotated(head: readonly string[], values: Section & Networks): string {
  const { networks, ...rest } = schemaOf(configSchema).properties ?? {};
  const lines = [...head.flatMap((line) => comment(line, '')), ''];
  const given: Section = { version: newest, ...values };
  for (const [name, schema] of Object.entries(rest)) {
    lines.push(...key(name, schema, { depth: 0, isRequired: schema.const !== undefined, value: given[name] }), '');
  }
  lines.push(...comment(networks?.description ?? '', ''), 'networks:');
  for (const [name, section] of Object.entries(values.networks)) {
    const protocol = protocols.find((one) => one.name === section.protocol);
    if (!protocol) continue;
    const schema = schemaOf(protocol.config);
    lines.push(`  ${name}:`, `    protocol: ${protocol.name}`);
    for (const [inner, part] of Object.entries(schema.properties ?? {})) {
      const isRequired = schema.required?.includes(inner) ?? false;
      lines.push(...key(inner, part, { depth: 2, isRequired, value: section[inner] }));
    }
  }
  return `${lines.join('\n')}\n`;
}

interface At {
  readonly depth: number;
  readonly isRequired: boolean;
  readonly value: unknown;
}

function key(name: string, schema: Schema, at: At): string[] {
  const indent = '  '.repeat(at.depth);
  const lines = comment(schema.description ?? '', indent);
  if (schema.properties) {
    lines.push(`${indent}${name}:`);
    for (const [inner, part] of Object.entries(schema.properties)) {
      const isRequired = schema.required?.includes(inner) ?? false;
      const value = (at.value as Section | undefined)?.[inner];
      lines.push(...key(inner, part, { depth: at.depth + 1, isRequired, value }));
    }
    return lines;
  }
  const value = at.value ?? schema.const ?? schema.default ?? schema.examples?.[0] ?? 'CHANGE-ME';
  const isLive = at.isRequired || at.value !== undefined;
  lines.push(`${indent}${isLive ? '' : '# '}${name}: ${JSON.stringify(value)}`);
  return lines;
}

/** A comment, in lines that are not too long to read. */
function comment(text: string, indent: string): string[] {
  return wrap(text, 100, `${indent}# `);
}
