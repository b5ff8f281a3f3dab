-- One update of a lane at a time, in order of arrival, whatever commits when; and what becomes of an update that fells
-- the process which handles it.

-- Takes of this update that ended without a word: the process died, or was cut off from the database.
alter table pay.inbox
  add column unended int not null default 0 check (unended >= 0),
  add column take_token text;                                    -- names the call that took it last
create index inbox_aside on pay.inbox (done_at) where dead_reason = 'felled the process';   -- the alarm updates_aside

-- A row is visible only after its transaction, and its `seq` is drawn before. Whoever writes to a lane holds its lock
-- until the commit, and whoever takes from it waits for that: so within a lane `seq` is the order of commits, and the
-- earliest row that is seen is the earliest there is.
create function pay.lane_lock(p_lane text) returns void
language sql set search_path = pg_catalog, pg_temp as $$
  select pg_advisory_xact_lock(hashtextextended('lane:' || p_lane, 0));
$$;

-- True when this update is new. Answer 200 to Telegram only after this call has answered. An update that cannot be
-- handled at all is stored with its reason and never taken.
create or replace function pay.inbox_put(p_update bigint, p_lane text, p_payload json, p_dead text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pay.lane_lock(p_lane);
  insert into pay.inbox (update_id, lane, payload, dead_reason, done_at)
  values (p_update, p_lane, p_payload, p_dead, case when p_dead is not null then now() end) on conflict do nothing;
  return found;
end $$;

-- The same for several, in order of arrival; names those that are new. Two machines with the same updates lock the same
-- lanes in the same order, so they never wait for each other in a circle. A payload comes as text, since \u0000 in it
-- may be stored but not read.
create or replace function pay.inbox_add(p_updates json) returns setof bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pg_advisory_xact_lock(k.key) from (
    select distinct hashtextextended('lane:' || u.lane, 0) as key from json_to_recordset(p_updates) as u(lane text) order by 1) k;
  return query
    insert into pay.inbox (update_id, lane, payload, dead_reason, done_at)
    select u.id, u.lane, u.payload::json, u.dead, case when u.dead is not null then now() end
    from rows from (json_to_recordset(p_updates) as ("updateId" bigint, lane text, payload text, dead text))
      with ordinality as u(id, lane, payload, dead, n)
    order by u.n
    on conflict do nothing
    returning update_id;
end $$;

-- The earliest undone update of a lane, unless somebody is at it: then, and when there is none, no row. It is held for
-- `p_hold`, which inbox_hold prolongs; a worker that dies leaves it to the next one, and a worker that oversleeps cannot
-- mark it (attempts differ). The same token may ask again when the answer was lost. `unended` is counted before the work begins and cleared when it ends in any way. An update
-- under suspicion (it was in work when a process died) is handed out only to a caller that handles it alone
-- (`p_is_alone`), so that its neighbours are not counted for it: others get it without its payload. The second death sets
-- it aside: the person is told, nobody takes it again.
drop function pay.inbox_take(text, interval);
create function pay.inbox_take(p_lane text, p_hold interval, p_token text default null, p_is_alone boolean default true)
returns table (update_id bigint, payload json, attempts int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare v pay.inbox;
begin
  perform pay.lane_lock(p_lane);
  loop
    select * into v from pay.inbox x where x.lane = p_lane and x.done_at is null order by x.seq limit 1;
    if not found then return; end if;
    if v.take_token = p_token then
      return query select v.update_id, v.payload, v.attempts;
      return;
    end if;
    if v.next_at > clock_timestamp() then return; end if;
    exit when v.unended < 2;
    update pay.inbox i set done_at = clock_timestamp(), dead_reason = 'felled the process'
    where i.update_id = v.update_id and i.done_at is null;
    -- Only a private lane names a person who can be written to.
    insert into pay.outbox (dedupe, user_id, body)
    select 'aside:' || v.update_id, substr(p_lane, 3)::bigint, json_build_object('kind', 'aside')
    where p_lane ~ '^u:[0-9]{1,18}$' on conflict do nothing;
  end loop;
  if v.unended > 0 and not p_is_alone then
    return query select v.update_id, null::json, v.attempts;
    return;
  end if;
  return query
    update pay.inbox i
    set attempts = i.attempts + 1, unended = i.unended + 1, take_token = p_token, next_at = clock_timestamp() + p_hold
    where i.update_id = v.update_id and i.done_at is null
    returning i.update_id, i.payload, i.attempts;
end $$;

-- Still at it: held for another `p_hold`. False: the hold had passed and another worker took it over.
create function pay.inbox_hold(p_update bigint, p_attempt int, p_hold interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.inbox i set next_at = clock_timestamp() + p_hold
  where i.update_id = p_update and i.attempts = p_attempt and i.done_at is null;
  return found;
end $$;

-- Not handled: again after `p_again`, or parked for good at the fifth failure. Answers retry | parked | lost.
create or replace function pay.inbox_fail(p_update bigint, p_attempt int, p_reason text, p_again interval) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_parked boolean := p_attempt >= 5;
begin
  update pay.inbox i
  set next_at = clock_timestamp() + p_again, unended = 0, take_token = null,
      done_at = case when v_parked then clock_timestamp() end,
      dead_reason = case when v_parked then left(p_reason, 500) end
  where i.update_id = p_update and i.attempts = p_attempt and i.done_at is null;
  return case when not found then 'lost' when v_parked then 'parked' else 'retry' end;
end $$;

grant execute on function pay.inbox_take, pay.inbox_hold to pay_app;
