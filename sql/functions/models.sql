-- Which models are on sale, the figures of the models on lists and cards, and the files of recordings to choose by.

create or replace function pay.model_is_off(p_model text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce((select s.after = 'off' from pay.model_switches s where s.model_id = p_model order by s.n desc limit 1), false);
$$;

-- Switches a model, stores the reason and notifies the admins in `p_tell`, all in one: switched | same (it has this
-- state already) | pinned (an admin has decided, so the service may not) | late (another row came first: read again).
-- `p_seen` is the row that the decision is based on, 0 for none. An admin's decision does not depend on it and passes
-- null.
create or replace function pay.model_switch_any(p_model text, p_seen int, p_who text, p_after text, p_pinned boolean, p_cause text,
                                                p_reason text, p_strikes int, p_rest interval, p_figures json, p_tell json)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_last pay.model_switches; v_n int; v_told int;
begin
  select * into v_last from pay.model_switches s where s.model_id = p_model order by s.n desc limit 1;
  v_n := coalesce(v_last.n, 0) + 1;
  if p_who = 'auto' and v_last.is_pinned then return 'pinned'; end if;
  if p_seen <> v_n - 1 then return 'late'; end if;
  if coalesce(v_last.after, 'on') = p_after and coalesce(v_last.is_pinned, false) = p_pinned then return 'same'; end if;
  insert into pay.model_switches (model_id, n, who, before, after, is_pinned, cause, reason, strikes, rest_until, figures)
  values (p_model, v_n, p_who, coalesce(v_last.after, 'on'), p_after, p_pinned, p_cause, left(p_reason, 500), p_strikes,
          now() + p_rest, p_figures)
  on conflict (model_id, n) do nothing;
  if not found then return 'late'; end if;

  -- If everything fails at once, ten messages in ten minutes are enough. The tenth says where the others are.
  select count(*) into v_told from pay.model_switches s
  where s.who = 'auto' and s.after <> 'trial' and s.at > now() - interval '10 minutes';
  insert into pay.outbox (dedupe, user_id, body)
  select 'switch:' || p_model || ':' || v_n || ':' || a.id, a.id::bigint,
         json_build_object('kind', 'switch', 'modelId', p_model, 'n', v_n, 'isLast', v_told = 10)
  from json_array_elements_text(p_tell) as a(id) where v_told <= 10;
  return 'switched';
end $$;

-- The same for the service, which switches only as «auto». Manual switches belong to admins.
create or replace function pay.model_switch(p_model text, p_seen int, p_who text, p_after text, p_pinned boolean, p_cause text, p_reason text,
                                            p_strikes int, p_rest interval, p_figures json, p_tell json) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_who is distinct from 'auto' and session_user <> current_user and not pg_has_role(session_user, 'pay_admin', 'member') then
    raise exception 'only admins switch by hand' using errcode = 'insufficient_privilege';
  end if;
  return pay.model_switch_any(p_model, p_seen, p_who, p_after, p_pinned, p_cause, p_reason, p_strikes, p_rest, p_figures, p_tell);
end $$;
grant execute on function pay.model_switch to pay_app, pay_admin;

-- Computes the figures as of `p_now`. Returns false if a machine is doing it or did it less than 50 seconds ago.
--
-- Successes are counted by time, not by id, because ids are committed out of order. An event's time is the start of its
-- statement, which the server ends after seconds; so what is older than a minute is complete, and each slice of time
-- is counted once. A slice is a day at the most: after a long pause the count catches up in as many refreshes.
create or replace function pay.model_stats_refresh(p_now timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_from timestamptz; v_until timestamptz; v_models text[];
begin
  select c.counted_until into v_from from pay.model_stats_clock c
  where c.refreshed_at <= p_now - interval '50 seconds' for update skip locked;
  if not found then return false; end if;
  v_until := greatest(v_from, least(p_now - interval '1 minute', v_from + interval '1 day'));

  -- Steps from model to model through the index, however many events each has.
  with recursive models as (
    select min(e.model_id) as model_id from pay.judged_events e
    union all
    select (select min(e.model_id) from pay.judged_events e where e.model_id > m.model_id)
    from models m where m.model_id is not null
  )
  select array_agg(m.model_id) into v_models from models m where m.model_id is not null;

  insert into pay.model_days as d (model_id, day, successes)
  select m, (e.created_at at time zone 'UTC')::date, count(*)
  from unnest(v_models) m
  cross join lateral (select x.created_at from pay.judged_events x
    where x.model_id = m and x.status = 'success' and x.created_at >= v_from and x.created_at < v_until) e
  group by 1, 2
  on conflict (model_id, day) do update set successes = d.successes + excluded.successes;
  delete from pay.model_days d where d.day < (p_now at time zone 'UTC')::date - 31;

  insert into pay.model_stats as s (model_id, runs_30d, finished, succeeded, timed, p25_ms, p75_ms, hour_finished, hour_succeeded)
  select m, d.runs, l.finished, l.succeeded, t.timed, t.quartiles[1], t.quartiles[2], l.hour_finished, l.hour_succeeded
  from unnest(v_models) m
  cross join lateral (
    select count(*) as finished, count(*) filter (where r.status = 'success') as succeeded,
      count(*) filter (where r.created_at > p_now - interval '1 hour') as hour_finished,
      count(*) filter (where r.created_at > p_now - interval '1 hour' and r.status = 'success') as hour_succeeded
    from (select x.status, x.created_at from pay.judged_events x
          where x.model_id = m order by x.created_at desc limit 100) r) l
  cross join lateral (
    -- For a model that rarely succeeds, searches only its last 1,000 runs.
    select count(*) as timed, percentile_cont(array[0.25, 0.75]) within group (order by s.duration_ms) as quartiles
    from (select r.duration_ms from (select x.status, x.duration_ms from pay.judged_events x
            where x.model_id = m and x.created_at > p_now - interval '30 days' order by x.created_at desc limit 1000) r
          where r.status = 'success' limit 100) s) t
  cross join lateral (
    select coalesce(sum(x.successes), 0) as runs from pay.model_days x
    where x.model_id = m and x.day > (p_now at time zone 'UTC')::date - 30) d
  on conflict (model_id) do update
  set runs_30d = excluded.runs_30d, finished = excluded.finished, succeeded = excluded.succeeded, timed = excluded.timed,
      p25_ms = excluded.p25_ms, p75_ms = excluded.p75_ms, hour_finished = excluded.hour_finished,
      hour_succeeded = excluded.hour_succeeded
  where s.* is distinct from excluded.*;

  update pay.model_stats_clock c set counted_until = v_until, refreshed_at = p_now;
  return true;
end $$;
grant execute on function pay.model_stats_refresh to pay_app;

-- Keeps Telegram's file of a recording. A later one replaces it: Telegram may have refused the earlier.
create or replace function pay.sample_sent(p_address text, p_file_id text, p_sent_as text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.samples as s (address, file_id, sent_as) values (p_address, p_file_id, p_sent_as)
  on conflict (address) do update set file_id = excluded.file_id, sent_as = excluded.sent_as
  where (s.file_id, s.sent_as) is distinct from (excluded.file_id, excluded.sent_as);
$$;
grant execute on function pay.sample_sent to pay_app;
