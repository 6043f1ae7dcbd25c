const DAY_MS = 86_400_000;

/** A day of UTC, `2026-01-31`: what bodies and excerpts are partitioned by. */
export type Day = string;

export function dayOf(ms: number): Day {
  return new Date(ms).toISOString().slice(0, 10);
}

export function daysLater(day: Day, days: number): Day {
  return dayOf(Date.parse(day) + days * DAY_MS);
}

/** The first day of the span of `days` that holds this one. Spans are counted from 1970, so that they never overlap. */
export function spanOf(day: Day, days: number): Day {
  const number = Date.parse(day) / DAY_MS;
  return dayOf((number - (number % days)) * DAY_MS);
}
