-- What the migrations make. Written by `node test/support/dump-schema.ts --write`; never edited.

table body partition by RANGE (day)
  tenant_id bigint not null
  room_id bigint not null
  seq bigint not null
  day date not null
  octets bytea not null
  constraint body_pkey PRIMARY KEY (tenant_id, room_id, seq, day)

table body_rest partition of body DEFAULT
  tenant_id bigint not null
  room_id bigint not null
  seq bigint not null
  day date not null
  octets bytea not null
  constraint body_rest_pkey PRIMARY KEY (tenant_id, room_id, seq, day)

table copy
  tenant_id bigint not null
  endpoint_id bigint not null
  seq bigint not null
  part smallint not null default 0
  state text not null
  degraded text
  why text
  settled_at timestamp with time zone not null default now()
  constraint copy_pkey PRIMARY KEY (tenant_id, endpoint_id, seq, part)
  constraint copy_state_check CHECK ((state = ANY (ARRAY['origin'::text, 'sent'::text, 'unconfirmed'::text, 'refused'::text, 'dropped'::text])))

table endpoint
  tenant_id bigint not null
  endpoint_id bigint not null generated always as identity
  room_id bigint not null
  network_id bigint not null
  state text not null
  from_seq bigint not null default 0
  until_seq bigint
  cursor_seq bigint not null default 0
  start_marker text
  settings jsonb not null default '{}'::jsonb
  why text
  constraint endpoint_endpoint_id_key UNIQUE (endpoint_id)
  constraint endpoint_pkey PRIMARY KEY (tenant_id, endpoint_id)
  constraint endpoint_state_check CHECK ((state = ANY (ARRAY['joining'::text, 'active'::text, 'draining'::text, 'gone'::text])))
  constraint endpoint_tenant_id_network_id_fkey FOREIGN KEY (tenant_id, network_id) REFERENCES network(tenant_id, network_id)
  constraint endpoint_tenant_id_room_id_fkey FOREIGN KEY (tenant_id, room_id) REFERENCES room(tenant_id, room_id)
  CREATE INDEX endpoint_room ON public.endpoint USING btree (tenant_id, room_id) WHERE (state <> 'gone'::text)

table endpoint_address
  tenant_id bigint not null
  endpoint_id bigint not null
  network_id bigint not null
  native text not null
  uri text not null
  kind text not null
  active boolean not null default true
  constraint endpoint_address_kind_check CHECK ((kind = ANY (ARRAY['canonical'::text, 'alias'::text, 'former'::text])))
  constraint endpoint_address_pkey PRIMARY KEY (tenant_id, endpoint_id, native)
  constraint endpoint_address_tenant_id_endpoint_id_fkey FOREIGN KEY (tenant_id, endpoint_id) REFERENCES endpoint(tenant_id, endpoint_id)
  CREATE UNIQUE INDEX endpoint_address_active ON public.endpoint_address USING btree (tenant_id, network_id, native) WHERE active

table entry
  tenant_id bigint not null
  room_id bigint not null
  seq bigint not null
  origin_endpoint_id bigint not null
  sender_id bigint not null
  kind text not null
  target_seq bigint
  claimed_at timestamp with time zone not null
  received_at timestamp with time zone not null
  archive_at timestamp with time zone not null
  constraint entry_pkey PRIMARY KEY (tenant_id, room_id, seq)
  CREATE INDEX entry_retraction ON public.entry USING btree (tenant_id, room_id, target_seq) WHERE (kind = 'retraction'::text)

table excerpt partition by RANGE (day)
  tenant_id bigint not null
  room_id bigint not null
  seq bigint not null
  day date not null
  author text not null
  text text not null
  constraint excerpt_pkey PRIMARY KEY (tenant_id, room_id, seq, day)

table excerpt_rest partition of excerpt DEFAULT
  tenant_id bigint not null
  room_id bigint not null
  seq bigint not null
  day date not null
  author text not null
  text text not null
  constraint excerpt_rest_pkey PRIMARY KEY (tenant_id, room_id, seq, day)

table ghost
  tenant_id bigint not null
  ghost_id bigint not null generated always as identity
  network_id bigint not null
  sender_id bigint not null
  native text not null
  uri text not null
  constraint ghost_ghost_id_key UNIQUE (ghost_id)
  constraint ghost_pkey PRIMARY KEY (tenant_id, ghost_id)
  constraint ghost_tenant_id_network_id_native_key UNIQUE (tenant_id, network_id, native)
  constraint ghost_tenant_id_network_id_sender_id_key UNIQUE (tenant_id, network_id, sender_id)
  constraint ghost_tenant_id_sender_id_fkey FOREIGN KEY (tenant_id, sender_id) REFERENCES sender(tenant_id, sender_id)

table install
  only_row boolean not null default true
  salt text not null
  secret bytea not null
  name text not null
  moved_to text
  constraint install_only_row_check CHECK (only_row)
  constraint install_pkey PRIMARY KEY (only_row)

table kept_body
  tenant_id bigint not null
  room_id bigint not null
  seq bigint not null
  day date not null
  octets bytea not null
  constraint kept_body_pkey PRIMARY KEY (tenant_id, room_id, seq)

table lease
  tenant_id bigint not null
  network_id bigint not null
  epoch bigint not null
  holder text not null
  expires_at timestamp with time zone not null
  constraint lease_pkey PRIMARY KEY (tenant_id, network_id)
  constraint lease_tenant_id_network_id_fkey FOREIGN KEY (tenant_id, network_id) REFERENCES network(tenant_id, network_id)

