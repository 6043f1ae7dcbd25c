import type { Payload, Target } from '../../../cpim/envelope.ts';
import type { Event } from '../event.ts';

/** What a feature may ask of the room that an event comes from. Nothing here does I/O. */
export interface Scene {
  /** The display name of a user, or his localpart. */
  name(userId: string): string;
  /** Who said a recent event; undefined if that is not known. */
  author(eventId: string): string | undefined;
}

/** What an event makes of the room's conversation; undefined: nothing that anybody must hear of. May throw. */
export type Feature = (event: Event, scene: Scene) => Payload | undefined;

/** An event id is strong: the homeserver gives it, and there is no second one. */
export function byEvent(value: string, more?: { author?: string; excerpt?: string }): Target {
  return { id: { kind: 'event', value, strong: true }, ...more };
}
