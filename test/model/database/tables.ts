/** A table of the model: rows by key, in the order in which they came. Rows are never changed in place. */
export class Table<R> {
  readonly rows = new Map<string, R>();
  private last = 0;

  /** As an identity column gives it: a number that is taken is not given again, whatever becomes of the transaction. */
  nextId(): number {
    this.last += 1;
    return this.last;
  }
}

export interface EndpointRecord {
  readonly id: number;
  readonly room: number;
  readonly network: number;
  readonly state: string;
  readonly from: number;
  readonly until: number | null;
  readonly cursor: number;
  readonly marker: string | null;
  readonly settings: unknown;
}
export interface AddressRecord {
  readonly endpoint: number;
  readonly network: number;
  readonly native: string;
  readonly uri: string;
  readonly kind: string;
  readonly active: boolean;
}
export interface SenderRecord {
  readonly id: number;
  readonly network: number;
  readonly key: string;
  readonly weak: boolean;
  readonly name: string;
  readonly native: string | null;
  readonly uri: string | null;
}
export interface GhostRecord {
  readonly id: number;
  readonly network: number;
  readonly sender: number;
  readonly native: string;
  readonly uri: string;
}
export interface SeatRecord {
  readonly endpoint: number;
  readonly ghost: number;
  readonly nick: string;
  readonly state: string;
  readonly why: string | null;
}
export interface EntryRecord {
  readonly room: number;
  readonly seq: number;
  readonly origin: number;
  readonly sender: number;
  readonly kind: string;
  readonly target: number | null;
  readonly received: Date;
}
export interface CopyRecord {
  readonly endpoint: number;
  readonly seq: number;
  readonly part: number;
  readonly state: string;
  readonly degraded: string | null;
  readonly why: string | null;
}
export interface NativeIdRecord {
  readonly id: number;
  readonly endpoint: number;
  readonly kind: string;
  readonly value: string;
  readonly strong: boolean;
  readonly heard: boolean;
  readonly seq: number;
  readonly part: number;
}
export interface MemberRecord {
  readonly endpoint: number;
  readonly sender: number;
  readonly name: string;
  readonly from: number;
  readonly to: number | null;
}
export interface OwedRecord {
  readonly id: number;
  readonly endpoint: number;
  readonly seq: number;
  readonly status: unknown;
}
export interface LeaseRecord {
  readonly network: number;
  readonly holder: string;
  readonly expires: number;
}

/** The tables that the model knows, of one tenant. */
export class Tables {
  readonly network = new Table<{ readonly id: number; readonly name: string }>();
  readonly lease = new Table<LeaseRecord>();
  readonly room = new Table<{ readonly id: number; readonly head: number }>();
  readonly endpoint = new Table<EndpointRecord>();
  readonly address = new Table<AddressRecord>();
  readonly sender = new Table<SenderRecord>();
  readonly ghost = new Table<GhostRecord>();
  readonly seat = new Table<SeatRecord>();
  readonly entry = new Table<EntryRecord>();
  readonly body = new Table<Buffer>();
  readonly copy = new Table<CopyRecord>();
  readonly nativeId = new Table<NativeIdRecord>();
  readonly member = new Table<MemberRecord>();
  readonly owed = new Table<OwedRecord>();
  readonly parked = new Table<{ readonly endpoint: number | null; readonly why: string; readonly octets: Buffer }>();
}

/** What one session sees: what is committed, and over it what it has written itself. */
export class View {
  readonly tables: Tables;
  private readonly written = new Map<Table<unknown>, Map<string, unknown>>();

  constructor(tables: Tables) {
    this.tables = tables;
  }

  get<R>(table: Table<R>, key: string): R | undefined {
    const own = this.written.get(table as Table<unknown>);
    return own?.has(key) ? (own.get(key) as R | undefined) : table.rows.get(key);
  }

  put<R>(table: Table<R>, key: string, row: R | undefined): void {
    const own = this.written.get(table as Table<unknown>) ?? new Map<string, unknown>();
    this.written.set(table as Table<unknown>, own);
    own.set(key, row);
  }

  all<R>(table: Table<R>): R[] {
    const own = this.written.get(table as Table<unknown>) as Map<string, R | undefined> | undefined;
    if (!own) return [...table.rows.values()];
    const rows: R[] = [];
    for (const [key, row] of table.rows) {
      const seen = own.has(key) ? own.get(key) : row;
      if (seen !== undefined) rows.push(seen);
    }
    for (const [key, row] of own) if (row !== undefined && !table.rows.has(key)) rows.push(row);
    return rows;
  }

  /** Makes what was written true for all. */
  commit(): void {
    for (const [table, rows] of this.written) {
      for (const [key, row] of rows) {
        if (row === undefined) table.rows.delete(key);
        else table.rows.set(key, row);
      }
    }
    this.written.clear();
  }
}
