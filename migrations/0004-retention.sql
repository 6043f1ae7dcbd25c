-- What remains of a line when its body has gone, for quotes: who said it, and the beginning of what he said.
create table excerpt (
  tenant_id bigint not null,
  room_id bigint not null,
  seq bigint not null,
  -- Of the line, not of the day when it was shortened.
  day date not null,
  author text not null,
  text text not null,
  primary key (tenant_id, room_id, seq, day)
) partition by range (day);
create table excerpt_rest partition of excerpt default;

-- Bodies that outlive their day's partition: a lane still needs them, or their room keeps them for longer.
create table kept_body (
  tenant_id bigint not null,
  room_id bigint not null,
  seq bigint not null,
  day date not null,
  octets bytea not null,
  primary key (tenant_id, room_id, seq)
);

-- For how many days this room keeps its bodies, if not for as long as all do.
alter table room add column body_days integer check (body_days > 0);
