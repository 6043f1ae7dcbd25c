/** The abstract operations of presence (RFC 3859 §3). */

/** A user's presence, to those who subscribed or to one of them. */
export interface Notify {
  readonly op: 'notify';
  /** `im:` URIs (R3922-5.1.1-2). */
  readonly from: string;
  readonly to?: string;
  /** A presence document. */
  readonly pidf: string;
}

/** To subscribe, or with a duration of 0 to end it. */
export interface Subscribe {
  readonly op: 'subscribe';
  /** `pres:` URIs. */
  readonly watcher: string;
  readonly target: string;
  /** In seconds. */
  readonly duration?: number;
  readonly transId?: string;
  readonly subscriptId?: string;
}
