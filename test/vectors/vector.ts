import { readFileSync } from 'node:fs';
import { z } from 'zod';

const member = z.unknown();
const vector = z.object({
  id: z.string(),
  kind: z.string(),
  spec: z.string(),
  profile: z.enum(['strict3922', 'extended']).optional(),
  needs: z.enum(['sip', 'msrp', 'smime']).optional(),
  input: z.record(z.string(), z.unknown()),
  output: member.optional(),
  error: z.enum(['malformed', 'unsupported', 'refused']).optional(),
  notes: z.string().optional(),
});
const file = z.object({ version: z.literal(1), vectors: z.array(vector) });

/** One call of a function with one right answer; see README.md. */
export type Vector = z.infer<typeof vector>;
export type Profile = NonNullable<Vector['profile']>;
export type ErrorClass = NonNullable<Vector['error']>;

/** Throws if it is no file of vectors, or one with an id twice. */
export function readVectors(path: string): Vector[] {
  const { vectors } = file.parse(JSON.parse(readFileSync(path, 'utf8')));
  const ids = new Set<string>();
  for (const { id, output, error } of vectors) {
    if (ids.has(id)) throw new Error(`${path}: ${id} is there twice`);
    if ((output === undefined) === (error === undefined))
      throw new Error(`${path}: ${id} has not exactly one of output and error`);
    ids.add(id);
  }
  return vectors;
}
