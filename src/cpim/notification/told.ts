import type { Message } from '../message/message.ts';
import type { ImdnType } from './imdn.ts';
import { type DispositionEvent, type DispositionRole, type ImdnResponse, respond, typeOf } from './respond.ts';

/** What the sender of one message has been told so far; plain JSON. */
export interface Told {
  readonly types: readonly ImdnType[];
  /** We have answered him with a failure ourselves. */
  readonly refused: boolean;
}

export const nothingTold: Told = { types: [], refused: false };

export type Happening =
  | { readonly kind: 'refused' }
  | { readonly kind: 'event'; readonly event: DispositionEvent; readonly role: DispositionRole };

export interface TellStep {
  readonly state: Told;
  readonly response?: ImdnResponse;
}

/**
 * What happened to a message, as its sender is told: at most one notification of each type, the first (RFC 5438 §7.2.1), and none of a
 * failure that he has from us already (§12.1.3). A pure machine, one state a message.
 */
export function tell(state: Told, message: Message, happened: Happening): TellStep {
  if (happened.kind === 'refused') return { state: { ...state, refused: true } };
  const type = typeOf(happened.event);
  if (state.types.includes(type) || (state.refused && type === 'delivery')) return { state };
  const response = respond(message, happened.event, happened.role);
  return response ? { state: { ...state, types: [...state.types, type] }, response } : { state };
}
