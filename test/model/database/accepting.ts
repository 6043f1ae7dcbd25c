import { readArrays } from './arrays.ts';
import type { Statement } from './statements.ts';
import type { CopyRecord, NativeIdRecord, SenderRecord, View } from './tables.ts';

/** The columns of a sender as `SenderRow` has them. */
export function senderColumns(sender: SenderRecord): object {
  const { id, network, key, weak, name, native, uri } = sender;
  return { sender_id: id, network_id: network, key, weak, name, native, uri };
}

const place = (...parts: readonly (string | number)[]): string => parts.join(' ');

const idNames = ['line', 'endpoint', 'kind', 'value', 'strong', 'heard', 'seq', 'part'];
interface GivenId extends Omit<NativeIdRecord, 'id' | 'seq'> {
  readonly line: number | null;
  readonly seq: number | null;
}

/** Columns as `unnest` gives them → rows. */
function rowsOf(columns: readonly (readonly unknown[])[], names: readonly string[]): Record<string, unknown>[] {
  return (columns[0] ?? []).map((_, row) => Object.fromEntries(names.map((name, column) => [name, columns[column]?.[row]])));
}

/** What the one statement of `commit.store` writes when nothing speaks against it; the numbers of the entries. */
// biome-ignore lint/suspicious/noExplicitAny: as in `Statement`.
function commit(view: View, values: readonly any[], ids: readonly GivenId[]): number[] {
  const { tables } = view;
  const [, , , received, rooms, endpoints, senders, kinds, targets, besides, , sizes, nths] = values;
  const [starts, octets] = values.slice(29);
  const heads = new Map<number, number>();
  values[27].forEach((id: number, index: number) => {
    const room = view.get(tables.room, String(id));
    if (!room) return;
    heads.set(id, room.head);
    view.put(tables.room, String(id), { ...room, head: room.head + values[28][index] });
  });
  const seqs: number[] = rooms.map((room: number, index: number) => (heads.get(room) ?? 0) + nths[index]);
  rooms.forEach((room: number, index: number) => {
    const [seq = 0, origin, beside] = [seqs[index], endpoints[index], besides[index]];
    const target = targets[index] ?? (beside === null ? null : (seqs[beside - 1] ?? null));
    view.put(tables.entry, place(room, seq), { room, seq, origin, sender: senders[index], kind: kinds[index], target, received });
    view.put(tables.body, place(room, seq), octets.subarray(starts[index] - 1, starts[index] - 1 + sizes[index]));
    view.put(tables.copy, place(origin, seq, 0), { endpoint: origin, seq, part: 0, state: 'origin', degraded: null, why: null });
  });
  const copies = rowsOf(values.slice(21, 27), ['endpoint', 'seq', 'part', 'state', 'degraded', 'why']);
  for (const copy of copies as unknown as CopyRecord[]) putCopy(view, copy);
  for (const { line, ...id } of ids) putId(view, { ...id, seq: id.seq ?? seqs[(line ?? 0) - 1] ?? 0 });
  return seqs;
}

function putCopy(view: View, row: CopyRecord): void {
  const key = place(row.endpoint, row.seq, row.part);
  const before = view.get(view.tables.copy, key);
  const degraded = row.degraded ?? before?.degraded ?? null;
  const isSent = before?.state === 'sent' || row.state === 'sent';
  if (before?.state === 'sent' && row.degraded === null) return;
  const state = before?.state === 'sent' ? 'sent' : row.state;
  view.put(view.tables.copy, key, before ? { ...row, state, degraded, why: isSent ? null : row.why } : row);
}

function putId(view: View, row: Omit<NativeIdRecord, 'id'>): void {
  const { nativeId } = view.tables;
  const id = nativeId.nextId();
  const key = row.strong ? place(row.endpoint, row.kind, row.value) : place('weak', id);
  const before = view.get(nativeId, key);
  view.put(nativeId, key, before ? { ...before, heard: before.heard || row.heard } : { ...row, id });
}