table member
  tenant_id bigint not null
  endpoint_id bigint not null
  sender_id bigint not null
  name text not null
  from_seq bigint not null
  to_seq bigint
  constraint member_pkey PRIMARY KEY (tenant_id, endpoint_id, sender_id, from_seq)
  constraint member_tenant_id_endpoint_id_fkey FOREIGN KEY (tenant_id, endpoint_id) REFERENCES endpoint(tenant_id, endpoint_id)
  constraint member_tenant_id_sender_id_fkey FOREIGN KEY (tenant_id, sender_id) REFERENCES sender(tenant_id, sender_id)
  CREATE UNIQUE INDEX member_open ON public.member USING btree (tenant_id, endpoint_id, sender_id) WHERE (to_seq IS NULL)

table native_id
  tenant_id bigint not null
  native_id bigint not null generated always as identity
  endpoint_id bigint not null
  kind text not null
  value text not null
  strong boolean not null
  heard boolean not null
  sender_id bigint
  seq bigint not null
  part smallint not null default 0
  constraint native_id_pkey PRIMARY KEY (tenant_id, native_id)
  CREATE INDEX native_id_copy ON public.native_id USING btree (tenant_id, endpoint_id, seq, part)
  CREATE INDEX native_id_newest ON public.native_id USING btree (tenant_id, endpoint_id, native_id) WHERE (strong AND heard)
  CREATE UNIQUE INDEX native_id_strong ON public.native_id USING btree (tenant_id, endpoint_id, kind, value) WHERE strong
  CREATE INDEX native_id_weak ON public.native_id USING btree (tenant_id, endpoint_id, value, native_id) WHERE (NOT strong)

table network
  tenant_id bigint not null
  network_id bigint not null generated always as identity
  name text not null
  protocol text not null
  constraint network_network_id_key UNIQUE (network_id)
  constraint network_pkey PRIMARY KEY (tenant_id, network_id)
  constraint network_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(tenant_id)
  constraint network_tenant_id_name_key UNIQUE (tenant_id, name)

table network_state
  tenant_id bigint not null
  network_id bigint not null
  key text not null
  value text not null
  constraint network_state_pkey PRIMARY KEY (tenant_id, network_id, key)
  constraint network_state_tenant_id_network_id_fkey FOREIGN KEY (tenant_id, network_id) REFERENCES network(tenant_id, network_id)

table owed
  tenant_id bigint not null
  owed_id bigint not null generated always as identity
  endpoint_id bigint not null
  seq bigint not null
  status jsonb not null
  constraint owed_pkey PRIMARY KEY (tenant_id, owed_id)

table parked
  tenant_id bigint not null
  parked_id bigint not null generated always as identity
  network_id bigint not null
  endpoint_id bigint
  why text not null
  octets bytea not null
  parked_at timestamp with time zone not null default now()
  constraint parked_pkey PRIMARY KEY (tenant_id, parked_id)

table past_salt
  salt text not null
  retired_at timestamp with time zone not null default now()
  constraint past_salt_pkey PRIMARY KEY (salt)

table room
  tenant_id bigint not null
  room_id bigint not null generated always as identity
  kind text not null
  head bigint not null default 0
  created_at timestamp with time zone not null default now()
  body_days integer
  constraint room_body_days_check CHECK ((body_days > 0))
  constraint room_kind_check CHECK ((kind = ANY (ARRAY['group'::text, 'direct'::text])))
  constraint room_pkey PRIMARY KEY (tenant_id, room_id)
  constraint room_room_id_key UNIQUE (room_id)
  constraint room_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenant(tenant_id)

table seat
  tenant_id bigint not null
  endpoint_id bigint not null
  ghost_id bigint not null
  nick text not null
  state text not null
  why text
  spoken_on date not null default CURRENT_DATE
  constraint seat_pkey PRIMARY KEY (tenant_id, endpoint_id, ghost_id)
  constraint seat_state_check CHECK ((state = ANY (ARRAY['seated'::text, 'left'::text, 'relay'::text])))
  constraint seat_tenant_id_endpoint_id_fkey FOREIGN KEY (tenant_id, endpoint_id) REFERENCES endpoint(tenant_id, endpoint_id)
  constraint seat_tenant_id_ghost_id_fkey FOREIGN KEY (tenant_id, ghost_id) REFERENCES ghost(tenant_id, ghost_id)

table sender
  tenant_id bigint not null
  sender_id bigint not null generated always as identity
  network_id bigint not null
  key text not null
  weak boolean not null
  name text not null
  native text
  uri text
  constraint sender_pkey PRIMARY KEY (tenant_id, sender_id)
  constraint sender_sender_id_key UNIQUE (sender_id)
  constraint sender_tenant_id_network_id_fkey FOREIGN KEY (tenant_id, network_id) REFERENCES network(tenant_id, network_id)
  constraint sender_tenant_id_network_id_key_key UNIQUE (tenant_id, network_id, key)

table tenant
  tenant_id bigint not null generated always as identity
  name text not null
  constraint tenant_name_key UNIQUE (name)
  constraint tenant_pkey PRIMARY KEY (tenant_id)

table waiting_salt
  tenant_id bigint not null
  endpoint_id bigint not null
  upto_seq bigint not null
  salt text not null
  constraint waiting_salt_pkey PRIMARY KEY (tenant_id, endpoint_id, upto_seq)
  constraint waiting_salt_salt_fkey FOREIGN KEY (salt) REFERENCES past_salt(salt)
  constraint waiting_salt_tenant_id_endpoint_id_fkey FOREIGN KEY (tenant_id, endpoint_id) REFERENCES endpoint(tenant_id, endpoint_id)
