-- An update whose handler needs a file of a person waits here while the file is fetched, and its lane is free meanwhile. It
-- goes back into the lane with what was found, and its handler begins anew.

create sequence pay.put_back start 1;

create table pay.intakes (
  update_id   bigint primary key,                                -- as Telegram numbers it
  lane        text not null,
  draft_id    text,                                              -- what the person was in the middle of
  payload     json not null,
  source      json,                                              -- the file that is wanted now; null: its turn, or its handler
  results     json not null default '[]',                        -- what was found so far, by source
  attempts    int not null default 0,                            -- fetches of this source that were begun
  next_at     timestamptz not null default now(),
  put_back_as bigint,                                            -- its row of the inbox, while its handler has the word
  created_at  timestamptz not null default now(),
  done_at     timestamptz
);
create index intakes_lane on pay.intakes (lane, created_at) where done_at is null;                       -- order of a person
create index intakes_due  on pay.intakes (next_at) where done_at is null and source is not null;         -- the sweep
create index intakes_back on pay.intakes (put_back_as) where done_at is null and put_back_as is not null; -- the sweep
create index intakes_old  on pay.intakes (done_at) where done_at is not null;                            -- tidy

-- An update waits: for its source, or where there is none for those of its lane that came before. The same update may come
-- again with its next source. added | full: the person has so many waiting already, and nothing was done.
create function pay.intake_add(p_update bigint, p_lane text, p_draft text, p_payload json, p_source json, p_most int) returns text
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

-- Puts an update back into its lane, with what was found.
create function pay.intake_back(p_update bigint) returns void
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
create function pay.intake_take(p_update bigint, p_hold interval)
returns table (lane text, payload json, draft_id text, source json, attempts int)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.intakes i set attempts = i.attempts + 1, next_at = clock_timestamp() + p_hold
  where i.update_id = p_update and i.done_at is null and i.source is not null and i.next_at <= clock_timestamp()
  returning i.lane, i.payload, i.draft_id, i.source, i.attempts;
$$;

-- What came of a source: the update goes back into its lane. False: another attempt has taken over.
create function pay.intake_result(p_update bigint, p_attempt int, p_result json) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.intakes i
  set results = (select json_agg(r) from (select json_array_elements(i.results) as r union all select p_result) x)
  where i.update_id = p_update and i.attempts = p_attempt and i.done_at is null and i.source is not null;
  if not found then return false; end if;
  perform pay.intake_back(p_update);
  return true;
end $$;

-- Given back unfetched: the process ends.
create function pay.intake_release(p_update bigint, p_attempt int) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.intakes i set attempts = greatest(0, i.attempts - 1), next_at = now()
  where i.update_id = p_update and i.attempts = p_attempt and i.done_at is null and i.source is not null;
$$;

-- An update that has been handled. The next of its lane that waits for its turn goes back.
create function pay.intake_done(p_update bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_lane text; n pay.intakes;
begin
  update pay.intakes i set done_at = clock_timestamp(), payload = '{}', results = '[]', source = null
  where i.update_id = p_update and i.done_at is null returning i.lane into v_lane;
  if not found then return; end if;
  select * into n from pay.intakes i where i.lane = v_lane and i.done_at is null order by i.created_at limit 1;
  if found and n.source is null and n.put_back_as is null then perform pay.intake_back(n.update_id); end if;
end $$;

-- What the sweep wakes: sources that nobody fetches; and updates that went back and were given up there, which end here so
-- that those behind them have their turn.
create function pay.intake_due(p_limit int) returns table (update_id bigint, source json)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform pay.intake_done(x.update_id) from (
    select i.update_id from pay.intakes i join pay.inbox b on b.update_id = i.put_back_as and b.dead_reason is not null
    where i.done_at is null and i.put_back_as is not null limit p_limit) x;
  return query select i.update_id, i.source from pay.intakes i
    where i.done_at is null and i.source is not null and i.next_at <= now() order by i.next_at limit p_limit;
end $$;

grant select on pay.intakes to pay_app;
grant execute on function pay.intake_add, pay.intake_take, pay.intake_result, pay.intake_release, pay.intake_done,
  pay.intake_due to pay_app;
