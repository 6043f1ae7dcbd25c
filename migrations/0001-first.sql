-- Who owns what. Every key starts with the tenant; what belongs to a wire has its network. The tables that every message
-- writes (entry, body, copy, native_id) have no foreign keys: one writer fills them, and each check would cost a look-up.

create table tenant (
  tenant_id bigint generated always as identity primary key,
  name text not null unique
);

-- One row: the salt in every id that we send out, new on create, restore and move; the secret that makes keys unforgeable.
create table install (
  only_row boolean primary key default true check (only_row),
  salt text not null,
  secret bytea not null
);

create table network (
  tenant_id bigint not null references tenant,
  network_id bigint generated always as identity unique,
  name text not null,
  protocol text not null,
  primary key (tenant_id, network_id),
  unique (tenant_id, name)
);

-- A network's own durable key-values.
create table network_state (
  tenant_id bigint not null,
  network_id bigint not null,
  key text not null,
  value text not null,
  primary key (tenant_id, network_id, key),
  foreign key (tenant_id, network_id) references network
);

-- One owner of each network. Every append and settle names the holder and fails if it is no longer he.
create table lease (
  tenant_id bigint not null,
  network_id bigint not null,
  epoch bigint not null,
  holder text not null,
  expires_at timestamptz not null,
  primary key (tenant_id, network_id),
  foreign key (tenant_id, network_id) references network
);

create table room (
  tenant_id bigint not null references tenant,
  room_id bigint generated always as identity unique,
  kind text not null check (kind in ('group', 'direct')),
  head bigint not null default 0,
  created_at timestamptz not null default now(),
  primary key (tenant_id, room_id)
);

create table endpoint (
  tenant_id bigint not null,
  endpoint_id bigint generated always as identity unique,
  room_id bigint not null,
  network_id bigint not null,
  state text not null check (state in ('joining', 'active', 'draining', 'gone')),
  -- The timeline concerns this endpoint from here to there; what lies at or below the cursor is settled.
  from_seq bigint not null default 0,
  until_seq bigint,
  cursor_seq bigint not null default 0,
  start_marker text,
  settings jsonb not null default '{}',
  why text,
  primary key (tenant_id, endpoint_id),
  foreign key (tenant_id, room_id) references room,
  foreign key (tenant_id, network_id) references network
);
create index endpoint_room on endpoint (tenant_id, room_id) where state <> 'gone';

-- The endpoint's id survives a change of its address.
create table endpoint_address (
  tenant_id bigint not null,
  endpoint_id bigint not null,
  network_id bigint not null,
  native text not null,
  uri text not null,
  kind text not null check (kind in ('canonical', 'alias', 'former')),
  active boolean not null default true,
  primary key (tenant_id, endpoint_id, native),
  foreign key (tenant_id, endpoint_id) references endpoint
);
create unique index endpoint_address_active on endpoint_address (tenant_id, network_id, native) where active;

create table sender (
  tenant_id bigint not null,
  sender_id bigint generated always as identity unique,
  network_id bigint not null,
  key text not null,
  weak boolean not null,
  name text not null,
  native text,
  uri text,
  primary key (tenant_id, sender_id),
  unique (tenant_id, network_id, key),
  foreign key (tenant_id, network_id) references network
);

-- The account on a network that stands for a sender of another.
create table ghost (
  tenant_id bigint not null,
  ghost_id bigint generated always as identity unique,
  network_id bigint not null,
  sender_id bigint not null,
  native text not null,
  uri text not null,
  primary key (tenant_id, ghost_id),
  unique (tenant_id, network_id, sender_id),
  unique (tenant_id, network_id, native),
  foreign key (tenant_id, sender_id) references sender
);

-- A ghost's place in a foreign room and the name it was granted. `relay`: it cannot sit, the listener speaks for it.
create table seat (
  tenant_id bigint not null,
  endpoint_id bigint not null,
  ghost_id bigint not null,
  nick text not null,
  state text not null check (state in ('seated', 'left', 'relay')),
  why text,
  primary key (tenant_id, endpoint_id, ghost_id),
  foreign key (tenant_id, endpoint_id) references endpoint,
  foreign key (tenant_id, ghost_id) references ghost
);

create table entry (
  tenant_id bigint not null,
  room_id bigint not null,
  seq bigint not null,
  origin_endpoint_id bigint not null,
  sender_id bigint not null,
  kind text not null,
  -- The entry of the same room that this one edits, answers, retracts or reacts to, where we know it.
  target_seq bigint,
  claimed_at timestamptz not null,
  received_at timestamptz not null,
  archive_at timestamptz not null,
  primary key (tenant_id, room_id, seq)
);
create index entry_retraction on entry (tenant_id, room_id, target_seq) where kind = 'retraction';

-- The Message/CPIM octets, apart from the entry: retention drops a partition.
create table body (
  tenant_id bigint not null,
  room_id bigint not null,
  seq bigint not null,
  day date not null,
  octets bytea not null,
  primary key (tenant_id, room_id, seq, day)
) partition by range (day);
create table body_rest partition of body default;

-- One entry (or a part of it) at one endpoint, the origin's own included.
create table copy (
  tenant_id bigint not null,
  endpoint_id bigint not null,
  seq bigint not null,
  part smallint not null default 0,
  state text not null check (state in ('origin', 'sent', 'unconfirmed', 'refused', 'dropped')),
  degraded text,
  why text,
  primary key (tenant_id, endpoint_id, seq, part)
);

-- A strong id is unique at its endpoint; weak ids resolve by author, the latest.
create table native_id (
  tenant_id bigint not null,
  native_id bigint generated always as identity,
  endpoint_id bigint not null,
  kind text not null,
  value text not null,
  strong boolean not null,
  -- It came down the wire, in the order of the wire: everything before it has been stored.
  heard boolean not null,
  sender_id bigint,
  seq bigint not null,
  part smallint not null default 0,
  primary key (tenant_id, native_id)
);
create unique index native_id_strong on native_id (tenant_id, endpoint_id, kind, value) where strong;
create index native_id_weak on native_id (tenant_id, endpoint_id, value, native_id) where not strong;
create index native_id_copy on native_id (tenant_id, endpoint_id, seq, part);
create index native_id_newest on native_id (tenant_id, endpoint_id, native_id) where strong and heard;

-- Who is in an endpoint: open intervals have no to_seq.
create table member (
  tenant_id bigint not null,
  endpoint_id bigint not null,
  sender_id bigint not null,
  name text not null,
  from_seq bigint not null,
  to_seq bigint,
  primary key (tenant_id, endpoint_id, sender_id, from_seq),
  foreign key (tenant_id, endpoint_id) references endpoint,
  foreign key (tenant_id, sender_id) references sender
);
create unique index member_open on member (tenant_id, endpoint_id, sender_id) where to_seq is null;

-- What a sender must still be told: that his line was refused. Gone when it has been said.
create table owed (
  tenant_id bigint not null,
  owed_id bigint generated always as identity,
  endpoint_id bigint not null,
  seq bigint not null,
  status jsonb not null,
  primary key (tenant_id, owed_id)
);

-- What could not be understood, with its bytes, so that the rest goes on.
create table parked (
  tenant_id bigint not null,
  parked_id bigint generated always as identity,
  network_id bigint not null,
  endpoint_id bigint,
  why text not null,
  octets bytea not null,
  parked_at timestamptz not null default now(),
  primary key (tenant_id, parked_id)
);
