import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Compare } from './compare.ts';

const object = z.object({
  headers: z
    .array(z.object({ name: z.string(), ns: z.string().optional(), lang: z.string().optional(), value: z.string() }))
    .default([]),
  mime: z.array(z.tuple([z.string(), z.string()])).default([]),
  body: z.string().optional(),
});

/** In a form in which equal means equal: values by name, in their order. The NS headers and the order of names are free. */
interface Form {
  readonly headers: Readonly<Record<string, readonly unknown[]>>;
  readonly mime: Readonly<Record<string, readonly string[]>>;
  readonly body?: string;
}

function formOf(value: unknown): Form | undefined {
  const { success, data } = object.safeParse(value);
  if (!success) return undefined;
  const headers = data.headers.filter(({ name, ns }) => name !== 'NS' || ns !== undefined);
  return {
    headers: grouped(
      headers,
      ({ name, ns }) => (ns === undefined ? name : `{${ns}}${name}`),
      ({ lang, value }) => (lang === undefined ? value : { lang, value }),
    ),
    mime: grouped(
      data.mime,
      ([name]) => name.toLowerCase(),
      ([, value]) => value,
    ),
    ...(data.body !== undefined && { body: data.body }),
  };
}

function grouped<T, V>(list: readonly T[], key: (one: T) => string, value: (one: T) => V): Record<string, V[]> {
  const groups: Record<string, V[]> = {};
  for (const one of list) {
    const group = groups[key(one)];
    if (group) group.push(value(one));
    else groups[key(one)] = [value(one)];
  }
  return groups;
}

/** What of the form the other one lists. */
function listed(form: Form, by: Form): Form {
  const only = <V>(from: Readonly<Record<string, V>>, names: object): Record<string, V> =>
    Object.fromEntries(Object.entries(from).filter(([name]) => name in names));
  const { body } = form;
  return {
    headers: only(form.headers, by.headers),
    mime: only(form.mime, by.mime),
    ...(body !== undefined && by.body !== undefined && { body }),
  };
}

/** Whole under `strict3922`; under `extended` only what is expected. */
export const asCpim: Compare = (expected, got, { profile }) => {
  const left = formOf(expected);
  const whole = formOf(got);
  if (!left || !whole) return { expected, got };
  const right = profile === 'extended' ? listed(whole, left) : whole;
  return isDeepStrictEqual(left, right) ? undefined : { expected: left, got: right };
};
