-- From a price to an order. Answers a caller can act on are returned as text; SQLSTATEs P04xx are refusals that undo the
-- whole call: P0402 insufficient funds · P0403 in debt · P0404 unknown quote, generation or user · P0405 banned ·
-- P0410 quote expired · P0411 quote closed · P0423 the model is off · P0424 our account cannot place it now ·
-- P0429 too many open generations · P0430 free limit reached, with the limit in its detail: day, hour, bonus, or new for
-- what new accounts share.

-- Stores the price that a user is shown.
create or replace function pay.quote_make(p_user bigint, p_id text, p_model text, p_category text, p_inputs text, p_params text,
                                          p_price bigint, p_credits text, p_rate text, p_markup text, p_minutes int, p_seal text)
returns table (id text, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform pay.check_seal(p_seal, 'quote', p_user::text, p_id, p_model, p_category, p_inputs, p_params, p_price::text,
                         p_credits, p_rate, p_markup, p_minutes::text);
  return query
    insert into pay.quotes as q (user_id, id, model_id, category, inputs, params, price_kop, credits, usd_rub_rate, markup, expires_at)
    values (p_user, p_id, p_model, p_category, p_inputs::json, p_params::json, p_price, p_credits::numeric, p_rate::numeric,
            p_markup::numeric, now() + make_interval(mins => p_minutes))
    returning q.id, q.expires_at;
end $$;
grant execute on function pay.quote_make to pay_app;

-- Stores the same order as a bonus run: its price is zero, `full_kop` its normal price. The price must already be in
-- the quote, and a grant must cover it. A closed quote cannot be used. The new quote closes together with the original.
create or replace function pay.quote_for_bonus(p_user bigint, p_quote text, p_id text) returns table (id text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform from pay.wallets w where w.user_id = p_user for no key update;
  return query
    insert into pay.quotes as n (user_id, id, model_id, category, inputs, params, price_kop, full_kop, credits, usd_rub_rate, markup,
                                 expires_at, bonus_of)
    select q.user_id, p_id, q.model_id, q.category, q.inputs, q.params, 0, q.price_kop, q.credits, q.usd_rub_rate, q.markup,
      q.expires_at, q.id
    from pay.quotes q
    where q.user_id = p_user and q.id = p_quote and q.price_kop > 0 and q.expires_at > now() and q.closed_at is null
    returning n.id;
end $$;
grant execute on function pay.quote_for_bonus to pay_app;

-- Closes a person's open quotes, or this one and its bonus runs. Returns them with the message that has their buttons
-- (null: no message, or it now belongs to the run). With `p_invoices` it also closes their invoices; a payment that
-- still arrives is credited. After the commit, each of them either was started before or never will be.
create or replace function pay.quotes_close(p_user bigint, p_quote text, p_invoices boolean) returns table (id text, message_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform from pay.wallets w where w.user_id = p_user for no key update;
  if p_invoices then
    update pay.top_ups t set state = 'cancelled'
    where t.user_id = p_user and t.state = 'open' and t.provider <> 'manual' and t.quote_id is not null
      and (p_quote is null or t.quote_id = p_quote);
  end if;
  return query
    update pay.quotes q set closed_at = now()
    where q.user_id = p_user and q.closed_at is null and q.expires_at > now()
      and case when p_quote is null
               -- What was asked in a group ends there, whatever the person does in private.
               then not exists (select from pay.group_orders o where o.payer_id = q.user_id and o.quote_id = q.id)
               else p_quote in (q.id, q.bonus_of) end
      and not exists (select from pay.generations g where g.user_id = p_user and g.quote_id = q.id)
    returning q.id, case when not exists (select from pay.generations g where g.user_id = p_user and g.id = q.id)
                         then q.message_id end;
end $$;
grant execute on function pay.quotes_close to pay_app;

-- Stores which message has the buttons of a quote; `before` is the previous one. `is_open` is false if the quote was
-- closed before it was shown.
create or replace function pay.quote_shown(p_user bigint, p_quote text, p_message bigint) returns table (before bigint, is_open boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare q pay.quotes;
begin
  select * into q from pay.quotes x where x.user_id = p_user and x.id = p_quote for no key update;
  if not found then return; end if;
  update pay.quotes x set message_id = p_message
  where x.user_id = p_user and x.id = p_quote and x.message_id is distinct from p_message;
  return query select q.message_id, q.closed_at is null;
end $$;
grant execute on function pay.quote_shown to pay_app;

-- Counts a free run of the current hour or day; false, and nothing counted, where `p_limit` of them are used.
create or replace function pay.free_take(p_user bigint, p_model text, p_kind text, p_limit int) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into pay.free_usage as f (user_id, model_id, window_kind, starts_at, used, lim)
  select p_user, p_model, p_kind, pay.window_start(p_kind, now()), 1, p_limit where p_limit > 0
  on conflict (user_id, model_id, window_kind, starts_at)
    do update set used = f.used + 1, lim = excluded.lim where f.used < excluded.lim;
  return found;
end $$;

-- Accepts an order, debits its price (or takes a free run) and records `started`: started | duplicate | key_reused. The
-- default is for callers without the limit for new accounts. The statement that takes the money also refuses what must
-- not be sold, from the current rows, so no old button, quote or cache can bypass it. An order that was started before
-- stays `duplicate` and continues. A plan adds to the limits; it is read only when a usual limit is reached.
create or replace function pay.gen_start(p_user bigint, p_id text, p_key text, p_chat bigint, p_message bigint, p_quote text,
                              p_run_limit interval, p_open_max int, p_free_daily int, p_free_hourly int,
                              p_new_free_daily int default null, p_thread bigint default null)
returns table (result text, generation_id text, price_kop bigint, balance_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_quote pay.quotes; v_old pay.generations; v_balance bigint; v_kind text; v_grant text; v_open int;
begin
  -- The first lock. Whoever closes quotes or derives one takes it too, so the two cannot run at once.
  perform from pay.wallets w where w.user_id = p_user for no key update;
  select * into v_old from pay.generations g
  where g.user_id = p_user and (g.request_key = p_key or g.quote_id = p_quote);
  if not found then
    -- Locked, so that it cannot be deleted before the run that needs it is stored.
    select * into v_quote from pay.quotes q where q.user_id = p_user and q.id = p_quote for key share;
    if not found then raise exception 'unknown_quote' using errcode = 'P0404'; end if;
    if pay.model_is_off(v_quote.model_id) then raise exception 'model_off' using errcode = 'P0423'; end if;
    if v_quote.closed_at is not null then raise exception 'quote_closed' using errcode = 'P0411'; end if;
    if v_quote.expires_at <= now() then raise exception 'quote_expired' using errcode = 'P0410'; end if;
    if exists (select from pay.users u where u.user_id = p_user and u.banned_at is not null) then
      raise exception 'banned' using errcode = 'P0405';
    end if;
    if pay.account_admits(p_id, v_quote.credits) = 'wait' then raise exception 'sales_paused' using errcode = 'P0424'; end if;

    insert into pay.generations (user_id, id, request_key, quote_id, chat_id, thread_id, message_id, model_id, category, price_kop,
                                 is_free, money_state, run_limit, deadline_at, next_at)
    values (p_user, p_id, p_key, p_quote, p_chat, p_thread, p_message, v_quote.model_id, v_quote.category, v_quote.price_kop,
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
      if not pay.free_take(p_user, v_quote.model_id, v_kind, case v_kind when 'day' then p_free_daily else p_free_hourly end)
         and (v_kind = 'hour' or not pay.free_take(p_user, v_quote.model_id, v_kind,
                                                   p_free_daily + (select n.free_more from pay.plan_now(p_user) n))) then
        raise exception 'free_limit' using errcode = 'P0430', detail = v_kind;
      end if;
    end loop;
    if p_new_free_daily is not null and pay.is_new(p_user) then
      insert into pay.new_free_days as d (day, used)
      select (now() at time zone 'UTC')::date, 1 where p_new_free_daily > 0
      on conflict (day) do update set used = d.used + 1 where d.used < p_new_free_daily;
      if not found then raise exception 'free_limit' using errcode = 'P0430', detail = 'new'; end if;
    end if;
  end if;

  -- Counted under the wallet's row lock, so the limit holds for concurrent calls of one user.
  select count(*) into v_open from pay.generations g where g.user_id = p_user and g.finished_at is null;
  if v_open > p_open_max and v_open > p_open_max + (select n.open_more from pay.plan_now(p_user) n) then
    raise exception 'too_many_open' using errcode = 'P0429';
  end if;
  return query select 'started', p_id, v_quote.price_kop, v_balance;
end $$;
grant execute on function pay.gen_start to pay_app;

-- gen_start with the row of its `started` event; null: there is no row.
create or replace function pay.place(p_event json, p_user bigint, p_id text, p_key text, p_chat bigint, p_message bigint, p_quote text,
                                     p_run_limit interval, p_open_max int, p_free_daily int, p_free_hourly int, p_new_free_daily int,
                                     p_thread bigint default null)
returns table (result text, generation_id text, price_kop bigint, balance_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('telegen.event', coalesce(p_event::text, ''), true);
  return query select * from pay.gen_start(p_user, p_id, p_key, p_chat, p_message, p_quote, p_run_limit, p_open_max,
                                           p_free_daily, p_free_hourly, p_new_free_daily, p_thread);
  perform set_config('telegen.event', '', true);            -- a duplicate writes no event
end $$;
grant execute on function pay.place to pay_app;
