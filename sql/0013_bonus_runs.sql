-- Bonus runs in the life of an order: taken with the start, given back with a failure. A debt and a ban stop a start.
-- P0403 in debt · P0405 banned; P0430 with the detail `bonus`: no grant covers the price.

-- Admits an order, takes its price (or a free run) and records `started`: started | duplicate | key_reused.
create or replace function pay.gen_start(p_user bigint, p_id text, p_key text, p_chat bigint, p_message bigint, p_quote text,
                              p_run_limit interval, p_open_max int, p_free_daily int, p_free_hourly int)
returns table (result text, generation_id text, price_kop bigint, balance_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_quote pay.quotes; v_old pay.generations; v_balance bigint; v_kind text; v_grant text;
begin
  select * into v_old from pay.generations g
  where g.user_id = p_user and (g.request_key = p_key or g.quote_id = p_quote);
  if not found then
    select * into v_quote from pay.quotes q where q.user_id = p_user and q.id = p_quote;
    if not found then raise exception 'unknown_quote' using errcode = 'P0404'; end if;
    if pay.model_is_off(v_quote.model_id) then raise exception 'model_off' using errcode = 'P0423'; end if;
    if v_quote.expires_at <= now() then raise exception 'quote_expired' using errcode = 'P0410'; end if;
    if exists (select from pay.users u where u.user_id = p_user and u.banned_at is not null) then
      raise exception 'banned' using errcode = 'P0405';
    end if;

    insert into pay.generations (user_id, id, request_key, quote_id, chat_id, message_id, model_id, category, price_kop,
                                 is_free, money_state, run_limit, deadline_at, next_at)
    values (p_user, p_id, p_key, p_quote, p_chat, p_message, v_quote.model_id, v_quote.category, v_quote.price_kop,
            v_quote.price_kop = 0, case when v_quote.price_kop = 0 then 'free' else 'debited' end, p_run_limit,
            now() + least(p_run_limit, interval '10 minutes'), now() + interval '15 seconds')
    on conflict do nothing;                             -- a concurrent twin waits here, then reads 'duplicate'
    if not found then
      select * into v_old from pay.generations g
      where g.user_id = p_user and (g.request_key = p_key or g.quote_id = p_quote);
      if not found then raise exception 'generation id % is taken', p_id using errcode = 'unique_violation'; end if;
    end if;
  end if;
  if v_old.id is not null then
    return query select case when v_old.quote_id = p_quote then 'duplicate' else 'key_reused' end,
                        v_old.id, v_old.price_kop, (select w.balance_kop from pay.wallets w where w.user_id = p_user);
    return;
  end if;

  perform pay.event_log(p_user, p_chat, v_quote.model_id, v_quote.category, 'started', v_quote.price_kop = 0,
                        v_quote.price_kop, p_id, null, null, null, null);
  if v_quote.price_kop > 0 then
    v_balance := pay.move(p_user, 'debit', -v_quote.price_kop, 'sales', p_id, null);
    if (select w.debt_kop from pay.wallets w where w.user_id = p_user) > 0 then
      raise exception 'in_debt' using errcode = 'P0403';
    end if;
    if v_balance is null then raise exception 'insufficient_funds' using errcode = 'P0402'; end if;
  elsif v_quote.full_kop is not null then               -- a bonus run, from the lowest cap that covers it
    select w.balance_kop into v_balance from pay.wallets w where w.user_id = p_user for no key update;
    update pay.bonus_grants b set used = b.used + 1
    where b.user_id = p_user and b.ref = (
      select x.ref from pay.bonus_grants x
      where x.user_id = p_user and x.used < x.runs and x.cap_kop >= v_quote.full_kop
      order by x.cap_kop, x.created_at, x.ref limit 1)
    returning b.ref into v_grant;
    if not found then raise exception 'free_limit' using errcode = 'P0430', detail = 'bonus'; end if;
    update pay.generations g set grant_ref = v_grant where g.user_id = p_user and g.id = p_id;
  else
    -- NO KEY UPDATE: plain FOR UPDATE would deadlock with the key-share lock of a twin's foreign key.
    select w.balance_kop into v_balance from pay.wallets w where w.user_id = p_user for no key update;
    foreach v_kind in array array['day', 'hour'] loop
      insert into pay.free_usage as f (user_id, model_id, window_kind, starts_at, used, lim)
      select p_user, v_quote.model_id, v_kind, pay.window_start(v_kind, now()), 1, l.lim
      from (select case v_kind when 'day' then p_free_daily else p_free_hourly end as lim) l where l.lim > 0
      on conflict (user_id, model_id, window_kind, starts_at)
        do update set used = f.used + 1, lim = excluded.lim where f.used < excluded.lim;
      if not found then raise exception 'free_limit' using errcode = 'P0430', detail = v_kind; end if;
    end loop;
  end if;

  -- Counted under the wallet's row lock, so the cap holds for racing calls of one user.
  if (select count(*) from pay.generations g where g.user_id = p_user and g.finished_at is null) > p_open_max then
    raise exception 'too_many_open' using errcode = 'P0429';
  end if;
  return query select 'started', p_id, v_quote.price_kop, v_balance;
end $$;

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
    update pay.bonus_grants b set used = b.used - 1 where b.user_id = p_user and b.ref = g.grant_ref;
  elsif g.is_free and p_outcome <> 'success' then
    perform from pay.wallets w where w.user_id = p_user for no key update;
    foreach v_kind in array array['day', 'hour'] loop   -- back to the windows it was taken from
      update pay.free_usage f set used = f.used - 1
      where f.user_id = p_user and f.model_id = g.model_id and f.window_kind = v_kind
        and f.starts_at = pay.window_start(v_kind, g.created_at) and f.used > 0;
    end loop;
  end if;

  insert into pay.results (user_id, generation_id, n, kind, mime, extension, bytes, width_px, height_px, seconds, url)
  select p_user, p_id, r.n, r.kind, r.mime, r.extension, r.bytes, r.width_px, r.height_px, r.seconds, r.url
  from json_to_recordset(coalesce(p_results, '[]'))
    as r(n int, kind text, mime text, extension text, bytes bigint, width_px int, height_px int, seconds double precision, url text);
  -- The ending of a success tells what was kept, so that a sum over successes is the turnover.
  perform pay.event_log(p_user, g.chat_id, g.model_id, g.category, p_outcome, g.is_free, coalesce(g.kept_kop, g.price_kop),
                        p_id, g.task_id, p_code, p_message,
                        least(greatest(0, extract(epoch from g.finished_at - g.created_at) * 1000), 2147483647)::int);
  insert into pay.outbox (dedupe, user_id, body)
  values ('gen:' || p_id, p_user, json_build_object('kind', 'generation', 'generationId', p_id))
  returning id into v_outbox;
  if p_outcome = 'success' then perform pay.referral_reward(p_user); end if;
  return query select 'settled', g.exec_state, v_outbox;
end $$;
