-- Monthly plans: what is ordered, what Telegram says of it, what a person has by it. Lock order: wallet, top-up, subscription.

-- What a person has by the months that are paid; zeros without one. A month that was given back gives nothing.
create or replace function pay.plan_now(p_user bigint) returns table (open_more int, free_more int, discount int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(max(s.open_more), 0), coalesce(max(s.free_more), 0), coalesce(max(s.discount), 0)
  from pay.payments p join pay.subscriptions s on s.user_id = p.user_id and s.id = p.top_up_id
  where p.user_id = p_user and p.until_at > now() and not exists (
    select from pay.reversals r where r.provider = p.provider and r.charge_id = p.charge_id and r.state <> 'refused');
$$;
grant execute on function pay.plan_now to pay_app;

-- Writes down the terms of a plan before its link is made, and returns the id of the order. The same terms again are the
-- same order while it is open. P0404: no such user. P0409: a plan is paid for and goes on.
create or replace function pay.plan_open(p_user bigint, p_id text, p_plan text, p_amount bigint, p_total bigint, p_open_more int,
                                         p_free_more int, p_discount int, p_lifetime interval) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_id text;
begin
  perform from pay.wallets w where w.user_id = p_user for no key update;
  if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  if exists (select from pay.subscriptions s where s.user_id = p_user and s.state in ('active', 'failed') and exists (
      select from pay.payments p where p.user_id = p_user and p.top_up_id = s.id and p.until_at > now())) then
    raise exception 'plan_goes_on' using errcode = 'P0409';
  end if;
  update pay.top_ups t set expires_at = now() + p_lifetime
  from pay.subscriptions s
  where t.user_id = p_user and t.plan_id = p_plan and t.state = 'open' and t.expires_at > now()
    and s.user_id = t.user_id and s.id = t.id
    and (t.amount_kop, t.total, s.open_more, s.free_more, s.discount) = (p_amount, p_total, p_open_more, p_free_more, p_discount)
  returning t.id into v_id;
  if v_id is not null then return v_id; end if;
  insert into pay.top_ups (user_id, id, provider, amount_kop, currency, total, plan_id, expires_at)
  values (p_user, p_id, 'stars', p_amount, 'XTR', p_total, p_plan, now() + p_lifetime);
  insert into pay.subscriptions (user_id, id, open_more, free_more, discount)
  values (p_user, p_id, p_open_more, p_free_more, p_discount);
  return p_id;
end $$;
grant execute on function pay.plan_open to pay_app;

-- A month is paid: the subscription goes on. A cancel that was heard within this month came before its payment and stays;
-- one of an earlier month has been taken back.
create or replace function pay.plan_goes_on(p_user bigint, p_id text, p_charge text) returns void
language sql set search_path = pg_catalog, pg_temp as $$
  update pay.subscriptions s
  set state = case when u.banned_at is null then 'active' else 'stopping' end, changed_at = clock_timestamp()
  from pay.users u
  where u.user_id = p_user and s.user_id = p_user and s.id = p_id and s.state <> 'active' and (
    s.state in ('open', 'failed') or s.state in ('canceled', 'stopped') and s.changed_at < (
      select max(p.until_at) from pay.payments p where p.user_id = p_user and p.top_up_id = p_id and p.charge_id <> p_charge));
$$;

-- What Telegram says of a subscription: changed | same | unknown. What the person should know goes to the outbox with it.
create or replace function pay.plan_changed(p_user bigint, p_id text, p_state text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare s pay.subscriptions; v_total bigint; v_until timestamptz;
begin
  if p_state is null or p_state not in ('active', 'canceled', 'failed') then
    raise exception 'bad state %', p_state using errcode = 'invalid_parameter_value';
  end if;
  select * into s from pay.subscriptions x where x.user_id = p_user and x.id = p_id for update;
  if not found then return 'unknown'; end if;
  select max(p.until_at) into v_until from pay.payments p where p.user_id = p_user and p.top_up_id = p_id;
  -- Telegram says of what the bot has stopped that it is canceled; of a month that is not paid yet nothing is active.
  if s.state = p_state or s.state = 'stopped' and p_state = 'canceled' or s.state = 'stopping' and p_state <> 'canceled'
     or p_state = 'active' and v_until is null then
    return 'same';
  end if;
  update pay.subscriptions x set state = p_state, changed_at = clock_timestamp() where x.user_id = p_user and x.id = p_id;
  select t.total into v_total from pay.top_ups t where t.user_id = p_user and t.id = p_id;
  perform pay.outbox_add('plan:' || p_id || ':' || extract(epoch from clock_timestamp()), p_user,
    json_build_object('kind', 'plan', 'state', p_state, 'stars', v_total, 'until', extract(epoch from v_until)::bigint));
  return 'changed';
end $$;
grant execute on function pay.plan_changed to pay_app;

-- Nobody wants the renewals any longer: of one subscription, or of all that a person has (null). src/jobs/plans.ts tells Telegram.
create or replace function pay.plan_stop(p_user bigint, p_id text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.subscriptions s set state = 'stopping', changed_at = clock_timestamp()
  where s.user_id = p_user and s.state in ('active', 'failed') and (p_id is null or s.id = p_id)
    and exists (select from pay.payments p where p.user_id = p_user and p.top_up_id = s.id);
  return found;
end $$;
grant execute on function pay.plan_stop to pay_app;

-- Telegram renews it no longer, or lets the person resume it: true when that changed the row.
create or replace function pay.plan_stopped(p_user bigint, p_id text, p_is_stopped boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.subscriptions s
  set state = case when p_is_stopped then 'stopped' else 'canceled' end, changed_at = clock_timestamp()
  where s.user_id = p_user and s.id = p_id and s.state = case when p_is_stopped then 'stopping' else 'stopped' end;
  return found;
end $$;
grant execute on function pay.plan_stopped to pay_app;
