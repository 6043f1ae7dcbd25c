import type { Daemon } from './daemon.ts';
import type { Say } from './progress.ts';

/** A real XMPP server of the lab; each kind is one file. */
export interface XmppServer {
  readonly kind: 'prosody' | 'ejabberd';
  readonly daemon: Daemon;
  /** Gets the program if the machine has it not, and says its version. */
  install(say: Say): Promise<string>;
  /** Writes configuration and accounts. */
  configure(): void;
  /** Starts it and waits until clients and components can connect. */
  start(): Promise<void>;
}
