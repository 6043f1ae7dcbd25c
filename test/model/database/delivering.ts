import { senderColumns } from './accepting.ts';
import type { Statement } from './statements.ts';
import type { View } from './tables.ts';

const place = (...parts: readonly (string | number)[]): string => parts.join(' ');

function personOf(view: View, id: number) {
  return view.all(view.tables.sender).find((one) => one.id === id);
}

/** Of `copy.store`, `lane.store`, `trace.store`, `owed.store`, `ghost.store` and `seat.store`: what lanes, couriers and the settler say. */
export const delivering: readonly Statement[] = [
  {
    text: /^insert into owed /,
    locks: 'rows',
    run: (view, [, endpoints, seqs, statuses]) => {
      const { owed } = view.tables;
      endpoints.forEach((endpoint: number, index: number) => {
        const id = owed.nextId();
        view.put(owed, String(id), { id, endpoint, seq: seqs[index], status: JSON.parse(statuses[index]) });
      });
      return [];
    },
  },
  {
    text: /^update endpoint e set cursor_seq = greatest\(e\.cursor_seq, w\.seq\) /,
    locks: 'rows',
    run: (view, [, endpoints, seqs]) => {
      endpoints.forEach((id: number, index: number) => {
        const row = view.get(view.tables.endpoint, String(id));
        if (row) view.put(view.tables.endpoint, String(id), { ...row, cursor: Math.max(row.cursor, seqs[index]) });
      });
      return [];
    },
  },
  {
    text: /^select kind, value, strong from native_id where tenant_id = \$1 and endpoint_id = \$2 and seq = \$3 order by strong desc, native_id$/,
    locks: 'nothing',
    run: (view, [, endpoint, seq]) =>
      view
        .all(view.tables.nativeId)
        .filter((one) => one.endpoint === endpoint && one.seq === seq)
        .sort((a, b) => Number(b.strong) - Number(a.strong) || a.id - b.id)
        .map(({ kind, value, strong }) => ({ kind, value, strong })),
  },
  {
    text: /^select state from copy /,
    locks: 'nothing',
    run: (view, [, endpoint, seq]) => {
      const found = view.get(view.tables.copy, place(endpoint, seq, 0));
      return found ? [{ state: found.state }] : [];
    },
  },
  {
    text: /^select e\.received_at, e\.seq, e\.origin_endpoint_id, e\.target_seq, coalesce\(.* order by e\.seq limit \$6$/,
    locks: 'nothing',
    run: (view, [, room, after, until, endpoint, max]) => {
      const entries = view.all(view.tables.entry).filter((one) => one.room === room);
      const retracted = new Set(entries.flatMap((one) => (one.kind === 'retraction' && one.target !== null ? [one.target] : [])));
      const copied = new Set(view.all(view.tables.copy).flatMap((one) => (one.endpoint === endpoint ? [one.seq] : [])));
      const waiting = entries.filter(({ seq, origin }) => seq > after && seq <= until && origin !== endpoint && !copied.has(seq));
      const lines = waiting.sort((a, b) => a.seq - b.seq).slice(0, max);
      return lines.flatMap((one) => {
        const person = personOf(view, one.sender);
        const octets = view.get(view.tables.body, place(room, one.seq));
        if (!person || !octets) return [];
        const { seq, origin, target, received } = one;
        const line = { received_at: new Date(received), seq, origin_endpoint_id: origin, target_seq: target, octets };
        return [{ ...line, ...senderColumns(person), retracted: retracted.has(seq) }];
      });
    },
  },
  {
    text: /^select e\.endpoint_id as endpoint, w\.waiting, w\.oldest from endpoint e /,
    locks: 'nothing',
    run: (view, [, wanted]) => {
      const copied = new Set(view.all(view.tables.copy).map((one) => place(one.endpoint, one.seq)));
      const usable = view.all(view.tables.endpoint).filter(({ state }) => state === 'active' || state === 'draining');
      return usable
        .filter(({ id }) => wanted === null || wanted.includes(id))
        .map(({ id, room, cursor, until }) => {
          const after = view.all(view.tables.entry).filter((one) => one.room === room && one.seq > cursor && one.origin !== id);
          const times = after
            .filter(({ seq }) => seq <= (until ?? seq) && !copied.has(place(id, seq)))
            .map(({ received }) => new Date(received).getTime());
          return { endpoint: id, waiting: times.length, oldest: times.length > 0 ? new Date(Math.min(...times)) : null };
        });
    },
  },
  {
    text: /^select coalesce\(b\.octets, k\.octets\) as octets, s\.name, x\.author, x\.text from entry /,
    locks: 'nothing',
    run: (view, [, room, seq]) => {
      const entry = view.get(view.tables.entry, place(room, seq));
      const octets = view.get(view.tables.body, place(room, seq));
      const person = entry && personOf(view, entry.sender);
      return entry && octets && person ? [{ octets, name: person.name, author: null, text: null }] : [];
    },
  },
  {
    text: /^select o\.owed_id, /,
    locks: 'nothing',
    run: (view, [, after, max]) => {
      const owed = view
        .all(view.tables.owed)
        .filter(({ id }) => id > after)
        .sort((a, b) => a.id - b.id);
      const rows = owed.flatMap((one) => {
        const room = view.get(view.tables.endpoint, String(one.endpoint))?.room ?? 0;
        const entry = view.get(view.tables.entry, place(room, one.seq));
        const person = entry && personOf(view, entry.sender);
        if (!entry || !person) return [];
        const { id, seq, status } = one;
        return [{ owed_id: id, origin_endpoint_id: entry.origin, seq, status, ...senderColumns(person) }];
      });
      return rows.slice(0, max);
    },
  },
  {
    text: /^delete from owed /,
    locks: 'rows',
    run: (view, [, ids]) => {
      for (const id of ids) view.put(view.tables.owed, String(id), undefined);
      return [];
    },
  },
  {
    text: /^insert into ghost /,
    locks: 'rows',
    run: (view, [, network, sender, native, uri]) => {
      const { ghost } = view.tables;
      const id = ghost.nextId();
      const row = view.get(ghost, place(network, sender)) ?? { id, network, sender, native, uri };
      view.put(ghost, place(network, sender), row);
      return [{ ghost_id: row.id, native: row.native, uri: row.uri }];
    },
  },
  {
    text: /^select g\.ghost_id, g\.native, g\.uri, p\.name, s\.nick from seat /,
    locks: 'nothing',
    run: (view, [, endpoint]) => {
      const seats = view.all(view.tables.seat).filter((one) => one.endpoint === endpoint && one.state === 'seated');
      const ghosts = new Map(view.all(view.tables.ghost).map((one) => [one.id, one]));
      return seats
        .sort((a, b) => a.ghost - b.ghost)
        .flatMap(({ ghost: id, nick }) => {
          const ghost = ghosts.get(id);
          const person = ghost && personOf(view, ghost.sender);
          return ghost && person ? [{ ghost_id: id, native: ghost.native, uri: ghost.uri, name: person.name, nick }] : [];
        });
    },
  },
  {
    text: /^insert into seat /,
    locks: 'rows',
    run: (view, [, endpoint, ghost, nick, state, why]) => {
      const { seat } = view.tables;
      const before = view.get(seat, place(endpoint, ghost));
      view.put(seat, place(endpoint, ghost), { endpoint, ghost, state, why, nick: nick === '' && before ? before.nick : nick });
      return [];
    },
  },
  {
    text: /^select state from seat /,
    locks: 'nothing',
    run: (view, [, endpoint, ghost]) => {
      const found = view.get(view.tables.seat, place(endpoint, ghost));
      return found ? [{ state: found.state }] : [];
    },
  },
];
