/**
 * What is wrong with a piece of CPIM: a message, a document inside it, an address. `malformed`: it breaks its grammar;
 * `unsupported`: well-formed, but must not be processed; `refused`: forbidden by policy. `position` is an octet offset into the
 * input (when formatting: into the output).
 */
export class CpimError extends Error {
  constructor(
    readonly kind: 'malformed' | 'unsupported' | 'refused',
    what: string,
    readonly position: number,
  ) {
    super(`${kind} at octet ${position}: ${what}`);
    this.name = 'CpimError';
  }
}
