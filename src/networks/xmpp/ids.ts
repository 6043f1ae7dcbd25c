import type { Person } from '../network.ts';

/** The localpart of the ghost that stands for a person of another network. */
export function ghostLocal(person: Person): string {
  return person.key;
}

/** `handle` is the person's own native id where it is public; `hash` else. Undefined: no ghost of ours. */
export type GhostName = { readonly network: string; readonly handle: string } | { readonly network: string; readonly hash: string };

export function parseGhostLocal(_local: string): GhostName | undefined {
  return undefined;
}

/** A valid MUC nick from any display name; `fallback` if nothing readable is left. */
export function nickFor(name: string, _fallback: string): string {
  return name;
}

/** `Alice (2)`, within the limits of `nickFor`. */
export function withSuffix(nick: string, n: number): string {
  return `${nick} (${n})`;
}
