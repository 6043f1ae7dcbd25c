import { type Feature, textOf } from './line.ts';

/** XEP-0308: the id is the one that the author's client gave. */
export const correction: Feature = (child, line) => {
  const id = child.attrs.id;
  if (!id || line.body === '') return undefined;
  return { kind: 'edit', target: { id: { kind: 'message-id', value: id, strong: false } }, text: textOf(line) };
};
