import { readFileSync, statSync } from 'node:fs';
import { type Document, isAlias, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { ConfigurationError } from '../networks/network.ts';
import type { Path } from './schema.ts';

/** One file as it was written: its tree with comments and order, and where in it things stand. */
export class Source {
  readonly file: string;
  readonly text: string;
  readonly document: Document;
  private readonly counter = new LineCounter();

  /** Throws a ConfigurationError if the file cannot be read or is no YAML. */
  constructor(file: string) {
    this.file = file;
    this.text = contents(file);
    // Without the library's pictures of the place: they would quote the lines around it, secrets included.
    this.document = parseDocument(this.text, { lineCounter: this.counter, prettyErrors: false });
    const faults = this.document.errors.map(({ pos, message }) => `${file}:${this.counter.linePos(pos[0]).line}: ${message}`);
    if (faults.length > 0) throw new ConfigurationError(faults.join('\n'));
    if (this.document.contents !== null && !isMap(this.document.contents))
      throw new ConfigurationError(`${file}:1: there are no keys in it`);
  }

  /** The line of a key; of the section that it is missing from, if it is not there. From 1. */
  line(path: Path): number {
    let node: unknown = this.document.contents;
    let offset = 0;
    for (const key of path) {
      const map = isAlias(node) ? node.resolve(this.document) : node;
      const pair = isMap(map)
        ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
        : undefined;
      if (!pair) break;
      // A key that an upgrade has just put in stands nowhere.
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    }
    return this.counter.linePos(offset).line || 1;
  }

  /** True if others than its owner and group may read the file. */
  get isPublic(): boolean {
    return process.platform !== 'win32' && (statSync(this.file).mode & 0o004) !== 0;
  }
}

function contents(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const advice =
      code === 'ENOENT' ? 'make one with "rialto init", or name it with --config FILE' : 'name one with --config FILE';
    throw new ConfigurationError(`the configuration ${file} cannot be read (${code}): ${advice}`);
  }
}
