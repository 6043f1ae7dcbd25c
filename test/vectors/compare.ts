import { isDeepStrictEqual } from 'node:util';
import { canonical, canonicalPidf } from './compare-xml.ts';
import type { Vector } from './vector.ts';

/** What is compared, in a form in which equal means equal; undefined: they are equal. README.md, "Comparison". */
export type Difference = { readonly expected: unknown; readonly got: unknown } | undefined;
export type Compare = (expected: unknown, got: unknown, vector: Vector) => Difference;

type Members = Readonly<Record<string, unknown>>;

function unequal(expected: unknown, got: unknown): Difference {
  return isDeepStrictEqual(expected, got) ? undefined : { expected, got };
}

/** Character by character. */
export const asString: Compare = unequal;

/** Deep equality; an absent value, an empty list and an empty object are the same: the member is left out. */
export const asJson: Compare = (expected, got) => unequal(pruned(expected), pruned(got));

export const asXml: Compare = (expected, got) => unequal(xmlOf(expected, canonical), xmlOf(got, canonical));

/** A stanza whose `id` is not compared unless one is expected. */
export const asStanza: Compare = (expected, got) => {
  const left = xmlOf(expected, canonical);
  return unequal(
    left,
    xmlOf(got, (xml) => (hasId(left) ? canonical(xml) : withoutId(canonical(xml)))),
  );
};

export const asXmlList: Compare = (expected, got) => {
  const trees = (list: unknown): unknown => (Array.isArray(list) ? list.map((one) => xmlOf(one, canonical)) : list);
  return unequal(trees(expected), trees(got));
};

/** JSON in which one member is XML. */
export const asJsonWithXml =
  (name: string): Compare =>
  (expected, got) =>
    unequal(withXml(expected, name, canonical), withXml(got, name, canonical));

/** The order of tuples, and of what follows `basic`, is free. */
export const asPidf: Compare = (expected, got) =>
  unequal(withXml(expected, 'pidf', canonicalPidf), withXml(got, 'pidf', canonicalPidf));

/** The next state and what is done; `preApproved` only where it is given. */
export const asStep: Compare = (expected, got) => {
  if (!isMembers(expected) || !isMembers(got) || 'preApproved' in expected) return unequal(pruned(expected), pruned(got));
  const { preApproved: _, ...rest } = got;
  return unequal(pruned(expected), pruned(rest));
};

/** Only the members given; in `headers`, null means that there must be none. */
export const asPart: Compare = (expected, got) => {
  if (!isMembers(expected) || !isMembers(got)) return unequal(expected, got);
  const same = (name: string): unknown =>
    name === 'headers' && isMembers(expected[name]) && isMembers(got[name])
      ? only(Object.keys(expected[name]), got[name])
      : got[name];
  return unequal(expected, Object.fromEntries(Object.keys(expected).map((name) => [name, same(name)])));
};

function hasId(tree: unknown): boolean {
  const attributes = isMembers(tree) ? tree.attributes : undefined;
  return Array.isArray(attributes) && attributes.some(([name]) => name === 'id');
}

function withoutId<T extends { readonly attributes: readonly (readonly [string, string])[] }>(tree: T): T {
  return { ...tree, attributes: tree.attributes.filter(([name]) => name !== 'id') };
}

function only(names: readonly string[], from: Members): Members {
  return Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
}

function withXml(value: unknown, name: string, read: (xml: string) => unknown): unknown {
  const model = pruned(value);
  return isMembers(model) && name in model ? { ...model, [name]: xmlOf(model[name], read) } : model;
}

/** Text that is not XML stays as it is, and so differs from every tree. */
function xmlOf(value: unknown, read: (xml: string) => unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return read(value);
  } catch {
    return value;
  }
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isMembers(value) && Object.keys(value).length === 0;
}

function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (!isMembers(value)) return value;
  const members = Object.entries(value).map(([name, one]) => [name, pruned(one)] as const);
  return Object.fromEntries(members.filter(([, one]) => one !== undefined && !isEmpty(one)));
}
