const form = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)$/;
const days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * A moment as both RFC 3339 §5.6 (an offset is there, `T` and `Z` are capitals) and XML Schema (`dateTime`: no year 0000, no leap
 * second, offsets up to 14 hours) write it.
 */
export function isDateTime(text: string): boolean {
  const [, year = '', month = '', day = ''] = form.exec(text) ?? [];
  if (year === '' || year === '0000') return false;
  const isLeap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0);
  const last = month === '02' && isLeap ? 29 : (days[Number(month) - 1] ?? 0);
  return Number(day) >= 1 && Number(day) <= last;
}
