/**
 * What is wrong with a piece of CPIM. `malformed`: it breaks its grammar; `unsupported`: well-formed, but must not be processed.
 * `position` is an octet offset into the input (when formatting: into the output).
 */
export class CpimError extends Error {
  constructor(
    readonly kind: 'malformed' | 'unsupported',
    what: string,
    readonly position: number,
  ) {
    super(`${kind} Message/CPIM at octet ${position}: ${what}`);
    this.name = 'CpimError';
  }
}
