/** A piece of somebody else's configuration. */
export interface Snippet {
  /** A name for a file of it, unlike those of the other snippets of all protocols. */
  readonly file: string;
  /** Where it goes, for people: "Prosody: its configuration, at the end". */
  readonly where: string;
  readonly text: string;
}

/** One thing that was looked at. */
export interface Finding {
  /** Stable, in kebab case: what machines and bug reports name. */
  readonly code: string;
  readonly verdict: 'ok' | 'warning' | 'fault' | 'skipped';
  /** What was seen, or why it was not looked at; one line, never a secret. */
  readonly evidence: string;
  /** What to do; one line, also in the words of the servers concerned: "Prosody: …; ejabberd: …". */
  readonly fix?: string;
  /** The room that it is about, as people write it; absent: the network as a whole. */
  readonly room?: string;
}
