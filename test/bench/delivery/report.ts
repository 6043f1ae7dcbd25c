export type Direction = 'x2m' | 'm2x' | 'both';
export interface Setting {
  readonly direction: Direction;
  readonly rooms: number;
  readonly ghosts: number;
  readonly archive: boolean;
  readonly pace: 'burst' | number;
  readonly database: 'postgres' | 'embedded';
  readonly seconds: number;
  readonly latencyMs: readonly [least: number, most: number];
  readonly perUser: number | undefined;
}
export interface RunResult extends Omit<Setting, 'seconds' | 'latencyMs' | 'perUser'> {
  readonly senders: number;
  readonly messages: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly inversions: number;
  readonly lost: number;
  readonly doubled: number;
  readonly cpuUsPerMessage: {
    readonly rialto: number;
    readonly prosody: number;
    readonly postgres: number;
    readonly load: number;
  };
  readonly rssMb: number;
  /** They still came when the bench would wait no longer: some of those that are lost may only be late. */
  readonly isUnfinished: boolean;
  /** The bridge has died of it. */
  readonly hasEnded: boolean;
  /** Lines a second that the same MUCs took from a component alone, before. */
  readonly mucCeiling?: number;
}

/** How long after the last line was said the bench waits for lines, */
export const PATIENCE_MS = 120_000;
/** and how long without any. */
export const SILENCE_MS = 30_000;

/** Bursts into the MUCs are measured by what the MUCs can take. */
export function share(settings: readonly Setting[], results: readonly RunResult[], ceiling = 0): string {
  const bursts = results.slice(-settings.length).filter((one) => one.direction === 'm2x' && one.pace === 'burst');
  return bursts.map((one) => `: ${Math.round((one.perSecond / ceiling) * 100)} % of that came through the bridge`).join('');
}

export const header =
  '        rooms ghosts archive   pace database   messages  msg/s  p50 ms   p99 ms  lost  twice  inv  CPU µs: rialto prosody postgres load   MB';

export function row(one: RunResult): string {
  const { cpuUsPerMessage: cpu } = one;
  return [
    one.direction.padEnd(6),
    String(one.rooms).padStart(6),
    String(one.ghosts).padStart(6),
    (one.archive ? 'on' : 'off').padStart(7),
    String(one.pace).padStart(6),
    one.database.padStart(8),
    String(one.messages).padStart(10),
    String(one.perSecond).padStart(6),
    one.p50Ms.toFixed(1).padStart(7),
    one.p99Ms.toFixed(1).padStart(8),
    String(one.lost).padStart(5),
    String(one.doubled).padStart(6),
    String(one.inversions).padStart(4),
    String(cpu.rialto).padStart(14),
    String(cpu.prosody).padStart(7),
    String(cpu.postgres).padStart(8),
    String(cpu.load).padStart(4),
    String(one.rssMb).padStart(4),
  ].join(' ');
}

/** What the row of a bridge that did not do well has to add. */
export function remarks({ isUnfinished, hasEnded }: RunResult): string[] {
  return [
    ...(isUnfinished
      ? [`       more lines were still coming ${PATIENCE_MS / 1000} s after the last was said: they count as lost`]
      : []),
    ...(hasEnded ? ['       the bridge has ended'] : []),
  ];
}
