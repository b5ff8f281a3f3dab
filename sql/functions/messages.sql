-- Messages to send, and rate limits.

-- Adds a message. The same key adds it only once. Returns its id, also if it was sent already.
create or replace function pay.outbox_add(p_dedupe text, p_user bigint, p_body json) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.outbox as o (dedupe, user_id, body) values (p_dedupe, p_user, p_body)
  on conflict (dedupe) do update set dedupe = excluded.dedupe
  returning o.id;
$$;
grant execute on function pay.outbox_add to pay_app;

-- Claims one message to send, hidden for `p_hold`. No row if another worker has it or it is done. A message that
-- crashed every worker is parked.
create or replace function pay.outbox_take(p_id bigint, p_hold interval)
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
grant execute on function pay.outbox_take to pay_app;

-- Hides it for another `p_hold` and notes what has arrived: positions of outputs, with Telegram's file ids where these
-- lead to what the person should get another time. False: the hold had passed and another worker took it over.
create or replace function pay.outbox_hold(p_id bigint, p_attempt int, p_files json, p_hold interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare o pay.outbox;
begin
  update pay.outbox x
  set next_at = now() + p_hold,
      sent = x.sent || array(select f.n from json_to_recordset(p_files) as f(n int) where f.n <> all (x.sent))
  where x.id = p_id and x.attempts = p_attempt and x.done_at is null
  returning * into o;
  if not found then return false; end if;
  update pay.results r
  set file_id = coalesce(f.file_id, r.file_id), sent_as = coalesce(f.sent_as, r.sent_as),
      message_id = coalesce(f.message_id, r.message_id)
  from json_to_recordset(p_files) as f(n int, file_id text, sent_as text, message_id bigint)
  where r.user_id = o.user_id and r.generation_id = o.body ->> 'generationId' and r.n = f.n;
  return true;
end $$;
grant execute on function pay.outbox_hold to pay_app;

-- Sent (with the message's id), or given up for a reason, or put off; `p_files` as in outbox_hold. False: the hold had
-- passed and another worker took it over. Money is never touched here.
create or replace function pay.outbox_mark(p_id bigint, p_attempt int, p_message bigint, p_files json, p_dead text, p_again interval)
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
grant execute on function pay.outbox_mark to pay_app;

-- Schedules messages again that could not reach a user who has unblocked the bot.
create or replace function pay.outbox_revive(p_user bigint) returns setof bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.outbox o set done_at = null, dead_reason = null, attempts = 0, next_at = now()
  where o.user_id = p_user and o.dead_reason in ('blocked', 'chat_not_found')
    and o.created_at > now() - interval '14 days'
  returning o.id;
$$;
grant execute on function pay.outbox_revive to pay_app;

-- Takes a token from each bucket and returns how many milliseconds to wait before the call. If the wait is longer than
-- `p_max_wait_ms`, takes nothing and returns the wait. A bucket admits `p_burst` at once, then one every `p_every_us`.
create or replace function pay.rate_take(p_keys text[], p_every_us bigint[], p_burst int[], p_max_wait_ms int) returns int
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
grant execute on function pay.rate_take to pay_app;
