-- The kind of an entry fixes the account of its other leg, and the books add up both legs by account.

-- A check reads no other row: writing an entry costs what it did. Only a correction has two accounts, by its cause: what a
-- provider refused to give back was never cash that left.
alter table pay.ledger_entries
  drop constraint ledger_entries_contra_check,
  add constraint entry_account check (contra = case kind
    when 'topup' then 'cash'
    when 'reversal' then 'cash'
    when 'repayment' then 'cash'
    when 'bonus' then 'promo'
    when 'referral' then 'promo'
    when 'debit' then 'sales'
    when 'refund' then 'sales'
    when 'part_refund' then 'sales'
    when 'adjust' then case when starts_with(external_ref, 'unreversed:') then 'cash' else 'adjust' end
    else 'none' end);

-- Each account with the sum of its legs: an entry adds its amount to a wallet and takes it from the account of its kind, so
-- all of them together are zero. (`contra_sums` serves the audit of the build before this one.)
create view pay.accounts as
  with sums as materialized (
    select contra, count(*) as entries, sum(amount_kop)::bigint as kop from pay.ledger_entries group by contra)
  select 'wallets' as account, coalesce(sum(entries), 0)::bigint as entries, coalesce(sum(kop), 0)::bigint as kop from sums
  union all
  select contra, entries, -kop from sums;
grant select on pay.accounts to pay_app;

-- As in 0031. The balance of each account, from the rows that stand for it, is the sum of its entries.
create or replace view pay.books as
  with entries as (
    select coalesce(sum(amount_kop), 0)::bigint as total,
      coalesce(sum(amount_kop) filter (where kind = 'topup'), 0)::bigint as topped_up,
      coalesce(-sum(amount_kop) filter (where kind = 'debit'), 0)::bigint as debited,
      coalesce(sum(amount_kop) filter (where kind in ('refund', 'part_refund')), 0)::bigint as refunded,
      coalesce(-sum(amount_kop) filter (where kind = 'reversal'), 0)::bigint as reversed,
      coalesce(-sum(amount_kop) filter (where kind = 'repayment'), 0)::bigint as repaid,
      coalesce(sum(amount_kop) filter (where kind in ('bonus', 'referral') and external_ref <> 'start'), 0)::bigint as given,
      coalesce(sum(amount_kop) filter (where kind in ('bonus', 'referral') and external_ref = 'start'), 0)::bigint as welcome,
      coalesce(sum(amount_kop) filter (where contra = 'sales'), 0)::bigint as sales,
      coalesce(sum(amount_kop) filter (where contra = 'cash'), 0)::bigint as cash,
      coalesce(sum(amount_kop) filter (where contra = 'promo'), 0)::bigint as promo,
      coalesce(sum(amount_kop) filter (where contra = 'adjust'), 0)::bigint as adjusted
    from pay.ledger_entries),
  runs as (
    select coalesce(sum(kept_kop), 0)::bigint as kept,
      coalesce(sum(price_kop) filter (where finished_at is null), 0)::bigint as held from pay.generations),
  -- A payment stands for an order that was paid, or for an admin's decision about one that fitted none.
  payments as (
    select coalesce(sum(p.amount_kop), 0)::bigint as paid,
      coalesce(sum(p.amount_kop) filter (where t.state = 'paid' or a.id is not null), 0)::bigint as caused
    from pay.payments p
    left join pay.top_ups t on t.id = p.top_up_id
    left join (select x.id, x.subject, x.user_id from pay.admin_actions x join pay.audit_log l on l.action_id = x.id
               where x.outcome = 'parked_credited') a on a.subject = p.charge_id and a.user_id = p.user_id),
  codes as (
    select coalesce(sum(c.amount_kop), 0)::bigint as claimed from pay.promo_claims k join pay.promo_codes c using (code)),
  acts as (
    select coalesce(sum(case a.outcome when 'credited' then a.amount_kop when 'taken' then -a.amount_kop end), 0)::bigint as moved
    from pay.admin_actions a join pay.audit_log l on l.action_id = a.id),
  back as (
    select coalesce(sum(amount_kop - debt_kop), 0)::bigint as taken, coalesce(sum(debt_kop - forgiven_kop), 0)::bigint as owed,
      coalesce(sum(amount_kop - forgiven_kop) filter (where state = 'refused'), 0)::bigint as refused
    from pay.reversals),
  wallets as (select coalesce(sum(balance_kop), 0)::bigint as balance, coalesce(sum(debt_kop), 0)::bigint as debt from pay.wallets)
  select question, left_kop, right_kop from entries, runs, payments, codes, acts, back, wallets,
    lateral (values
      ('all accounts together = 0', balance - sales - cash - promo - adjusted, 0),
      ('balances = all entries', balance, total),
      ('account sales = kept + held', -sales, kept + held),
      ('account cash = payments - given back + refused', cash, paid - taken - (owed - debt) + refused),
      ('account promo = welcome + codes claimed', promo, welcome + claimed),
      ('account adjust = admins'' acts in the audit log', adjusted, moved),
      ('debits - refunds = kept + held', debited - refunded, kept + held),
      ('top-ups = payments', topped_up, paid),
      ('payments = orders paid + admins'' decisions', paid, caused),
      ('bonuses after the welcome = codes claimed', given, claimed),
      ('reversed entries = taken by reversals', reversed, taken),
      ('debts = owed - repaid', debt, owed - repaid)
    ) as q(question, left_kop, right_kop);

