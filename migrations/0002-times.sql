-- When an entry was first known to be settled at an endpoint: for `rialto trace`. Copies of before carry the time of this change.
alter table copy add column settled_at timestamptz not null default now();
