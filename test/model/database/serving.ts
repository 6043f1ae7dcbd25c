import { sqlError } from './accepting.ts';
import type { Statement } from './statements.ts';
import type { EndpointRecord, View } from './tables.ts';

function endpointColumns(view: View, at: EndpointRecord): object[] {
  const address = view.all(view.tables.address).find((one) => one.endpoint === at.id && one.kind === 'canonical');
  const network = view.get(view.tables.network, String(at.network));
  if (!address || !network) return [];
  return [
    {
      tenant_id: 1,
      endpoint_id: at.id,
      room_id: at.room,
      network_id: at.network,
      network: network.name,
      native: address.native,
      uri: address.uri,
      settings: at.settings,
      state: at.state,
      from_seq: at.from,
      until_seq: at.until,
      cursor_seq: at.cursor,
      start_marker: at.marker,
    },
  ];
}

function change(view: View, id: number, changed: Partial<EndpointRecord>): void {
  const row = view.get(view.tables.endpoint, String(id));
  if (row) view.put(view.tables.endpoint, String(id), { ...row, ...changed });
}

/** Of `room.store` and `lease.store`: links, and who serves them. */
export const serving: readonly Statement[] = [
  {
    text: /^select e\.tenant_id, e\.endpoint_id, .* e\.state <> 'gone' order by \(select /,
    locks: 'nothing',
    run: (view) =>
      view
        .all(view.tables.endpoint)
        .filter((one) => one.state !== 'gone')
        .sort((a, b) => a.id - b.id)
        .flatMap((one) => endpointColumns(view, one)),
  },
  {
    text: /^insert into room /,
    locks: 'rows',
    run: (view) => {
      const id = view.tables.room.nextId();
      view.put(view.tables.room, String(id), { id, head: 0 });
      return [{ room_id: id }];
    },
  },
  {
    text: /^insert into endpoint \(/,
    locks: 'rows',
    run: (view, [, room, network, settings]) => {
      const head = view.get(view.tables.room, String(room))?.head ?? 0;
      const id = view.tables.endpoint.nextId();
      const lane = { state: 'joining', from: head, until: null, cursor: head, marker: null };
      view.put(view.tables.endpoint, String(id), { id, room, network, settings: JSON.parse(settings), ...lane });
      return [{ endpoint_id: id, from_seq: head }];
    },
  },
  {
    text: /^insert into endpoint_address /,
    locks: 'rows',
    run: (view, [, endpoint, network, native, uri]) => {
      const taken = view.all(view.tables.address).some((one) => one.active && one.network === network && one.native === native);
      if (taken) throw sqlError('23505', 'endpoint_address_active');
      view.put(view.tables.address, `${endpoint} ${native}`, { endpoint, network, native, uri, kind: 'canonical', active: true });
      return [];
    },
  },
  {
    text: /^update endpoint set state = 'active', start_marker = \$3 /,
    locks: 'rows',
    run: (view, [, id, marker]) => {
      change(view, id, { state: 'active', marker });
      return [];
    },
  },
  {
    text: /^update endpoint set state = 'gone', why = \$3 /,
    locks: 'rows',
    run: (view, [, id]) => {
      change(view, id, { state: 'gone' });
      return [];
    },
  },
  {
    text: /^update endpoint_address set active = false /,
    locks: 'rows',
    run: (view, [, endpoint]) => {
      for (const one of view.all(view.tables.address))
        if (one.endpoint === endpoint) view.put(view.tables.address, `${endpoint} ${one.native}`, { ...one, active: false });
      return [];
    },
  },
  {
    text: /^select value from native_id .* and strong and heard order by native_id desc limit 1$/,
    locks: 'nothing',
    run: (view, [, endpoint]) => {
      const heard = view.all(view.tables.nativeId).filter((one) => one.endpoint === endpoint && one.strong && one.heard);
      const newest = heard.sort((a, b) => b.id - a.id)[0];
      return newest ? [{ value: newest.value }] : [];
    },
  },
  {
    text: /^select a\.endpoint_id from endpoint_address a /,
    locks: 'nothing',
    run: (view, [, network, native]) => {
      const id = view.all(view.tables.network).find((one) => one.name === network)?.id;
      const found = view.all(view.tables.address).find((one) => one.active && one.network === id && one.native === native);
      return found ? [{ endpoint_id: found.endpoint }] : [];
    },
  },
  {
    text: /^insert into lease /,
    locks: 'lease',
    run: (view, [, networks, holder, seconds, dead], now) =>
      networks.flatMap((network: number) => {
        const before = view.get(view.tables.lease, String(network));
        const free = !before || before.expires < now || before.holder === holder || dead.includes(before.holder);
        if (!free) return [];
        view.put(view.tables.lease, String(network), { network, holder, expires: now + seconds * 1000 });
        return [{ network_id: network }];
      }),
  },
  {
    text: /^select distinct holder from lease where tenant_id = \$1 and network_id = any\(\$2::bigint\[\]\)$/,
    locks: 'nothing',
    run: (view, [, networks]) => {
      const held = view.all(view.tables.lease).filter((one) => networks.includes(one.network));
      return [...new Set(held.map(({ holder }) => holder))].map((holder) => ({ holder }));
    },
  },
  {
    text: /^update lease set expires_at = now\(\) \+ make_interval/,
    locks: 'lease',
    run: (view, [, networks, holder, seconds], now) => {
      const ours = view.all(view.tables.lease).filter((one) => networks.includes(one.network) && one.holder === holder);
      for (const one of ours) view.put(view.tables.lease, String(one.network), { ...one, expires: now + seconds * 1000 });
      return ours.map(({ network }) => ({ network_id: network }));
    },
  },
  {
    text: /^update lease set expires_at = now\(\) where /,
    locks: 'lease',
    run: (view, [, networks, holder], now) => {
      const ours = view.all(view.tables.lease).filter((one) => networks.includes(one.network) && one.holder === holder);
      for (const one of ours) view.put(view.tables.lease, String(one.network), { ...one, expires: now });
      return [];
    },
  },
];
