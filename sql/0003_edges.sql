-- Where the service meets the world: updates that came in, messages that must go out, dialogues, budgets.

-- json, not jsonb: jsonb refuses \u0000, so one hostile message would fail, be sent again, and fail for a day.
create table pay.inbox (
  update_id   bigint primary key,
  seq         bigint generated always as identity,               -- order of arrival; update ids arrive out of order
  lane        text not null,                                     -- one user, or one user in one group: handled one at a time
  payload     json not null,
  received_at timestamptz not null default now(),
  attempts    int not null default 0,
  next_at     timestamptz not null default now(),
  done_at     timestamptz,
  dead_reason text,
  check (dead_reason is null or done_at is not null)
);
create index inbox_lane on pay.inbox (lane, seq) where done_at is null;    -- inbox_take
create index inbox_due  on pay.inbox (next_at)   where done_at is null;    -- the sweep
create index inbox_done on pay.inbox (done_at)   where done_at is not null; -- tidy
create index inbox_dead on pay.inbox (update_id) where dead_reason is not null; -- metrics

-- True when this update is new. Answer 200 to Telegram only after this call has answered. An update that cannot be
-- handled at all is stored with its reason and never taken.
create function pay.inbox_put(p_update bigint, p_lane text, p_payload json, p_dead text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into pay.inbox (update_id, lane, payload, dead_reason, done_at)
  values (p_update, p_lane, p_payload, p_dead, case when p_dead is not null then now() end) on conflict do nothing;
  return found;
end $$;

-- The earliest undone update of a lane, unless somebody is at it: then, and when there is none, no row. It is hidden for
-- `p_hold`; a worker that dies leaves it to the next one, and a worker that oversleeps cannot mark it (attempts differ).
-- One that felled every worker that took it is parked.
create function pay.inbox_take(p_lane text, p_hold interval)
returns table (update_id bigint, payload json, attempts int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  update pay.inbox i set done_at = clock_timestamp(), dead_reason = 'never came to an end'
  where i.lane = p_lane and i.done_at is null and i.next_at <= now() and i.attempts >= 8;
  return query
    update pay.inbox i
    set attempts = i.attempts + 1, next_at = now() + p_hold
    where i.update_id = (select x.update_id from pay.inbox x where x.lane = p_lane and x.done_at is null order by x.seq limit 1)
      and i.done_at is null and i.next_at <= now()
    returning i.update_id, i.payload, i.attempts;
end $$;

-- Handled. False: the hold had passed and another worker took it over.
create function pay.inbox_done(p_update bigint, p_attempt int) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.inbox i set done_at = clock_timestamp()
  where i.update_id = p_update and i.attempts = p_attempt and i.done_at is null;
  return found;
end $$;

-- Not handled: again after `p_again`, or parked for good at the fifth failure. Answers retry | parked | lost.
create function pay.inbox_fail(p_update bigint, p_attempt int, p_reason text, p_again interval) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_parked boolean := p_attempt >= 5;
begin
  update pay.inbox i
  set next_at = now() + p_again,
      done_at = case when v_parked then clock_timestamp() end,
      dead_reason = case when v_parked then left(p_reason, 500) end
  where i.update_id = p_update and i.attempts = p_attempt and i.done_at is null;
  return case when not found then 'lost' when v_parked then 'parked' else 'retry' end;
end $$;

create table pay.outbox (
  id          bigint generated always as identity primary key,
  dedupe      text not null unique,
  user_id     bigint not null,
  body        json not null,
  created_at  timestamptz not null default now(),
  attempts    int not null default 0,
  unmarked    int not null default 0,                            -- takes in a row that ended without a mark: crashes, bugs
  sent        int[] not null default '{}',                       -- the outputs that have arrived, by position
  next_at     timestamptz not null default now(),
  done_at     timestamptz,
  message_id  bigint,
  dead_reason text,
  check (dead_reason is null or done_at is not null)
);
create index outbox_due on pay.outbox (next_at) where done_at is null;     -- the sweep

-- A message that somebody asked for; asked for twice under one key it is one. Its id, also of one that was sent already.
create function pay.outbox_add(p_dedupe text, p_user bigint, p_body json) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.outbox as o (dedupe, user_id, body) values (p_dedupe, p_user, p_body)
  on conflict (dedupe) do update set dedupe = excluded.dedupe
  returning o.id;
$$;

-- One message to send, hidden for `p_hold`; no row while somebody is at it or when it is done. One that felled every
-- worker that took it is parked.
create function pay.outbox_take(p_id bigint, p_hold interval)
returns table (id bigint, user_id bigint, body json, attempts int, sent json)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  update pay.outbox o set done_at = clock_timestamp(), dead_reason = 'gave up'
  where o.id = p_id and o.done_at is null and o.next_at <= now() and o.unmarked >= 8;
  return query
    update pay.outbox o
    set attempts = o.attempts + 1, unmarked = o.unmarked + 1, next_at = now() + p_hold
    where o.id = p_id and o.done_at is null and o.next_at <= now()
    returning o.id, o.user_id, o.body, o.attempts, to_json(o.sent);
end $$;

-- Hides it for another `p_hold` and notes what has arrived: positions of outputs, with Telegram's file ids where these
-- lead to what the person should get another time. False: the hold had passed and another worker took it over.
create function pay.outbox_hold(p_id bigint, p_attempt int, p_files json, p_hold interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare o pay.outbox;
begin
  update pay.outbox x
  set next_at = now() + p_hold,
      sent = x.sent || array(select f.n from json_to_recordset(p_files) as f(n int) where f.n <> all (x.sent))
  where x.id = p_id and x.attempts = p_attempt and x.done_at is null
  returning * into o;
  if not found then return false; end if;
  update pay.results r set file_id = f.file_id, sent_as = f.sent_as
  from json_to_recordset(p_files) as f(n int, file_id text, sent_as text)
  where r.user_id = o.user_id and r.generation_id = o.body ->> 'generationId' and r.n = f.n and f.file_id is not null;
  return true;
end $$;

-- Sent (with the message's id), or given up for a reason, or put off; `p_files` as in outbox_hold. False: the hold had
-- passed and another worker took it over. Money is never touched here.
create function pay.outbox_mark(p_id bigint, p_attempt int, p_message bigint, p_files json, p_dead text, p_again interval)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not pay.outbox_hold(p_id, p_attempt, p_files, coalesce(p_again, '0')) then return false; end if;
  update pay.outbox x
  set unmarked = 0, done_at = case when p_again is null then clock_timestamp() end,
      message_id = p_message, dead_reason = case when p_again is null then left(p_dead, 500) end
  where x.id = p_id;
  return true;
end $$;

-- Makes messages due again that could not reach a user: the person is back after having blocked the bot.
create function pay.outbox_revive(p_user bigint) returns setof bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.outbox o set done_at = null, dead_reason = null, attempts = 0, next_at = now()
  where o.user_id = p_user and o.dead_reason in ('blocked', 'chat_not_found')
    and o.created_at > now() - interval '14 days'
  returning o.id;
$$;
create index outbox_dead on pay.outbox (user_id) where dead_reason is not null;   -- outbox_revive

-- What a person is in the middle of: an order being filled in, or one question. One per user; `rev` is the version
-- that every button of its screens carries.
create table pay.drafts (
  user_id    bigint primary key references pay.users,
  id         text not null check (id ~ '^[a-z2-7]{12}$'),
  rev        int not null default 0,
  kind       text not null check (kind in ('order', 'find', 'kept')),
  model_id   text,
  inputs     json not null default '{}',
  step       text,
  message_id bigint,
  updated_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '24 hours'
);

-- Budgets shared by all machines (GCRA: `tat` is when the last admitted call is paid off). Unlogged: forgetting it in
-- a crash costs nothing, flushing it on every message would.
create unlogged table pay.rates (
  key text primary key,
  tat timestamptz not null
);

-- Takes a place in each named budget and returns how many milliseconds to wait before going; takes nothing and returns
-- the wait where it is longer than `p_max_wait_ms`. A budget admits `p_burst` at once and then one every `p_every_us`.
create function pay.rate_take(p_keys text[], p_every_us bigint[], p_burst int[], p_max_wait_ms int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_wait interval := '0'; v_now timestamptz; r record;
begin
  insert into pay.rates as x (key, tat) select k, to_timestamp(0) from unnest(p_keys) k order by k on conflict do nothing;
  perform from pay.rates x where x.key = any (p_keys) order by x.key for no key update;   -- one order: no deadlock
  v_now := clock_timestamp();
  for r in select b.key, greatest(x.tat, v_now) + b.every as tat, b.every * b.burst as room
           from (select unnest(p_keys) as key, unnest(p_every_us) * interval '1 microsecond' as every, unnest(p_burst) as burst) b
           join pay.rates x using (key) loop
    v_wait := greatest(v_wait, r.tat - r.room - v_now);
  end loop;
  if v_wait <= p_max_wait_ms * interval '1 millisecond' then
    update pay.rates x set tat = greatest(x.tat, v_now) + b.every
    from (select unnest(p_keys) as key, unnest(p_every_us) * interval '1 microsecond' as every) b where x.key = b.key;
  end if;
  return ceil(extract(epoch from v_wait) * 1000);
end $$;

-- Forgets some of what nobody needs any more and says how much; call it until it says 0. Handled updates are kept for
-- 7 days (duplicates come within 24 hours), prices that nobody took for 2.
create function pay.tidy(p_limit int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with updates as (delete from pay.inbox where update_id in (
      select update_id from pay.inbox where done_at < now() - interval '7 days' order by done_at limit p_limit) returning 1),
    quotes as (delete from pay.quotes where (user_id, id) in (
      select q.user_id, q.id from pay.quotes q where q.expires_at between now() - interval '12 days' and now() - interval '2 days' and not exists (
        select from pay.generations g where g.user_id = q.user_id and g.quote_id = q.id)
      order by q.expires_at limit p_limit) returning 1),
    drafts as (delete from pay.drafts where expires_at < now() - interval '7 days' returning 1),
    rates as (delete from pay.rates where tat < now() - interval '1 hour' returning 1),
    windows as (delete from pay.free_usage where starts_at < now() - interval '40 days' returning 1)
  select (select count(*) from updates) + (select count(*) from quotes) + (select count(*) from drafts)
    + (select count(*) from rates) + (select count(*) from windows);
$$;
