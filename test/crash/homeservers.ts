import { StandIn, type Talk } from '../bench/delivery/stand-in.ts';
import { installSynapse } from '../lab/install.ts';
import type { Progress } from '../lab/progress.ts';
import type { Settings } from '../lab/settings.ts';
import type { Seen } from './ledger.ts';
import { SynapseSide } from './synapse-side.ts';

/** The homeserver of a run and the people on it, who say lines and count what they see. */
export interface MatrixSide {
  /** Where the bridge finds it. */
  readonly port: number;
  /** Lines of this run count from now on. */
  begin(run: number): Promise<void>;
  /** Resolves when the homeserver has taken all of them. */
  push(talk: Talk): Promise<void>;
  /** So many people whom nobody has linked, or as many as there are. */
  friends(count: number): readonly string[];
  /** How many direct chats have begun. */
  chats(): Promise<number>;
  times(): Promise<Seen>;
  /** Dies at once, and is back after about `ms`. */
  die(ms: number): Promise<void>;
  stop(): Promise<void>;
}

interface HomeserverChoice {
  readonly called: string;
  readonly rooms: number;
  /** Lines in both directions together. */
  readonly perSecond: number;
  /** Installs what is missing; what it gives starts one. */
  open(progress: Progress): Promise<(settings: Settings) => Promise<MatrixSide>>;
}

const SINK_ROOMS = 20;
const SYNAPSE_ROOMS = 8;

export type HomeserverKind = 'sink' | 'synapse';

export const homeservers: Readonly<Record<HomeserverKind, HomeserverChoice>> = {
  sink: {
    called: "a homeserver's stand-in",
    rooms: SINK_ROOMS,
    perSecond: 300,
    open: async () => (settings) => StandIn.at(settings, { rooms: SINK_ROOMS, speakers: 2, latencyMs: [3, 3] }),
  },
  synapse: {
    called: 'Synapse',
    rooms: SYNAPSE_ROOMS,
    // It takes some 40 a second on two cores that everybody shares.
    perSecond: 24,
    open: async (progress) => {
      const python = await installSynapse(progress);
      return (settings) => SynapseSide.at(settings, python, SYNAPSE_ROOMS);
    },
  },
};