/** Of `commit.store`, `timeline.store`, `sender.store` and `member.store`: what an append says. */
export const accepting: readonly Statement[] = [
  {
    text: /^with owner as materialized /,
    locks: 'commit',
    run: (view, given) => {
      const values = readArrays(given);
      const [, networks, holder] = values;
      const owned = view.all(view.tables.lease).filter((one) => networks.includes(one.network) && one.holder === holder).length;
      const ids = rowsOf(values.slice(13, 21), idNames) as unknown as GivenId[];
      const repeated = ids.filter(
        (id) => id.strong && id.line !== null && view.get(view.tables.nativeId, place(id.endpoint, id.kind, id.value)),
      );
      const repeats = [...new Set(repeated.map(({ line }) => line))];
      const seqs = owned < networks.length || repeats.length > 0 ? [] : commit(view, values, ids);
      return [{ owned, repeats, seqs }];
    },
  },
  {
    text: /^select seq from native_id .* and kind = \$4 and strong$/,
    locks: 'nothing',
    run: (view, [, endpoint, value, kind]) => {
      const found = view.get(view.tables.nativeId, place(endpoint, kind, value));
      return found ? [{ seq: found.seq }] : [];
    },
  },
  {
    text: /^select seq from native_id .* and not strong order by native_id desc limit 1$/,
    locks: 'nothing',
    run: (view, [, endpoint, value, kind]) => {
      const fits = view
        .all(view.tables.nativeId)
        .filter((one) => !one.strong && one.endpoint === endpoint && one.value === value);
      const newest = fits.filter((one) => one.kind === kind).sort((a, b) => b.id - a.id)[0];
      return newest ? [{ seq: newest.seq }] : [];
    },
  },
  {
    text: /^insert into parked /,
    locks: 'rows',
    run: (view, [, , endpoints, whys, octets]) => {
      const { parked } = view.tables;
      endpoints.forEach((endpoint: number | null, index: number) => {
        view.put(parked, String(parked.nextId()), { endpoint, why: whys[index], octets: octets[index] });
      });
      return [];
    },
  },
  {
    text: /^select sender_id from entry /,
    locks: 'nothing',
    run: (view, [, room, seq]) => {
      const found = view.get(view.tables.entry, place(room, seq));
      return found ? [{ sender_id: found.sender }] : [];
    },
  },
  {
    text: /^insert into sender /,
    locks: 'rows',
    run: (view, [, networks, keys, weaks, names, natives, uris]) =>
      networks.map((network: number, index: number) => {
        const { sender } = view.tables;
        const id = sender.nextId();
        const [key, name, native, uri] = [keys[index], names[index], natives[index], uris[index]];
        const before = view.get(sender, place(network, key));
        const row = before ? { ...before, name, native, uri } : { id, network, key, weak: weaks[index], name, native, uri };
        view.put(sender, place(network, key), row);
        return { sender_id: row.id, network_id: network, key };
      }),
  },
  {
    text: /^select m\.endpoint_id, m\.name as member_name, /,
    locks: 'nothing',
    run: (view, [, whole, endpoints, senders]) => {
      const pairs = new Set(endpoints.map((endpoint: number, index: number) => place(endpoint, senders[index])));
      const people = new Map(view.all(view.tables.sender).map((one) => [one.id, one]));
      return view.all(view.tables.member).flatMap((one) => {
        const person = people.get(one.sender);
        const isAsked = whole.includes(one.endpoint) || pairs.has(place(one.endpoint, one.sender));
        if (one.to !== null || !isAsked || !person) return [];
        return [{ endpoint_id: one.endpoint, member_name: one.name, ...senderColumns(person) }];
      });
    },
  },
  {
    text: /^update member m set to_seq = w\.seq /,
    locks: 'rows',
    run: (view, [, endpoints, senders, seqs]) => {
      const { member } = view.tables;
      const ends = new Map(endpoints.map((endpoint: number, index: number) => [place(endpoint, senders[index]), seqs[index]]));
      for (const one of view.all(member)) {
        const to = ends.get(place(one.endpoint, one.sender)) as number | undefined;
        if (one.to === null && to !== undefined) view.put(member, place(one.endpoint, one.sender, one.from), { ...one, to });
      }
      return [];
    },
  },
  {
    text: /^insert into member /,
    locks: 'rows',
    run: (view, [, endpoints, senders, names, froms]) => {
      endpoints.forEach((endpoint: number, index: number) => {
        const [sender, name, from] = [senders[index], names[index], froms[index]];
        view.put(view.tables.member, place(endpoint, sender, from), { endpoint, sender, name, from, to: null });
      });
      return [];
    },
  },
];

export function sqlError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
