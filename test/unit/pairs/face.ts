import type { Capabilities } from '../../../src/cpim/capabilities.ts';
import type { Envelope, Payload } from '../../../src/cpim/envelope.ts';

/**
 * One protocol as the suite sees it: how what its people send is read, and how an envelope is written, by the product's own readers
 * and writers.
 */
export interface Face {
  readonly name: string;
  readonly capabilities: Capabilities;
  read(native: unknown): Envelope | undefined;
  /** As it arrives at somebody of that network, ready to be read again. */
  write(envelope: Envelope): Promise<unknown>;
  /** What its readers see of a payload that it carries: equal to it but for the facts of the protocol, each with its reason. */
  seen(payload: Payload): Payload;
  close(): Promise<void>;
}

/** Everything that is not of the way but of what was said. */
export function meaning({ payload, reply, thread }: Envelope): Pick<Envelope, 'payload' | 'reply' | 'thread'> {
  return { payload, ...(reply && { reply }), ...(thread && { thread }) };
}

export const frame: Omit<Envelope, 'payload'> = {
  id: '7d5b3d0e4c5f4a55',
  from: { uri: 'im:alice@example.org', name: 'Alice' },
  to: { uri: 'im:room@rooms.example' },
  time: '2026-05-01T10:00:00.123Z',
  trace: [],
  extensions: [],
  degradations: [],
};
