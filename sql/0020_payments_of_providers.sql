-- A transfer is paid by an admin's word (pay.admin_do), never by the news of a payment; and of two payments of
-- one invoice at once, one is the second. Else as in 0010.

create or replace function pay.top_up_paid(p_provider text, p_charge text, p_user bigint, p_order text, p_currency text, p_total bigint)
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
    insert into pay.payments (provider, charge_id, user_id, amount_kop, top_up_id, currency, total)
    values (p_provider, p_charge, p_user, t.amount_kop, t.id, p_currency, p_total) on conflict (provider, charge_id) do nothing;
    if found then
      perform pay.move(p_user, 'topup', t.amount_kop, 'cash', null, p_provider || ':' || p_charge);
      perform pay.repay(p_user);
      -- The wallet is ours by now: of two payments of one invoice that came at once, the later sees the earlier.
      v_second := exists (select from pay.payments x where x.user_id = p_user and x.top_up_id = t.id and x.charge_id <> p_charge);
      update pay.top_ups x set state = 'paid', decided_at = now() where x.id = t.id and x.state <> 'paid';
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
