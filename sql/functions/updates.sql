-- Updates that came in: one of a lane at a time, in order of arrival, whatever commits when; and those that wait for a file.

-- A row is visible only after its transaction, and its `seq` is drawn before. Whoever writes to a lane holds its lock
-- until the commit, and whoever takes from it waits for that: so within a lane `seq` is the order of commits, and the
-- earliest row that is seen is the earliest there is.
create or replace function pay.lane_lock(p_lane text) returns void
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
grant execute on function pay.inbox_put to pay_app;

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
grant execute on function pay.inbox_add to pay_app;

-- The topic in which an update was written or pressed; null outside of topics.
create or replace function pay.topic_of(p_update json) returns bigint
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when m ->> 'is_topic_message' = 'true' and m ->> 'message_thread_id' ~ '^[0-9]{1,15}$'
    then (m ->> 'message_thread_id')::bigint end
  from (select coalesce(p_update -> 'message', p_update #> '{callback_query,message}') as m) x;
$$;

-- The earliest undone update of a lane, unless somebody is at it: then, and when there is none, no row. It is held for
-- `p_hold`, which inbox_hold prolongs; a worker that dies leaves it to the next one, and a worker that oversleeps cannot
-- mark it (attempts differ). The same token may ask again when the answer was lost. `unended` is counted before the work
-- begins and cleared when it ends in any way. An update under suspicion (it was in work when a process died) is handed out
-- only to a caller that handles it alone (`p_is_alone`), so that its neighbours are not counted for it: others get it
-- without its payload. The second death sets it aside: the person is told, nobody takes it again.
create or replace function pay.inbox_take(p_lane text, p_hold interval, p_token text default null, p_is_alone boolean default true)
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
    select 'aside:' || v.update_id, substr(p_lane, 3)::bigint, json_strip_nulls(json_build_object('kind', 'aside', 'threadId', pay.topic_of(v.payload)))
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
grant execute on function pay.inbox_take to pay_app;

-- Renews the lease by `p_hold`. False: it had expired, and another worker has the update.
create or replace function pay.inbox_hold(p_update bigint, p_attempt int, p_hold interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.inbox i set next_at = clock_timestamp() + p_hold
  where i.update_id = p_update and i.attempts = p_attempt and i.done_at is null;
  return found;
end $$;
grant execute on function pay.inbox_hold to pay_app;

-- Handled. False: the lease had expired, and another worker has the update.
create or replace function pay.inbox_done(p_update bigint, p_attempt int) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.inbox i set done_at = clock_timestamp()
  where i.update_id = p_update and i.attempts = p_attempt and i.done_at is null;
  return found;
end $$;
grant execute on function pay.inbox_done to pay_app;

-- Not handled: retried after `p_again`, or parked for good at the fifth failure. Returns retry | parked | lost.
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
grant execute on function pay.inbox_fail to pay_app;

-- An update waits: for its source, or where there is none for those of its lane that came before. The same update may come
-- again with its next source. added | full: the person has so many waiting already, and nothing was done.
create or replace function pay.intake_add(p_update bigint, p_lane text, p_draft text, p_payload json, p_source json, p_most int) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.intakes i set source = p_source, attempts = 0, next_at = now(), put_back_as = null
  where i.update_id = p_update and i.done_at is null;
  if found then return 'added'; end if;
  if (select count(*) from pay.intakes i where i.lane = p_lane and i.done_at is null) >= p_most then return 'full'; end if;
  insert into pay.intakes (update_id, lane, draft_id, payload, source, created_at)
  values (p_update, p_lane, p_draft, p_payload, p_source, clock_timestamp()) on conflict do nothing;
  return 'added';
end $$;
grant execute on function pay.intake_add to pay_app;

-- Puts an update back into its lane, with the results.
create or replace function pay.intake_back(p_update bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare i pay.intakes; v_id bigint;
begin
  select * into i from pay.intakes x where x.update_id = p_update;
  perform pay.lane_lock(i.lane);
  -- Below all ids of Telegram's, and of what is no update.
  v_id := -1000000000000000 - nextval('pay.put_back');
  update pay.intakes x set put_back_as = v_id, source = null where x.update_id = p_update;
  insert into pay.inbox (update_id, lane, payload)
  values (v_id, i.lane, json_build_object('update', i.payload, 'results', i.results, 'draftId', i.draft_id));
end $$;

-- The source of an update, to fetch, held for `p_hold`; no row while somebody is at it. The number of the attempt is
-- counted before it begins, so that a file which fells the process is not fetched for ever.
create or replace function pay.intake_take(p_update bigint, p_hold interval)
returns table (lane text, payload json, draft_id text, source json, attempts int)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.intakes i set attempts = i.attempts + 1, next_at = clock_timestamp() + p_hold
  where i.update_id = p_update and i.done_at is null and i.source is not null and i.next_at <= clock_timestamp()
  returning i.lane, i.payload, i.draft_id, i.source, i.attempts;
$$;
grant execute on function pay.intake_take to pay_app;

-- Stores the result of a source: the update returns to its lane. False: another attempt has taken over.
create or replace function pay.intake_result(p_update bigint, p_attempt int, p_result json) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.intakes i
  set results = (select json_agg(r) from (select json_array_elements(i.results) as r union all select p_result) x)
  where i.update_id = p_update and i.attempts = p_attempt and i.done_at is null and i.source is not null;
  if not found then return false; end if;
  perform pay.intake_back(p_update);
  return true;
end $$;
grant execute on function pay.intake_result to pay_app;

-- Returns it unfetched, because the process is stopping.
create or replace function pay.intake_release(p_update bigint, p_attempt int) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.intakes i set attempts = greatest(0, i.attempts - 1), next_at = now()
  where i.update_id = p_update and i.attempts = p_attempt and i.done_at is null and i.source is not null;
$$;
grant execute on function pay.intake_release to pay_app;

-- An update that has been handled. The next of its lane that waits for its turn goes back.
create or replace function pay.intake_done(p_update bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_lane text; n pay.intakes;
begin
  update pay.intakes i set done_at = clock_timestamp(), payload = '{}', results = '[]', source = null
  where i.update_id = p_update and i.done_at is null returning i.lane into v_lane;
  if not found then return; end if;
  select * into n from pay.intakes i where i.lane = v_lane and i.done_at is null order by i.created_at limit 1;
  if found and n.source is null and n.put_back_as is null then perform pay.intake_back(n.update_id); end if;
end $$;
grant execute on function pay.intake_done to pay_app;

-- For the sweep: sources without a worker; and updates that were put back and then given up, which end here so that
-- those behind them get their turn.
create or replace function pay.intake_due(p_limit int) returns table (update_id bigint, source json)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform pay.intake_done(x.update_id) from (
    select i.update_id from pay.intakes i join pay.inbox b on b.update_id = i.put_back_as and b.dead_reason is not null
    where i.done_at is null and i.put_back_as is not null limit p_limit) x;
  return query select i.update_id, i.source from pay.intakes i
    where i.done_at is null and i.source is not null and i.next_at <= now() order by i.next_at limit p_limit;
end $$;
grant execute on function pay.intake_due to pay_app;
