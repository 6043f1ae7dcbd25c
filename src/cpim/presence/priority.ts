import { CpimError } from '../error.ts';

// RFC 3863 §4.4: a decimal from 0 to 1 with at most three digits. The dot of its pattern is meant literally.
const form = /^(?:0(?:\.(\d{0,3}))?|1(?:\.0{0,3})?)$/;

export function isPriority(text: string): boolean {
  return form.test(text);
}

/**
 * A priority of -128..127 (RFC 6121 §4.7.2.3) as that of a contact; undefined for a negative one, which is not mapped. Reproduces
 * every number of RFC 3922 §5.1.7. Throws a CpimError for a number that is no priority.
 */
export function priorityToContact(priority: number): string | undefined {
  if (!Number.isInteger(priority) || priority < -128 || priority > 127) {
    throw new CpimError('malformed', 'not an integer from -128 to 127', 0);
  }
  if (priority < 0) return undefined;
  return String(priority === 127 ? 1 : Math.floor((priority * 1000) / 127) / 1000);
}

/** And back (RFC 3922 §5.2.13): 0 and 1 are for the ends alone. Undefined for what is no priority of a contact: as if absent. */
export function priorityFromContact(text: string | undefined): number | undefined {
  const [whole, digits = ''] = form.exec(text ?? '') ?? [];
  if (whole === undefined) return undefined;
  if (whole.startsWith('1')) return 127;
  const thousandths = Number(digits.padEnd(3, '0'));
  // Whole numbers: 0.504 × 127 in floating point is not what it seems.
  return thousandths === 0 ? 0 : Math.min(126, Math.max(1, Math.ceil((thousandths * 127) / 1000)));
}
