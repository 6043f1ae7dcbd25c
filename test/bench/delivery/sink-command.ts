/** What the bench asks of the process that stands for a homeserver. */
export type SinkCommand =
  | {
      readonly do: 'listen';
      readonly bridge: string;
      readonly hsToken: string;
      readonly domain: string;
      /** An answer takes a time between these. */
      readonly latencyMs: readonly [least: number, most: number];
      /** Lines a second that a user may send; more are answered with 429. Default: any number. */
      readonly perUser?: number | undefined;
    }
  | { readonly do: 'rooms'; readonly count: number; readonly speakers: number }
  /** Repeats: every tenth transaction comes a second time, under another number. */
  | { readonly do: 'start'; readonly run: number; readonly repeats?: boolean }
  | {
      readonly do: 'push';
      readonly run: number;
      readonly rooms: number;
      readonly speakers: number;
      readonly from: number;
      readonly total: number;
      readonly perSecond: number;
      /** Some lines are edits, some are said by two people in the same words, some taken back at once. */
      readonly mixed?: boolean;
      /** No longer than this, though not all be said: a bridge may take nothing any more. */
      readonly ms?: number;
    }
  /** As a homeserver dies: away for so long; what waited in memory for the bridge is only in the rooms' history then. */
  | { readonly do: 'die'; readonly ms: number }
  /** The bridge is elsewhere now. */
  | { readonly do: 'turn'; readonly bridge: string }
  /** From now on an answer takes so long. */
  | { readonly do: 'pace'; readonly latencyMs: readonly [least: number, most: number] }
  /** Transaction ids are remembered no more. */
  | { readonly do: 'forget' }
  /** Whether the bridge may read the rooms' history. */
  | { readonly do: 'history'; readonly open: boolean }
  | { readonly do: 'times' }
  /** How many direct chats there are. */
  | { readonly do: 'chats' }
  | { readonly do: 'limits' }
  | { readonly do: 'report' };
