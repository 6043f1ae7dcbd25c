import { z } from 'zod';
import { configSchema } from './config.ts';
import { protocols } from './networks/registry.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly const?: unknown;
}

/** The JSON Schema of the whole configuration, as a text. */
export function jsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }), null, 2)}\n`;
}

/** config/example.yaml: every key with its comment and its default; keys without a default hold a placeholder. */
export function example(): string {
  const { networks, ...rest } = (z.toJSONSchema(configSchema, { io: 'input' }) as Schema).properties ?? {};
  const lines = ['# Every key of the configuration. What is commented out has the value shown when it is left out.', ''];
  for (const [name, schema] of Object.entries(rest)) lines.push(...key(name, schema, { depth: 0, isRequired: false }), '');
  lines.push(`# ${networks?.description ?? ''}`, 'networks:');
  for (const protocol of protocols) {
    lines.push(`  ${protocol.name}:`, `    protocol: ${protocol.name}`);
    const schema = z.toJSONSchema(protocol.config, { io: 'input' }) as Schema;
    for (const [name, part] of Object.entries(schema.properties ?? {})) {
      lines.push(...key(name, part, { depth: 2, isRequired: schema.required?.includes(name) ?? false }));
    }
  }
  return `${lines.join('\n')}\n`;
}

function key(name: string, schema: Schema, at: { readonly depth: number; readonly isRequired: boolean }): string[] {
  const indent = '  '.repeat(at.depth);
  const lines = [`${indent}# ${schema.description ?? ''}`];
  if (schema.properties) {
    lines.push(`${indent}${name}:`);
    for (const [inner, part] of Object.entries(schema.properties)) {
      lines.push(...key(inner, part, { depth: at.depth + 1, isRequired: schema.required?.includes(inner) ?? false }));
    }
    return lines;
  }
  const value = schema.default ?? schema.examples?.[0] ?? 'CHANGE-ME';
  lines.push(`${indent}${at.isRequired ? '' : '# '}${name}: ${JSON.stringify(value)}`);
  return lines;
}
