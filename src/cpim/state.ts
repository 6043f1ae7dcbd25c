import type { Party } from './envelope.ts';

/** Beside the envelope: what a room is, not what is said in it. The last writer wins, one value of each kind (for a role: of each person). */
export interface RoomState {
  readonly room: Party;
  /** Who changed it. */
  readonly by: Party;
  /** RFC 3339, UTC. */
  readonly time: string;
  /** The installs it has passed, oldest first. */
  readonly trace: readonly string[];
  readonly change: StateChange;
}

/** An absent value takes away what was there. */
export type StateChange =
  | { readonly kind: 'name'; readonly name?: string }
  | { readonly kind: 'topic'; readonly topic?: string }
  | { readonly kind: 'avatar'; readonly url?: string }
  | { readonly kind: 'role'; readonly who: Party; readonly role: Role };

/** What somebody may do: listen, speak, put others in their place, everything. `outcast`: not even enter. */
export const roles = ['outcast', 'visitor', 'participant', 'moderator', 'owner'] as const;
export type Role = (typeof roles)[number];