-- ── A run that is stuck may be given back by hand; one that is running may not. ──

alter table pay.admin_actions
  drop constraint admin_actions_kind_check,
  add constraint admin_actions_kind_check check (kind in ('credit', 'take', 'ban', 'unban', 'refund', 'approve', 'deny', 'message',
    'parked_credit', 'parked_refund', 'parked_close', 'promo_add', 'promo_stop', 'give_back'));

-- Why an open run does not go on by itself: overdue, or unanswered (its submit has had no answer for two minutes). Null: it
-- runs, or is over.
create function pay.run_trouble(g pay.generations) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select case
    when g.finished_at is not null then null
    when g.deadline_at <= now() then 'overdue'
    when g.exec_state = 'submitting' and g.task_id is null and g.submitted_at < now() - interval '2 minutes' then 'unanswered' end;
$$;

-- Whether a reason names a run of the person that is still open: by its id, or by the № that the person sees. Its money is
-- decided by its ending, and would be given twice.
create function pay.is_for_open_run(p_user bigint, p_reason text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (select from pay.generations g where g.user_id = p_user and g.finished_at is null
    and (strpos(lower(p_reason), g.id) > 0 or p_reason ~* ('(№|No)\.?\s*' || right(g.id, 4) || '(?![a-z0-9])')));
$$;

-- How a stuck run ends that is given back: as its deadline would end it. No row of one that goes on, or is over.
create function pay.way_back(g pay.generations) returns table (outcome text, code text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select case trouble when 'overdue' then 'timeout' else 'failed' end,
    case when g.task_id is not null then 'deadline' when g.exec_state = 'queued' then 'not_submitted' else 'submit_unknown' end
  from pay.run_trouble(g) as trouble where trouble is not null;
$$;

-- Gives a stuck run back: given_back | run_running | run_over | no_run. The row is locked.
create function pay.give_back(g pay.generations, p_reason text) returns text
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

-- As in 0012, with the run.
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

-- As in 0018; a run that is stuck is given back, after the second confirmation, and a credit for a run that is open is not.
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
grant execute on function pay.run_trouble, pay.way_back to pay_app;

-- ── Rows of `generation_events` are made by the repository of the service, and written by the statement that moves the money ──

-- The row comes with the statement as a setting of its transaction, since gen_start and gen_finish keep the signatures that
-- the build before this one calls. It must agree with what moved, or all of it is undone: P0422, the column in the detail.
-- Without a row (that build, and what a person at the database ends) it is made of the arguments, as before.
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

-- gen_start with the row of its `started`; null: none is handed over.
create function pay.place(p_event json, p_user bigint, p_id text, p_key text, p_chat bigint, p_message bigint, p_quote text,
                          p_run_limit interval, p_open_max int, p_free_daily int, p_free_hourly int, p_new_free_daily int)
returns table (result text, generation_id text, price_kop bigint, balance_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('telegen.event', coalesce(p_event::text, ''), true);
  return query select * from pay.gen_start(p_user, p_id, p_key, p_chat, p_message, p_quote, p_run_limit, p_open_max,
                                           p_free_daily, p_free_hourly, p_new_free_daily);
  perform set_config('telegen.event', '', true);            -- a duplicate writes no event
end $$;

-- gen_finish with the row of its ending.
create function pay.settle(p_event json, p_user bigint, p_id text, p_outcome text, p_code text, p_message text, p_results json,
                           p_promised int, p_cost numeric)
returns table (result text, state text, outbox_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('telegen.event', coalesce(p_event::text, ''), true);
  return query select * from pay.gen_finish(p_user, p_id, p_outcome, p_code, p_message, p_results, p_promised, p_cost);
  perform set_config('telegen.event', '', true);
end $$;
grant execute on function pay.place, pay.settle to pay_app;

-- admin_do for a run that is given back, for sure, with the row of its ending.
create function pay.admin_give_back(p_event json, p_action text, p_admin bigint)
returns table (done boolean, outcome text, balance_kop bigint, debt_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('telegen.event', coalesce(p_event::text, ''), true);
  return query select * from pay.admin_do(p_action, p_admin, true);
  perform set_config('telegen.event', '', true);
end $$;
grant execute on function pay.admin_give_back to pay_admin;
