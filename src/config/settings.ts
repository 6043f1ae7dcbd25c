import type { Path, Section } from './schema.ts';
import type { Source } from './source.ts';

/** Something wrong, for an operator: where, which key, what to do. */
export interface Fault {
  readonly path: Path;
  readonly text: string;
  /** Where it stands, if not where the path says. */
  readonly at?: string;
}

/** What was set, wherever it was set: the file's keys, and over them the environment's. */
export class Settings {
  readonly source: Source;
  readonly values: Section;
  readonly faults: Fault[] = [];
  /** Paths of the keys whose value was read from a file of their own. */
  readonly files = new Set<string>();
  /** Path → the variable that set it. */
  private readonly variables = new Map<string, string>();

  constructor(source: Source) {
    this.source = source;
    this.values = (source.document.toJS() ?? {}) as Section;
  }

  setBy(path: Path, variable: string): void {
    this.variables.set(path.join('.'), variable);
  }

  /** The variable that set this key. */
  variable(path: Path): string | undefined {
    return this.variables.get(path.join('.'));
  }

  at(path: Path): unknown {
    return path.reduce<unknown>((value, key) => (value as Section | undefined)?.[String(key)], this.values);
  }

  /** `rialto.yaml:12: networks.a.secret: …`, or with the variable in front; in the order of the file. */
  lines(): string[] {
    const line = ({ at, path }: Fault): number =>
      (at ?? this.variable(path)) ? Number.MAX_SAFE_INTEGER : this.source.line(path);
    return [...this.faults]
      .sort((a, b) => line(a) - line(b))
      .map(({ at, path, text }) => {
        const where = at ?? this.variable(path) ?? `${this.source.file}:${this.source.line(path)}`;
        return [where, ...(path.length > 0 ? [path.join('.')] : []), text].join(': ');
      });
  }
}
