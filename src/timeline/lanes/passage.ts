/** What the lane lets a delivery know and wait for. */
export interface Passage {
  isRetracted(): boolean;
  isStopped(): boolean;
  turn(): Promise<void>;
  /** Resolves when the line before is on its way: some take longer to be prepared, and none may overtake another by that. */
  readonly before: Promise<void>;
  /** This one is on its way. */
  launched(): void;
}
