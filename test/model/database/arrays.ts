/** What `arrayOf` writes, read back: text in quotes, anything else without. */
function arrayFrom(text: string): unknown[] {
  const elements = text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|[^,]+/gs);
  return [...elements].map(([bare, quoted]) =>
    quoted === undefined ? JSON.parse(bare.toLowerCase()) : quoted.replace(/\\(.)/gs, '$1'),
  );
}

/** The values of a statement, its arrays as such. */
// biome-ignore lint/suspicious/noExplicitAny: as in `Statement`.
export function readArrays(values: readonly unknown[]): any[] {
  return values.map((value) => (typeof value === 'string' && value.startsWith('{') ? arrayFrom(value) : value));
}
