import type { Level, Payload, Text } from '../envelope.ts';

/** What is left of a payload where a feature of it is carried at this level; `full`: all of it. */
export interface Step {
  readonly payload: Payload;
  readonly level: Level;
}

export function asItIs(payload: Payload): Step {
  return { payload, level: 'full' };
}

/** What somebody says in it. */
export function textIn(payload: Payload): Text | undefined {
  if (payload.kind === 'edit') return payload.text;
  return payload.kind === 'text' ? payload : undefined;
}

export function withText(payload: Payload, text: Text): Payload {
  return payload.kind === 'edit' ? { ...payload, text } : text;
}
