import { type Document, isMap, type Scalar } from 'yaml';
import { ConfigurationError } from '../networks/network.ts';
import type { Source } from './source.ts';

/** From one version to the next, on the tree of the file: values, comments and order stay where the step does not move them. */
export type Step = (document: Document) => void;

/** Step n makes version n + 1 of version n. Version 0 is what was written before there was a version. */
const steps: readonly Step[] = [
  // 1: only that there is a version.
  () => {},
];

/** The version that this program reads. */
export const newest = steps.length;

/** Brings the file's tree to the newest version; the version it had. Throws a ConfigurationError if it is newer than this program. */
export function upgrade(source: Source, to: readonly Step[] = steps): number {
  const { document } = source;
  const version = document.get('version') ?? 0;
  const wrong = (text: string): Error => new ConfigurationError(`${source.file}:${source.line(['version'])}: version: ${text}`);
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 0) throw wrong(`must be the number ${to.length}`);
  if (version > to.length)
    throw wrong(`${version} is newer than this program, which knows ${to.length}; install the newer program`);
  for (const step of to.slice(version)) step(document);
  if (version < to.length) writeVersion(document, to.length);
  return version;
}

/** First in the file, below the comment that stands above everything. */
function writeVersion(document: Document, version: number): void {
  const { contents } = document;
  if (document.has('version') || !isMap(contents)) return void document.set('version', version);
  const first = contents.items[0]?.key as Scalar | undefined;
  contents.items.unshift(document.createPair('version', version) as never);
  if (!first) return;
  // The parser gives a file's heading to its first key; a blank line parts it from that key's own comment.
  const [heading, ...own] = first.commentBefore?.split('\n\n') ?? [];
  if (heading === undefined || own.length === 0) return;
  document.commentBefore = heading;
  first.commentBefore = own.join('\n\n');
  first.spaceBefore = true;
}

/** The file as the tree has it now: indented as it was, long lines left long. */
export function written(document: Document, before: string): string {
  const indent = /^( +)\S/m.exec(before)?.[1]?.length ?? 2;
  return document.toString({ lineWidth: 0, indent });
}
