-- The figures of the models on lists and cards, prepared once a minute for all machines. A refresh reads the last runs
-- of each model and what came since the last one, so it costs the same with a million events as with none.

-- Runs that say something about a model: failures of the person's own (inputs, refused content, cancels) are left out.
create view pay.judged_events as
  select model_id, created_at, status, duration_ms from pay.generation_events
  where status <> 'started' and (error_code is null or error_code not in ('invalid_input', 'moderation', 'cancelled'));
drop index pay.event_model;
create index event_judged on pay.generation_events (model_id, created_at desc) include (status, duration_ms)   -- model_stats_refresh
  where status <> 'started' and (error_code is null or error_code not in ('invalid_input', 'moderation', 'cancelled'));

create table pay.model_days (                                    -- days are UTC
  model_id  text not null,
  day       date not null,
  successes bigint not null check (successes > 0),
  primary key (model_id, day)
);

create table pay.model_stats (
  model_id       text primary key,
  runs_30d       bigint not null,                                -- successes of the last 30 days, today among them
  finished       int not null,                                   -- of the last 100
  succeeded      int not null,
  timed          int not null,                                   -- the last successes, 100 at most, behind these two
  p25_ms         double precision,
  p75_ms         double precision,
  hour_finished  int not null,                                   -- of the last 100, those of the last hour
  hour_succeeded int not null
);

-- One row: up to when successes are counted in model_days, and when the figures were last made.
create table pay.model_stats_clock (
  is_only       boolean primary key default true check (is_only),
  counted_until timestamptz not null,
  refreshed_at  timestamptz not null
);

-- What is there already is counted here, without the service's deadline for a statement.
insert into pay.model_stats_clock (counted_until, refreshed_at)
  values (now() - interval '1 minute', now() - interval '1 minute');
insert into pay.model_days (model_id, day, successes)
  select e.model_id, (e.created_at at time zone 'UTC')::date, count(*)
  from pay.judged_events e cross join pay.model_stats_clock c
  where e.status = 'success' and e.created_at >= now() - interval '31 days' and e.created_at < c.counted_until
  group by 1, 2;

-- Makes the figures as of `p_now`: true, or false where a machine is at it or did it less than 50 seconds ago.
--
-- Successes are counted by time, not by id, because ids are committed out of order. An event's time is the start of its
-- statement, which the server ends after seconds; so what is older than a minute is complete, and each slice of time
-- is counted once. A slice is a day at the most: after a long pause the count catches up in as many refreshes.
create function pay.model_stats_refresh(p_now timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_from timestamptz; v_until timestamptz; v_models text[];
begin
  select c.counted_until into v_from from pay.model_stats_clock c
  where c.refreshed_at <= p_now - interval '50 seconds' for update skip locked;
  if not found then return false; end if;
  v_until := greatest(v_from, least(p_now - interval '1 minute', v_from + interval '1 day'));

  -- From one model to the next through the index, however many events each has.
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
    -- A model that hardly ever succeeds is not searched further back than its last 1,000 runs.
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

grant select on pay.model_days, pay.model_stats, pay.model_stats_clock to pay_app;
grant execute on function pay.model_stats_refresh to pay_app;
