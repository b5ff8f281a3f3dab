-- What admins do: decided on a confirm screen, done once, written down.

-- Writes down what an admin wants; nothing changes before it is confirmed. The same id again changes nothing.
create or replace function pay.admin_ask(p_id text, p_admin bigint, p_kind text, p_user bigint, p_subject text, p_amount bigint, p_args json,
                                         p_reason text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.admin_actions (id, admin_id, kind, user_id, subject, amount_kop, args, reason)
  values (p_id, p_admin, p_kind, p_user, p_subject, p_amount, p_args, p_reason) on conflict do nothing;
$$;
grant execute on function pay.admin_ask to pay_admin;

-- What an action can touch, as it stands.
create or replace function pay.admin_view(a pay.admin_actions) returns json
language sql stable set search_path = pg_catalog, pg_temp as $$
  select json_strip_nulls(json_build_object(
    'balance_kop', w.balance_kop, 'debt_kop', w.debt_kop, 'banned_at', u.banned_at,
    'run', (select g.exec_state || ' / ' || g.money_state from pay.generations g where g.user_id = a.user_id and g.id = a.subject),
    'top_up', (select t.state from pay.top_ups t where t.id = a.subject and t.user_id = a.user_id),
    'reversal', (select r.state from pay.reversals r where r.provider = 'stars' and r.charge_id = a.subject),
    'parked', (select coalesce(max(k.resolution), 'waiting') from pay.parked_payments k
               where k.charge_id = a.subject having count(*) > 0),
    'promo', (select json_build_object('amount_kop', c.amount_kop, 'uses', c.uses, 'used', c.used, 'stopped_at', c.stopped_at)
              from pay.promo_codes c where c.code = a.subject)))
  from (select 1) one
  left join pay.users u on u.user_id = a.user_id
  left join pay.wallets w on w.user_id = a.user_id;
$$;

-- Does what a confirmed action says, once: the outcome in a word, the same for whoever presses later. `done` says whether
-- this call did it. A large sum is asked for once more, and so is a run that is to be given back: without `p_is_sure`
-- nothing is done. No credit for a run that is open. P0404: no such action, or out of date.
create or replace function pay.admin_do(p_action text, p_admin bigint, p_is_sure boolean)
returns table (done boolean, outcome text, balance_kop bigint, debt_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  large constant bigint := 1000000;
  a pay.admin_actions; t pay.top_ups; k pay.parked_payments; g pay.generations; v_before json; v_outcome text; v_done boolean := false; v_provider text; v_cause text;
begin
  select * into a from pay.admin_actions x where x.id = p_action for update;
  if not found or (a.done_at is null and a.expires_at <= now()) then
    raise exception 'unknown_action' using errcode = 'P0404';
  end if;
  if a.kind = 'give_back' then                              -- a run is locked before a wallet, always
    select * into g from pay.generations x where x.user_id = a.user_id and x.id = a.subject for update;
  elsif a.user_id is not null and a.kind not in ('parked_refund', 'parked_close') then   -- those move no wallet
    perform from pay.wallets w where w.user_id = a.user_id for no key update;
    if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  end if;

  if a.done_at is not null then
    v_outcome := a.outcome;
  elsif a.kind <> 'take' and a.amount_kop * coalesce((a.args ->> 'uses')::bigint, 1) > large and not p_is_sure then
    v_outcome := 'large';
  elsif a.kind = 'give_back' and g.finished_at is null and pay.run_trouble(g) is not null and not p_is_sure then
    v_outcome := 'unsure';
  else
    v_done := true;
    v_before := pay.admin_view(a);
    case a.kind
      when 'give_back' then
        v_outcome := pay.give_back(g, a.reason);
      when 'credit' then
        if pay.is_for_open_run(a.user_id, a.reason) then v_outcome := 'run_running';
        else
          perform pay.move(a.user_id, 'adjust', a.amount_kop, 'adjust', null, 'admin:' || a.id);
          perform pay.repay(a.user_id);
          v_outcome := 'credited';
        end if;
      when 'take' then
        v_outcome := case when pay.move(a.user_id, 'adjust', -a.amount_kop, 'adjust', null, 'admin:' || a.id) is null
                          then 'not_enough' else 'taken' end;
      when 'ban' then
        update pay.users u set banned_at = coalesce(u.banned_at, now()) where u.user_id = a.user_id;
        perform pay.plan_stop(a.user_id, null);
        v_outcome := 'banned';
      when 'unban' then
        update pay.users u set banned_at = null where u.user_id = a.user_id;
        v_outcome := 'unbanned';
      when 'message' then
        v_outcome := 'written';
      when 'refund' then
        -- Stars are sent back by the job that asks Telegram. A card gets its money from its provider, outside of here.
        select case when p.provider = 'card' then 'provider' else 'admin' end, p.provider into v_cause, v_provider
        from pay.payments p where p.charge_id = a.subject and p.user_id = a.user_id and p.provider in ('stars', 'card');
        select r.result into v_outcome from pay.payment_reverse(coalesce(v_provider, 'stars'), a.subject, a.user_id,
          coalesce(v_cause, 'admin')) r;
      when 'approve' then
        -- The amount may be corrected; what the person asked for stays in the row.
        select * into t from pay.top_ups x where x.id = a.subject and x.user_id = a.user_id for update;
        if t.state is distinct from 'waiting' then v_outcome := 'already_decided';
        else
          insert into pay.payments (provider, charge_id, user_id, amount_kop, top_up_id, currency, total)
          values ('manual', t.id, a.user_id, a.amount_kop, t.id, 'RUB', a.amount_kop);
          perform pay.move(a.user_id, 'topup', a.amount_kop, 'cash', null, 'manual:' || t.id);
          perform pay.repay(a.user_id);
          update pay.top_ups x set state = 'paid', decided_at = now() where x.id = t.id;
          v_outcome := 'approved';
        end if;
      when 'deny' then
        update pay.top_ups x set state = 'denied', decided_at = now(), reason = a.reason
        where x.id = a.subject and x.user_id = a.user_id and x.state = 'waiting';
        v_outcome := case when found then 'denied' else 'already_decided' end;
      when 'parked_credit' then
        select * into k from pay.parked_payments x
        where x.charge_id = a.subject and x.user_id = a.user_id and x.resolved_at is null
        order by x.received_at limit 1 for update;
        insert into pay.payments (provider, charge_id, user_id, amount_kop, currency, total)
        select k.provider, k.charge_id, k.user_id, a.amount_kop, k.currency, k.total where k.charge_id is not null
        on conflict do nothing;
        if not found then v_outcome := case when k.charge_id is null then 'already_decided' else 'charge_known' end;
        else
          perform pay.move(a.user_id, 'topup', a.amount_kop, 'cash', null, k.provider || ':' || k.charge_id);
          perform pay.repay(a.user_id);
          -- Told once more by Telegram's list, the payment is known and raises no second alarm.
          insert into pay.parked_payments (provider, charge_id, user_id, payload, currency, total, reason)
          values (k.provider, k.charge_id, k.user_id, k.payload, k.currency, k.total, 'charge_reused') on conflict do nothing;
          update pay.parked_payments x set resolved_at = now(), resolution = 'credited'
          where x.provider = k.provider and x.charge_id = k.charge_id and x.resolved_at is null;
          v_outcome := 'parked_credited';
        end if;
      when 'parked_refund', 'parked_close' then
        update pay.parked_payments x
        set resolved_at = now(), resolution = case a.kind when 'parked_close' then 'closed' else 'refunded' end
        where x.charge_id = a.subject and x.user_id = a.user_id and x.resolved_at is null
          and (a.kind = 'parked_close' or x.provider = 'stars');
        v_outcome := case
          when found then case a.kind when 'parked_close' then 'parked_closed' else 'parked_refunded' end
          -- Telegram's own word of the refund may have been first.
          when a.kind = 'parked_refund' and exists (select from pay.parked_payments x
            where x.charge_id = a.subject and x.user_id = a.user_id and x.resolution = 'refunded') then 'parked_refunded'
          else 'already_decided' end;
      when 'promo_add' then
        insert into pay.promo_codes (code, amount_kop, uses, expires_at, created_by)
        values (a.subject, a.amount_kop, (a.args ->> 'uses')::int, (a.args ->> 'until')::timestamptz, p_admin)
        on conflict do nothing;
        v_outcome := case when found then 'promo_added' else 'code_taken' end;
      when 'promo_stop' then
        update pay.promo_codes c set stopped_at = now() where c.code = a.subject and c.stopped_at is null;
        v_outcome := case when found then 'promo_stopped' else 'already_decided' end;
    end case;
    update pay.admin_actions x set done_at = clock_timestamp(), outcome = v_outcome where x.id = a.id;
    insert into pay.audit_log (admin_id, kind, user_id, before, after, reason, action_id)
    values (p_admin, a.kind, a.user_id, v_before, pay.admin_view(a), a.reason, a.id);
  end if;
  return query select v_done, v_outcome, w.balance_kop, w.debt_kop
               from (select 1) one left join pay.wallets w on w.user_id = a.user_id;
end $$;
grant execute on function pay.admin_do to pay_admin;

-- admin_do for a run that is given back, for sure, with the row of its ending.
create or replace function pay.admin_give_back(p_event json, p_action text, p_admin bigint)
returns table (done boolean, outcome text, balance_kop bigint, debt_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('telegen.event', coalesce(p_event::text, ''), true);
  return query select * from pay.admin_do(p_action, p_admin, true);
  perform set_config('telegen.event', '', true);
end $$;
grant execute on function pay.admin_give_back to pay_admin;

-- Puts an action away that nobody has confirmed.
create or replace function pay.admin_drop(p_action text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.admin_actions x set done_at = clock_timestamp(), outcome = 'dropped' where x.id = p_action and x.done_at is null;
  return found;
end $$;
grant execute on function pay.admin_drop to pay_admin;

-- Notes that an admin looked at what is a person's own.
create or replace function pay.audit_look(p_admin bigint, p_kind text, p_user bigint, p_subject text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.audit_log (admin_id, kind, user_id, reason) values (p_admin, p_kind, p_user, p_subject);
$$;
grant execute on function pay.audit_look to pay_admin;
