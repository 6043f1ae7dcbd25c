import pg from 'pg';

type Parse = (text: string) => unknown;

const { INT8, DATE } = pg.types.builtins;
const INT8_ARRAY = 1016;
const DATE_ARRAY = 1182;
const TEXT_ARRAY = 1009;

/** Our keys and counters stay far below 2^53; a value beyond it is an error, never a rounded number. */
function parseInt8(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`int8 ${text} does not fit a JavaScript number`);
  return number;
}

const textArray = pg.types.getTypeParser(TEXT_ARRAY as number) as (text: string) => (string | null)[];

// A `date` stays a string (2026-01-31): as a Date it would be a midnight in whatever zone the process runs in.
const ours = new Map<number, Parse>([
  [INT8, parseInt8],
  [INT8_ARRAY, (text) => textArray(text).map((one) => (one === null ? null : parseInt8(one)))],
  [DATE, (text) => text],
  [DATE_ARRAY, textArray],
]);

/** How both engines turn what Postgres says into JavaScript. Scoped to our pools; pg's global parsers stay untouched. */
export const wireTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && ours.get(oid)) || pg.types.getTypeParser(oid, format ?? 'text')) as typeof pg.types.getTypeParser,
};
