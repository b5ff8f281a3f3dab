-- The end of a run, its event, and the refund of a stuck run.

-- Settles once, whoever asks (callback, poll, sweep, person, admin): the row lock decides.
-- result: settled | already | not_due (a timeout before the deadline, a cancel after the submit); state: as it stands now.
-- A success needs its results, of the `p_promised` files that were named (null: of as many as there are); `cancelled` is a
-- failure that is taken only while nothing was sent. `p_cost`: credits that the upstream says it took.
create or replace function pay.gen_finish(p_user bigint, p_id text, p_outcome text, p_code text, p_message text, p_results json,
                               p_promised int default null, p_cost numeric default null)
returns table (result text, state text, outbox_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  g pay.generations; v_outbox bigint; v_kind text;
  v_arrived int := coalesce(json_array_length(p_results), 0);
  v_promised int := coalesce(p_promised, v_arrived);
begin
  if p_outcome is null or p_outcome not in ('success', 'failed', 'timeout')
     or (p_outcome = 'success') is distinct from (v_arrived > 0) or v_promised < v_arrived then
    raise exception 'bad outcome %', p_outcome using errcode = 'invalid_parameter_value';
  end if;
  update pay.generations x
  set exec_state = p_outcome, finished_at = clock_timestamp(), promised = nullif(v_promised, 0), cost_credits = p_cost,
      money_state = case when x.is_free then 'free' when p_outcome = 'success' then 'captured' else 'refunded' end,
      kept_kop = case when not x.is_free and p_outcome = 'success'
                      then (x.price_kop * v_arrived + v_promised - 1) / v_promised end
  where x.user_id = p_user and x.id = p_id and x.finished_at is null
    and (p_outcome <> 'timeout' or x.deadline_at <= clock_timestamp())
    and (p_code is distinct from 'cancelled' or x.exec_state = 'queued')
  returning * into g;

  if not found then
    select * into g from pay.generations x where x.user_id = p_user and x.id = p_id;
    if not found then raise exception 'unknown_generation' using errcode = 'P0404'; end if;
    return query select case when g.finished_at is not null then 'already' else 'not_due' end, g.exec_state, null::bigint;
    return;
  end if;

  if g.money_state = 'refunded' or g.kept_kop < g.price_kop then
    if pay.move(p_user, coalesce(g.part_kind, 'refund'), g.price_kop - coalesce(g.kept_kop, 0), 'sales', p_id, null) is null then
      raise exception 'no wallet for the refund of %', p_id;
    end if;
    perform pay.repay(p_user);
  elsif g.grant_ref is not null and p_outcome <> 'success' then
    perform from pay.wallets w where w.user_id = p_user for no key update;
    update pay.bonus_grants b set used = b.used - 1, returned = b.returned + 1
    where b.user_id = p_user and b.ref = g.grant_ref and b.returned < 3 * b.runs;
  elsif g.is_free and p_outcome <> 'success' then
    perform from pay.wallets w where w.user_id = p_user for no key update;
    foreach v_kind in array array['day', 'hour'] loop   -- back to the windows it was taken from
      update pay.free_usage f set used = f.used - 1, returned = f.returned + 1
      where f.user_id = p_user and f.model_id = g.model_id and f.window_kind = v_kind
        and f.starts_at = pay.window_start(v_kind, g.created_at) and f.used > 0 and f.returned < f.lim;
    end loop;
  end if;

  insert into pay.results (user_id, generation_id, n, kind, mime, extension, bytes, width_px, height_px, seconds, url)
  select p_user, p_id, r.n, r.kind, r.mime, r.extension, r.bytes, r.width_px, r.height_px, r.seconds, r.url
  from json_to_recordset(coalesce(p_results, '[]'))
    as r(n int, kind text, mime text, extension text, bytes bigint, width_px int, height_px int, seconds double precision, url text);
  -- The event of a success records the captured amount, so that the sum over successes is the turnover.
  perform pay.event_log(p_user, g.chat_id, g.model_id, g.category, p_outcome, g.is_free, coalesce(g.kept_kop, g.price_kop),
                        p_id, g.task_id, p_code, p_message,
                        least(greatest(0, extract(epoch from g.finished_at - g.created_at) * 1000), 2147483647)::int);
  insert into pay.outbox (dedupe, user_id, body)
  values ('gen:' || p_id, p_user, json_build_object('kind', 'generation', 'generationId', p_id))
  returning id into v_outbox;
  if g.kept_kop > 0 then perform pay.referral_reward(p_user); end if;
  if p_outcome <> 'success' then perform pay.late_wait(g, p_code); end if;
  return query select 'settled', g.exec_state, v_outbox;
end $$;
grant execute on function pay.gen_finish to pay_app;

-- gen_finish with the row of its last event.
create or replace function pay.settle(p_event json, p_user bigint, p_id text, p_outcome text, p_code text, p_message text, p_results json,
                                      p_promised int, p_cost numeric)
returns table (result text, state text, outbox_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('telegen.event', coalesce(p_event::text, ''), true);
  return query select * from pay.gen_finish(p_user, p_id, p_outcome, p_code, p_message, p_results, p_promised, p_cost);
  perform set_config('telegen.event', '', true);
end $$;
grant execute on function pay.settle to pay_app;

-- Why an open run is stuck: overdue, or unanswered (no answer to its submit for two minutes). Null: it runs, or is
-- over.
create or replace function pay.run_trouble(g pay.generations) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select case
    when g.finished_at is not null then null
    when g.deadline_at <= now() then 'overdue'
    when g.exec_state = 'submitting' and g.task_id is null and g.submitted_at < now() - interval '2 minutes' then 'unanswered' end;
$$;
grant execute on function pay.run_trouble to pay_app;

-- Whether a reason names an open run of the person, by its id or by the № that the person sees. Its end decides about
-- its money; a credit would pay twice.
create or replace function pay.is_for_open_run(p_user bigint, p_reason text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (select from pay.generations g where g.user_id = p_user and g.finished_at is null
    and (strpos(lower(p_reason), g.id) > 0 or p_reason ~* ('(№|No)\.?\s*' || right(g.id, 4) || '(?![a-z0-9])')));
$$;

-- How a stuck run ends when it is refunded: as its deadline would end it. No row if it still runs, or is over.
create or replace function pay.way_back(g pay.generations) returns table (outcome text, code text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select case trouble when 'overdue' then 'timeout' else 'failed' end,
    case when g.task_id is not null then 'deadline' when g.exec_state = 'queued' then 'not_submitted' else 'submit_unknown' end
  from pay.run_trouble(g) as trouble where trouble is not null;
$$;
grant execute on function pay.way_back to pay_app;

-- Refunds a stuck run: given_back | run_running | run_over | no_run. The row is locked.
create or replace function pay.give_back(g pay.generations, p_reason text) returns text
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v_way record; v_result text;
begin
  if g.id is null then return 'no_run'; end if;
  if g.finished_at is not null then return 'run_over'; end if;
  select * into v_way from pay.way_back(g);
  if not found then return 'run_running'; end if;
  select f.result into v_result from pay.gen_finish(g.user_id, g.id, v_way.outcome, v_way.code,
    left('given back by an admin: ' || p_reason, 500), null) f;
  if v_result <> 'settled' then raise exception 'run % was not given back: %', g.id, v_result; end if;
  return 'given_back';
end $$;

-- Writes one event: true, or false where this generation's `started` (or its ending) is already there. The row is made by
-- the repository of the service and comes as a setting of the transaction, from `place` and `settle`. It must agree with
-- what moved, or all of it is undone: P0422, the column in the detail. Without a row (of a person at the database, say) it
-- is made of the arguments.
create or replace function pay.event_log(p_user bigint, p_chat bigint, p_model text, p_category text, p_status text, p_free boolean,
                                         p_price_kop bigint, p_request text, p_task text, p_code text, p_message text, p_duration_ms int)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r pay.generation_events; v_given text := nullif(current_setting('telegen.event', true), ''); v_wrong text;
begin
  if v_given is null then
    r := row(null, null, p_user, p_chat, p_model, p_category, p_status, p_free, p_price_kop / 100.0, p_request, p_task, p_code,
             left(p_message, 500), p_duration_ms);
  else
    perform set_config('telegen.event', '', true);
    r := json_populate_record(null::pay.generation_events, v_given::json);
    v_wrong := case
      when r.user_id is distinct from p_user then 'user_id'
      when r.chat_id is distinct from p_chat then 'chat_id'
      when r.model_id is distinct from p_model then 'model_id'
      when r.category is distinct from p_category then 'category'
      when r.status is distinct from p_status then 'status'
      when r.is_free_applied is distinct from p_free then 'is_free_applied'
      when r.price_rub is distinct from p_price_kop / 100.0 then 'price_rub'
      when r.request_id is distinct from p_request then 'request_id'
      when r.task_id is distinct from p_task then 'task_id'
      when r.error_code is distinct from p_code then 'error_code'
      when r.error_message is distinct from p_message then 'error_message'
      when (r.duration_ms is null) <> (p_duration_ms is null) or r.duration_ms < 0 then 'duration_ms' end;
    if v_wrong is not null then
      raise exception 'the event does not fit what moved: %', v_wrong using errcode = 'P0422', detail = v_wrong;
    end if;
  end if;
  insert into pay.generation_events (user_id, chat_id, model_id, category, status, is_free_applied, price_rub,
                                     request_id, task_id, error_code, error_message, duration_ms)
  values (r.user_id, r.chat_id, r.model_id, r.category, r.status, r.is_free_applied, r.price_rub,
          r.request_id, r.task_id, r.error_code, r.error_message, r.duration_ms)
  on conflict do nothing;
  return found;
end $$;

create or replace function pay.event_log(p_user bigint, p_chat bigint, p_model text, p_category text, p_status text, p_free boolean,
                                         p_price_kop bigint, p_request text, p_task text, p_code text, p_message text, p_duration_ms int, p_seal text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pay.check_seal(p_seal, 'event', p_user::text, p_request, p_status, p_price_kop::text);
  return pay.event_log(p_user, p_chat, p_model, p_category, p_status, p_free, p_price_kop, p_request, p_task, p_code,
                       p_message, p_duration_ms);
end $$;
grant execute on function pay.event_log(bigint, bigint, text, text, text, boolean, bigint, text, text, text, text, int, text) to pay_app;
