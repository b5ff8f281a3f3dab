-- A result that comes after its run has ended and the money is back (docs/decisions/0005-a-late-result-is-a-new-run.md).
-- awaited → offered → taken, or over. The run that ended is never touched again.

-- Begins to wait for the result of a run that has just ended without one. In the statement that ends it.
create or replace function pay.late_wait(g pay.generations, p_code text) returns void
language sql set search_path = pg_catalog, pg_temp as $$
  insert into pay.late_results (user_id, generation_id, task_id, open_at, next_at)
  select g.user_id, g.id, g.task_id, g.finished_at, case when g.task_id is not null then g.finished_at + interval '15 minutes' end
  where (p_code in ('deadline', 'submit_unknown') or p_code = 'no_result' and g.exec_state = 'timeout')
    and g.user_id > 0                                     -- a group cannot be asked in private
  on conflict do nothing;
$$;

-- The upstream says that the task has ended: worth a look now. False: nobody waits for it. A callback may be repeated for
-- a while, so the result may be an hour old.
create or replace function pay.late_told(p_user bigint, p_id text, p_task text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.late_results l
  set task_id = coalesce(l.task_id, p_task), open_at = greatest(l.open_at, clock_timestamp() - interval '1 hour'),
      next_at = coalesce(l.next_at, case when l.looks < 3 then now() + interval '15 minutes' end)
  where l.user_id = p_user and l.generation_id = p_id and l.state = 'awaited' and coalesce(l.task_id, p_task) is not null;
  return found;
end $$;
grant execute on function pay.late_told to pay_app;

-- Late results that are due, for one machine: a look (three of a run, over a day) or the end of an offer.
create or replace function pay.late_due(p_limit int, p_hold interval) returns table (user_id bigint, generation_id text)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.late_results l
  set looks = l.looks + (l.state = 'awaited')::int,
      next_at = case when l.state = 'offered' then now() + p_hold
                     when l.looks = 0 then now() + interval '3 hours'
                     when l.looks = 1 then now() + interval '17 hours' end
  from (select x.user_id, x.generation_id from pay.late_results x where x.next_at <= now()
        order by x.next_at limit p_limit for update skip locked) due
  where l.user_id = due.user_id and l.generation_id = due.generation_id
    and (l.state = 'offered' or l.state = 'awaited' and l.looks < 3)
  returning l.user_id, l.generation_id;
$$;
grant execute on function pay.late_due to pay_app;

-- A look found the task unfinished.
create or replace function pay.late_open(p_user bigint, p_id text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.late_results l set open_at = now() where l.user_id = p_user and l.generation_id = p_id and l.state = 'awaited';
$$;
grant execute on function pay.late_open to pay_app;

-- There is nothing to offer, or no longer.
create or replace function pay.late_over(p_user bigint, p_id text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.late_results l set state = 'over', next_at = null, files = null
  where l.user_id = p_user and l.generation_id = p_id and l.state in ('awaited', 'offered');
$$;
grant execute on function pay.late_over to pay_app;

-- Offers the result at the run's price, or at the share of the files that there are, and returns the message that tells
-- of it; null: somebody was first, or the person is banned or gone. The upstream keeps its files for a day: the offer ends
-- 20 hours after the task was last known to be unfinished. `p_take`: the id of the run that will be born.
create or replace function pay.late_found(p_user bigint, p_id text, p_take text, p_files json, p_promised int, p_cost numeric)
returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare l pay.late_results; v_outbox bigint; v_arrived int := coalesce(json_array_length(p_files), 0);
begin
  if v_arrived = 0 or p_promised < v_arrived then
    raise exception 'bad result of %', p_id using errcode = 'invalid_parameter_value';
  end if;
  update pay.late_results x
  set state = 'offered', take_id = p_take, files = p_files, promised = p_promised, cost_credits = p_cost,
      price_kop = (g.price_kop * v_arrived + p_promised - 1) / p_promised, found_at = clock_timestamp(),
      expires_at = x.open_at + interval '20 hours', next_at = x.open_at + interval '20 hours'
  from pay.generations g, pay.users u
  where x.user_id = p_user and x.generation_id = p_id and x.state = 'awaited' and x.task_id is not null
    and g.user_id = x.user_id and g.id = x.generation_id and u.user_id = x.user_id
    and u.banned_at is null and x.open_at + interval '20 hours' > now()
  returning x.* into l;
  if not found then
    perform pay.late_over(p_user, p_id) where exists (select from pay.late_results x
      where x.user_id = p_user and x.generation_id = p_id and x.state = 'awaited');
    return null;
  end if;
  insert into pay.outbox (dedupe, user_id, body)
  values ('late:' || p_id, p_user, json_build_object('kind', 'late', 'generationId', p_id))
  returning id into v_outbox;
  return v_outbox;
end $$;
grant execute on function pay.late_found to pay_app;

-- Sells an offered result: taken | already | over | nothing. A run is born as a success, with its debit, its events, its
-- files and its message, so that all that holds of runs holds of it. Refusals as of gen_start: P0402 insufficient funds ·
-- P0403 in debt · P0404 unknown user · P0405 banned · P0422 an event does not fit.
create or replace function pay.late_take(p_started json, p_ended json, p_user bigint, p_id text)
returns table (result text, generation_id text, outbox_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare l pay.late_results; o pay.generations; g pay.generations; v_outbox bigint;
begin
  perform from pay.wallets w where w.user_id = p_user for no key update;
  if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  select * into l from pay.late_results x where x.user_id = p_user and x.generation_id = p_id for update;
  if l.state = 'taken' then
    return query select 'already', l.take_id, b.id from pay.outbox b where b.dedupe = 'gen:' || l.take_id;
    return;
  end if;
  if l.state is null or l.state = 'awaited' then return query select 'nothing', null::text, null::bigint; return; end if;
  if l.state = 'over' or l.expires_at <= clock_timestamp() then
    return query select 'over', null::text, null::bigint;
    return;
  end if;
  if exists (select from pay.users u where u.user_id = p_user and u.banned_at is not null) then
    raise exception 'banned' using errcode = 'P0405';
  end if;
  select * into o from pay.generations x where x.user_id = p_user and x.id = p_id;

  -- Made and used in one statement: no press can start it.
  insert into pay.quotes (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
  select q.user_id, l.take_id, q.model_id, q.category, q.inputs, q.params, l.price_kop, q.credits, q.usd_rub_rate, q.markup, now()
  from pay.quotes q where q.user_id = p_user and q.id = o.quote_id;
  insert into pay.generations (user_id, id, request_key, quote_id, chat_id, thread_id, model_id, category, price_kop, is_free, exec_state,
                               money_state, task_id, next_at, run_limit, deadline_at, finished_at, promised, kept_kop,
                               cost_credits, late_of)
  values (p_user, l.take_id, 'late:' || p_id, l.take_id, o.chat_id, o.thread_id, o.model_id, o.category, l.price_kop, l.price_kop = 0, 'success',
          case when l.price_kop = 0 then 'free' else 'captured' end, l.task_id, now(), o.run_limit, now(), clock_timestamp(),
          json_array_length(l.files), nullif(l.price_kop, 0), l.cost_credits, p_id)
  returning * into g;
  insert into pay.results (user_id, generation_id, n, kind, mime, extension, bytes, width_px, height_px, seconds, url)
  select p_user, g.id, r.n, r.kind, r.mime, r.extension, r.bytes, r.width_px, r.height_px, r.seconds, r.url
  from json_to_recordset(l.files)
    as r(n int, kind text, mime text, extension text, bytes bigint, width_px int, height_px int, seconds double precision, url text);
  perform set_config('telegen.event', coalesce(p_started::text, ''), true);
  perform pay.event_log(p_user, g.chat_id, g.model_id, g.category, 'started', g.is_free, g.price_kop, g.id, null, null, null, null);
  perform set_config('telegen.event', coalesce(p_ended::text, ''), true);
  perform pay.event_log(p_user, g.chat_id, g.model_id, g.category, 'success', g.is_free, g.price_kop, g.id, g.task_id, null, null,
                        least(extract(epoch from l.found_at - o.created_at) * 1000, 2147483647)::int);
  if g.price_kop > 0 then
    if (select w.debt_kop from pay.wallets w where w.user_id = p_user) > 0 then raise exception 'in_debt' using errcode = 'P0403'; end if;
    if pay.move(p_user, 'debit', -g.price_kop, 'sales', g.id, null) is null then
      raise exception 'insufficient_funds' using errcode = 'P0402';
    end if;
  end if;
  insert into pay.outbox (dedupe, user_id, body)
  values ('gen:' || g.id, p_user, json_build_object('kind', 'generation', 'generationId', g.id))
  returning id into v_outbox;
  update pay.late_results x set state = 'taken', next_at = null, files = null where x.user_id = p_user and x.generation_id = p_id;
  if g.price_kop > 0 then perform pay.referral_reward(p_user); end if;
  return query select 'taken', g.id, v_outbox;
end $$;
grant execute on function pay.late_take to pay_app;
