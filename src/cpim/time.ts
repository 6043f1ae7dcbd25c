const form =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)$/;
const days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * A moment as both RFC 3339 §5.6 (an offset is there, `T` and `Z` are capitals) and XML Schema (`dateTime`: no year 0000, no leap
 * second, offsets up to 14 hours) write it.
 */
export function isDateTime(text: string): boolean {
  if (!form.test(text)) return false;
  if (text.startsWith('0000')) return false;
  const day = Number(text.slice(8, 10));
  // These every month has.
  if (day <= 28) return true;
  const [year, month] = [Number(text.slice(0, 4)), Number(text.slice(5, 7))];
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && isLeap ? 29 : (days[month - 1] ?? 0));
}
