-- The salt changes when the database is restored or moved; what is to outlive that has a place of its own.

-- `name` is what hop traces carry: lines that went out before are still ours. `moved_to` is set in a database that has been
-- copied elsewhere: two of them would diverge, so this one is not served any more.
alter table install add column name text;
update install set name = salt;
alter table install alter column name set not null;
alter table install add column moved_to text;

-- Earlier salts: what comes back with one of them was said by us.
create table past_salt (
  salt text primary key,
  retired_at timestamptz not null default now()
);

-- Lines up to here were waiting when that salt was retired, and may have gone out with it: their keys keep it.
create table waiting_salt (
  tenant_id bigint not null,
  endpoint_id bigint not null,
  upto_seq bigint not null,
  salt text not null references past_salt,
  primary key (tenant_id, endpoint_id, upto_seq),
  foreign key (tenant_id, endpoint_id) references endpoint
);
