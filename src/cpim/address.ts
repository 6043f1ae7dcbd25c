/**
 * Who or where: a neutral URI (`im:`, RFC 3860) plus the protocol's own form of it. Only the protocol's folder makes and
 * parses the native form.
 */
export interface Address {
  readonly uri: string;
  readonly native: string;
}
