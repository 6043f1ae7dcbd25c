import type { Element } from '@xmpp/xml';

export class IqError extends Error {
  constructor(
    /** A defined condition of RFC 6120 §8.3.3. */
    readonly condition: string,
    /** `cancel`, `continue`, `modify`, `auth` or `wait`. */
    readonly type: string,
    readonly text?: string,
    /** The answer; absent when there was none: a timeout, a lost link, a refusal by our own filter. */
    readonly el?: Element,
  ) {
    super(text === undefined ? condition : `${condition}: ${text}`);
  }
}
