-- Payments and refunds. A user alone cannot cause a credit: a credit needs a payment row, and a payment row needs the
-- payment provider's confirmation, under a seal, or an admin's decision.

-- Opens a top-up, or returns the one that is open already. An expired one, or one with another price, is cancelled.
create or replace function pay.top_up_open(p_user bigint, p_id text, p_provider text, p_amount bigint, p_currency text, p_total bigint,
                                           p_quote text, p_lifetime interval)
returns table (id text, amount_kop bigint, currency text, total bigint, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform from pay.wallets w where w.user_id = p_user for no key update;
  if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  update pay.top_ups t set state = 'cancelled'
  where t.user_id = p_user and t.provider = p_provider and t.amount_kop = p_amount and t.state = 'open' and t.plan_id is null
    and (t.expires_at <= now() or t.total <> p_total);
  return query
    insert into pay.top_ups as t (user_id, id, provider, amount_kop, currency, total, quote_id, expires_at)
    values (p_user, p_id, p_provider, p_amount, p_currency, p_total, p_quote, now() + p_lifetime)
    on conflict (user_id, provider, amount_kop) where state = 'open' and plan_id is null
      do update set quote_id = coalesce(excluded.quote_id, t.quote_id), expires_at = excluded.expires_at
    returning t.id, t.amount_kop, t.currency, t.total, t.expires_at;
end $$;
grant execute on function pay.top_up_open to pay_app;

-- Notes which message shows an invoice. Returns the messages of the person's other unpaid invoices, and the earlier one of
-- this: they give way to it and are not noted any longer.
create or replace function pay.invoice_sent(p_user bigint, p_id text, p_message bigint, p_thread bigint default null)
returns table (message_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform from pay.wallets w where w.user_id = p_user for no key update;
  return query
    select t.message_id from pay.top_ups t
    where t.user_id = p_user and t.message_id is not null and t.message_id <> p_message and t.state in ('open', 'cancelled');
  update pay.top_ups t set message_id = null
  where t.user_id = p_user and t.message_id is not null and t.state in ('open', 'cancelled') and t.id <> p_id;
  update pay.top_ups t set message_id = p_message, thread_id = p_thread where t.user_id = p_user and t.id = p_id;
end $$;
grant execute on function pay.invoice_sent to pay_app;

-- Returns the messages of unpaid invoices that are cancelled or have expired, each once: of one person, or of all (null).
create or replace function pay.invoices_ended(p_user bigint, p_limit int) returns table (user_id bigint, message_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  return query
    with ended as (
      select t.id, t.user_id, t.message_id from pay.top_ups t
      where t.message_id is not null and t.state in ('open', 'cancelled') and t.user_id = p_user
        and (t.state = 'cancelled' or t.expires_at <= now())
      for update skip locked),
    outdated as (
      select t.id, t.user_id, t.message_id from pay.top_ups t
      where t.message_id is not null and t.state in ('open', 'cancelled') and p_user is null and t.expires_at <= now()
      order by t.expires_at limit p_limit for update skip locked),
    found as (select * from ended union all select * from outdated),
    gone as (update pay.top_ups t set message_id = null from found f where t.id = f.id returning t.id)
    select f.user_id, f.message_id from found f join gone g using (id);
end $$;
grant execute on function pay.invoices_ended to pay_app;

-- Attaches the proof to a manual request, which then waits for an admin: waiting | proof_used | one_waits | not_open.
create or replace function pay.top_up_prove(p_user bigint, p_id text, p_proof text, p_key text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from pay.wallets w where w.user_id = p_user for no key update;
  if exists (select from pay.top_ups t where t.proof_key = p_key and t.id <> p_id) then return 'proof_used'; end if;
  if exists (select from pay.top_ups t where t.user_id = p_user and t.state = 'waiting' and t.id <> p_id) then
    return 'one_waits';
  end if;
  update pay.top_ups t set state = 'waiting', proof = p_proof, proof_key = p_key
  where t.user_id = p_user and t.id = p_id and t.provider = 'manual'
    and (t.state = 'open' or t.state = 'waiting' and t.proof_key = p_key);
  return case when found then 'waiting' else 'not_open' end;
end $$;
grant execute on function pay.top_up_prove to pay_app;

-- Stores a payment that the payment provider confirmed: credited | duplicate | parked. `p_order` is the payload of the
-- invoice. Order, payer, provider, currency and total must agree, otherwise the payment is parked. An order paid twice
-- has two payments, the later one marked as second. A transfer is confirmed only by an admin (admin_do), never by a
-- payment update.
-- Each payment of a plan's order is a month of it. `p_until`: the end of that month in unix seconds; null: 30 days from now.
create or replace function pay.payment_take(p_provider text, p_charge text, p_user bigint, p_order text, p_currency text, p_total bigint,
                                            p_until bigint)
returns table (result text, reason text, amount_kop bigint, balance_kop bigint, debt_kop bigint, quote_id text, is_second boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare t pay.top_ups; p pay.payments; v_reason text; v_second boolean := false;
begin
  if p_provider = 'manual' or p_charge is null or p_charge = '' or p_total is null or p_total <= 0 then
    raise exception 'bad payment % % %', p_provider, p_charge, p_total using errcode = 'invalid_parameter_value';
  end if;
  select * into t from pay.top_ups x where x.id = p_order;
  v_reason := case
    when t.id is null then 'unknown_order'
    when t.user_id <> p_user then 'foreign_order'
    when t.provider <> p_provider or t.currency <> p_currency or t.total <> p_total then 'wrong_amount' end;
  if v_reason is null then
    insert into pay.payments (provider, charge_id, user_id, amount_kop, top_up_id, currency, total, until_at)
    values (p_provider, p_charge, p_user, t.amount_kop, t.id, p_currency, p_total,
      case when t.plan_id is not null then coalesce(to_timestamp(p_until), now() + interval '30 days') end)
    on conflict (provider, charge_id) do nothing;
    if found then
      perform pay.move(p_user, 'topup', t.amount_kop, 'cash', null, p_provider || ':' || p_charge);
      perform pay.repay(p_user);
      -- The wallet is locked: of two simultaneous payments of one invoice, the later sees the earlier.
      v_second := t.plan_id is null and exists (select from pay.payments x where x.user_id = p_user and x.top_up_id = t.id and x.charge_id <> p_charge);
      update pay.top_ups x set state = 'paid', decided_at = now() where x.id = t.id and x.state <> 'paid';
      if t.plan_id is not null then perform pay.plan_goes_on(p_user, t.id, p_charge); end if;
      return query select 'credited', null::text, t.amount_kop, w.balance_kop, w.debt_kop, t.quote_id, v_second
                   from pay.wallets w where w.user_id = p_user;
      return;
    end if;
  end if;
  -- Not credited by this call: the charge is known, or something does not agree.
  select * into p from pay.payments x where x.provider = p_provider and x.charge_id = p_charge;
  if p.charge_id is not null then
    if p.user_id = p_user and p.top_up_id is not distinct from p_order and p.total = p_total then
      return query select 'duplicate', null::text, p.amount_kop, w.balance_kop, w.debt_kop, t.quote_id, false
                   from pay.wallets w where w.user_id = p_user;
      return;
    end if;
    v_reason := 'charge_reused';
  end if;
  insert into pay.parked_payments (provider, charge_id, user_id, payload, currency, total, reason)
  values (p_provider, p_charge, p_user, left(p_order, 200), p_currency, p_total, v_reason) on conflict do nothing;
  return query select 'parked', v_reason, null::bigint, w.balance_kop, w.debt_kop, null::text, false
               from (select 1) one left join pay.wallets w on w.user_id = p_user;
end $$;

create or replace function pay.top_up_paid(p_provider text, p_charge text, p_user bigint, p_order text, p_currency text, p_total bigint,
                                           p_seal text, p_until bigint default null)
returns table (result text, reason text, amount_kop bigint, balance_kop bigint, debt_kop bigint, quote_id text, is_second boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pay.check_seal(p_seal, 'paid', p_provider, p_charge, p_user::text, p_order, p_currency, p_total::text);
  return query select * from pay.payment_take(p_provider, p_charge, p_user, p_order, p_currency, p_total, p_until);
end $$;
grant execute on function pay.top_up_paid to pay_app;

-- Reverses a payment's credit, once: reversed | duplicate | unknown (no such payment of this user). After `asked`, call
-- the payment provider and then payment_reversed. If the payment provider acted by itself, it is `done` at once.
create or replace function pay.payment_reverse(p_provider text, p_charge text, p_user bigint, p_cause text)
returns table (result text, taken_kop bigint, debt_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare p pay.payments; w pay.wallets; v_taken bigint; v_done boolean := p_cause = 'provider';
begin
  select * into p from pay.payments x where x.provider = p_provider and x.charge_id = p_charge and x.user_id = p_user;
  if not found then
    update pay.parked_payments k set resolved_at = now(), resolution = 'refunded'
    where k.provider = p_provider and k.charge_id = p_charge and k.resolved_at is null and v_done;
    return query select case when found then 'duplicate' else 'unknown' end, 0::bigint, 0::bigint;
    return;
  end if;
  select * into w from pay.wallets x where x.user_id = p_user for no key update;
  v_taken := least(w.balance_kop, p.amount_kop);
  insert into pay.reversals (provider, charge_id, user_id, amount_kop, debt_kop, state, cause, ended_at)
  values (p_provider, p_charge, p_user, p.amount_kop, p.amount_kop - v_taken, case when v_done then 'done' else 'asked' end,
          p_cause, case when v_done then now() end)
  on conflict do nothing;
  if not found then
    -- A reversal by the payment provider also completes an admin's request.
    if v_done then
      update pay.reversals r set state = 'done', ended_at = now()
      where r.provider = p_provider and r.charge_id = p_charge and r.state = 'asked';
    end if;
    return query select 'duplicate', r.amount_kop - r.debt_kop, r.debt_kop from pay.reversals r
                 where r.provider = p_provider and r.charge_id = p_charge;
    return;
  end if;
  update pay.wallets x set debt_kop = x.debt_kop + p.amount_kop - v_taken where x.user_id = p_user;
  if v_taken > 0 then perform pay.move(p_user, 'reversal', -v_taken, 'cash', null, p_provider || ':' || p_charge); end if;
  -- Whose last month is given back wants no other.
  if p.until_at is not null and not exists (
      select from pay.payments x where x.user_id = p_user and x.top_up_id = p.top_up_id and x.until_at > p.until_at) then
    perform pay.plan_stop(p_user, p.top_up_id);
  end if;
  return query select 'reversed', v_taken, p.amount_kop - v_taken;
end $$;

create or replace function pay.payment_reverse(p_provider text, p_charge text, p_user bigint, p_cause text, p_seal text)
returns table (result text, taken_kop bigint, debt_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pay.check_seal(p_seal, 'reversed', p_provider, p_charge, p_user::text, p_cause);
  return query select * from pay.payment_reverse(p_provider, p_charge, p_user, p_cause);
end $$;
grant execute on function pay.payment_reverse(text, text, bigint, text, text) to pay_app;

-- Stores the payment provider's answer to a requested refund: done | refused | already. A refusal restores the credit:
-- first the open debt is cancelled, the rest returns to the wallet.
create or replace function pay.reversal_end(p_provider text, p_charge text, p_refused boolean) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare r pay.reversals; w pay.wallets; v_forgiven bigint := 0;
begin
  select * into w from pay.wallets x where x.user_id = (
    select y.user_id from pay.reversals y where y.provider = p_provider and y.charge_id = p_charge) for no key update;
  if not found then raise exception 'unknown_reversal' using errcode = 'P0404'; end if;
  select * into r from pay.reversals x where x.provider = p_provider and x.charge_id = p_charge;
  if r.state <> 'asked' then return 'already'; end if;
  if p_refused then
    v_forgiven := least(w.debt_kop, r.amount_kop);
    update pay.wallets x set debt_kop = x.debt_kop - v_forgiven where x.user_id = r.user_id;
    if r.amount_kop > v_forgiven then
      perform pay.move(r.user_id, 'adjust', r.amount_kop - v_forgiven, 'cash', null, 'unreversed:' || p_provider || ':' || p_charge);
    end if;
  end if;
  update pay.reversals x
  set state = case when p_refused then 'refused' else 'done' end, forgiven_kop = v_forgiven, ended_at = clock_timestamp()
  where x.provider = p_provider and x.charge_id = p_charge;
  return case when p_refused then 'refused' else 'done' end;
end $$;

create or replace function pay.reversal_end(p_provider text, p_charge text, p_refused boolean, p_seal text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform pay.check_seal(p_seal, 'reversal', p_provider, p_charge, p_refused::text);
  return pay.reversal_end(p_provider, p_charge, p_refused);
end $$;
grant execute on function pay.reversal_end(text, text, boolean, text) to pay_app;

-- An attempt without a result: try again after one minute, growing to six hours. False: it has ended meanwhile.
create or replace function pay.reversal_wait(p_provider text, p_charge text, p_error text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.reversals r
  set attempts = r.attempts + 1, last_error = left(p_error, 500),
      next_at = now() + least(interval '1 minute' * 2 ^ least(r.attempts, 10), interval '6 hours')
  where r.provider = p_provider and r.charge_id = p_charge and r.state = 'asked';
  return found;
end $$;
grant execute on function pay.reversal_wait to pay_app;

-- Moves a mark forward from where it was read. False: another machine was first.
create or replace function pay.sync_mark(p_name text, p_from bigint, p_to bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into pay.sync_marks (name, position) values (p_name, 0) on conflict do nothing;
  update pay.sync_marks m set position = p_to, at = now() where m.name = p_name and m.position = p_from;
  return found;
end $$;
grant execute on function pay.sync_mark to pay_app;

-- Keeps a movement that could not be booked. It is tried again after one minute, growing to six hours.
create or replace function pay.unbooked_put(p_provider text, p_position bigint, p_movement json, p_error text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.unbooked as u (provider, position, movement, last_error) values (p_provider, p_position, p_movement, left(p_error, 500))
  on conflict (provider, position) do update
  set attempts = u.attempts + 1, last_error = excluded.last_error,
      next_at = now() + least(interval '1 minute' * 2 ^ least(u.attempts, 10), interval '6 hours')
  where u.booked_at is null;
$$;
grant execute on function pay.unbooked_put to pay_app;

-- Marks the movement as booked.
create or replace function pay.unbooked_done(p_provider text, p_position bigint) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.unbooked u set booked_at = now() where u.provider = p_provider and u.position = p_position and u.booked_at is null;
$$;
grant execute on function pay.unbooked_done to pay_app;
