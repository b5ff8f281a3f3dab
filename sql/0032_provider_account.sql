-- Our account at the provider has a breaker, as each model has: with its key refused or its credits gone every order would
-- be taken, refused and given back. It opens with the first such answer, whatever was asked, and for all machines at once.
-- Open: nothing is sold, and what is queued waits. Half-open, once the account has answered well again: one order is tried.
-- The order that the provider takes closes it.

create table pay.provider_account (
  is_only       boolean primary key default true check (is_only),
  opened_at     timestamptz,                                     -- null: closed
  cause         text check (cause in ('auth', 'no_credit')),
  said          text check (length(said) <= 500),                -- the provider's words, for admins
  refused_at    timestamptz,                                     -- the last refusal
  needs_credits numeric,                                         -- the least that a refused order would have taken; it outlives the opening
  has_credits   numeric,                                         -- the balance, asked for while it is open
  half_open_at  timestamptz,
  trial_id      text,                                            -- the order that is being tried, and for how long it may be
  trial_until   timestamptz,
  check ((opened_at is null) = (cause is null)),
  check (opened_at is null or refused_at is not null),
  check (half_open_at is null or opened_at is not null),
  check (trial_id is null or half_open_at is not null),
  check ((trial_id is null) = (trial_until is null))
);
insert into pay.provider_account default values;

-- The account was refused. opened | again: it was open already, and what was tried has failed.
create function pay.account_open(p_cause text, p_said text, p_needs numeric) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_was_open boolean;
begin
  select a.opened_at is not null into v_was_open from pay.provider_account a for update;
  update pay.provider_account a
  set opened_at = coalesce(a.opened_at, now()), cause = p_cause, said = left(p_said, 500), refused_at = clock_timestamp(),
      needs_credits = least(p_needs, a.needs_credits), has_credits = null, half_open_at = null, trial_id = null, trial_until = null;
  return case when v_was_open then 'again' else 'opened' end;
end $$;

-- The account answered well and has so many credits: one order that they cover may be tried. After a refusal it is left
-- alone for `p_rest`.
create function pay.account_half_open(p_credits numeric, p_rest interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.provider_account a set needs_credits = null where a.needs_credits <= p_credits;
  update pay.provider_account a set half_open_at = coalesce(a.half_open_at, now()), has_credits = p_credits
  where a.opened_at is not null and a.refused_at <= clock_timestamp() - p_rest and (a.cause = 'auth' or p_credits >= 1);
  return found;
end $$;

-- Whether an order that takes so many credits may go to the provider now: closed (as any) | trial (it alone) | wait. One as
-- dear as an order that was refused for want of credits waits until there are enough, and keeps nobody else from theirs.
create function pay.account_admits(p_id text, p_credits numeric) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_account pay.provider_account;
begin
  select * into v_account from pay.provider_account a where a.is_only;
  if v_account.needs_credits <= p_credits then return 'wait'; end if;
  if v_account.opened_at is null then return 'closed'; end if;
  -- A trial whose answer never came is over after two minutes.
  update pay.provider_account a set trial_id = p_id, trial_until = clock_timestamp() + interval '2 minutes'
  where a.half_open_at is not null and (a.trial_id is null or a.trial_id = p_id or a.trial_until < clock_timestamp())
    and (a.cause = 'auth' or p_credits <= a.has_credits);
  if found then return 'trial'; end if;
  return case when exists (select from pay.provider_account a where a.opened_at is null) then 'closed' else 'wait' end;
end $$;

-- The order that was tried is over without telling anything of the account: the next one may be.
create function pay.account_release(p_id text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.provider_account a set trial_id = null, trial_until = null where a.trial_id = p_id;
$$;

-- As in 0004, and closes the breaker: an order that was sent after the last refusal was taken.
create or replace function pay.gen_accepted(p_user bigint, p_id text, p_attempt int, p_task text, p_look_again interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.generations g set exec_state = 'running', task_id = p_task, next_at = now() + p_look_again
  where g.user_id = p_user and g.id = p_id and g.attempt = p_attempt and g.exec_state = 'submitting' and g.task_id is null;
  if not found then return false; end if;
  update pay.provider_account a
  set opened_at = null, cause = null, said = null, has_credits = null, half_open_at = null, trial_id = null, trial_until = null
  from pay.generations g
  where g.user_id = p_user and g.id = p_id and a.opened_at is not null and g.submitted_at > a.refused_at;
  return true;
end $$;

-- As in 0026, and sells nothing while the breaker is open: P0424. What was started before stays `duplicate`.
create or replace function pay.gen_start(p_user bigint, p_id text, p_key text, p_chat bigint, p_message bigint, p_quote text,
                              p_run_limit interval, p_open_max int, p_free_daily int, p_free_hourly int,
                              p_new_free_daily int default null)
returns table (result text, generation_id text, price_kop bigint, balance_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_quote pay.quotes; v_old pay.generations; v_balance bigint; v_kind text; v_grant text;
begin
  select * into v_old from pay.generations g
  where g.user_id = p_user and (g.request_key = p_key or g.quote_id = p_quote);
  if not found then
    -- Locked, so that it is not tidied away or forgotten between this look and the run that needs it.
    select * into v_quote from pay.quotes q where q.user_id = p_user and q.id = p_quote for key share;
    if not found then raise exception 'unknown_quote' using errcode = 'P0404'; end if;
    if pay.model_is_off(v_quote.model_id) then raise exception 'model_off' using errcode = 'P0423'; end if;
    if v_quote.expires_at <= now() then raise exception 'quote_expired' using errcode = 'P0410'; end if;
    if exists (select from pay.users u where u.user_id = p_user and u.banned_at is not null) then
      raise exception 'banned' using errcode = 'P0405';
    end if;
    if pay.account_admits(p_id, v_quote.credits) = 'wait' then raise exception 'sales_paused' using errcode = 'P0424'; end if;

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
    if p_new_free_daily is not null and pay.is_new(p_user) then
      insert into pay.new_free_days as d (day, used)
      select (now() at time zone 'UTC')::date, 1 where p_new_free_daily > 0
      on conflict (day) do update set used = d.used + 1 where d.used < p_new_free_daily;
      if not found then raise exception 'free_limit' using errcode = 'P0430', detail = 'new'; end if;
    end if;
  end if;

  -- Counted under the wallet's row lock, so the cap holds for racing calls of one user.
  if (select count(*) from pay.generations g where g.user_id = p_user and g.finished_at is null) > p_open_max then
    raise exception 'too_many_open' using errcode = 'P0429';
  end if;
  return query select 'started', p_id, v_quote.price_kop, v_balance;
end $$;

revoke all on function pay.account_open, pay.account_half_open, pay.account_admits, pay.account_release from public;
grant select on pay.provider_account to pay_app;
grant execute on function pay.account_open, pay.account_half_open, pay.account_admits, pay.account_release to pay_app;
