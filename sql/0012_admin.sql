-- What admins do: decided on a confirm screen, done once, written down.

-- A change that waits for its confirmation. One row is one change: pressed twice, or by two admins, it is done once.
create table pay.admin_actions (
  id         text primary key check (id ~ '^[a-z2-7]{12}$'),
  admin_id   bigint not null,                                      -- who asked; who confirmed is in the audit log
  kind       text not null check (kind in ('credit', 'take', 'ban', 'unban', 'refund', 'approve', 'deny', 'message',
               'parked_credit', 'parked_refund', 'parked_close', 'promo_add', 'promo_stop')),
  user_id    bigint,
  subject    text check (length(subject) between 1 and 200),       -- the charge, the order or the code it is about
  amount_kop bigint check (amount_kop between 1 and 100000000),
  args       json not null default '{}',                           -- what only one kind has
  reason     text not null check (length(btrim(reason)) between 5 and 500),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '10 minutes',
  done_at    timestamptz,
  outcome    text,
  check ((done_at is null) = (outcome is null)),
  check ((kind in ('credit', 'take', 'approve', 'parked_credit', 'promo_add')) = (amount_kop is not null)),
  check ((kind in ('credit', 'take', 'ban', 'unban', 'message')) = (subject is null)),
  check (user_id is not null or kind in ('promo_add', 'promo_stop'))
);

create table pay.audit_log (
  id        bigint generated always as identity primary key,
  at        timestamptz not null default clock_timestamp(),
  admin_id  bigint not null,
  kind      text not null,
  user_id   bigint,
  before    json,
  after     json,
  reason    text,
  action_id text unique references pay.admin_actions,
  check (action_id is null or (before is not null and after is not null and reason is not null))
);
create index audit_user on pay.audit_log (user_id, id desc) where user_id is not null;                   -- the card of a user
create trigger audit_rows  before update or delete on pay.audit_log for each row       execute function pay.no_rewrite();
create trigger audit_whole before truncate         on pay.audit_log for each statement execute function pay.no_rewrite();

-- What admins look up, and what they see of a day.
create index users_name      on pay.users (lower(username)) where username is not null;
create index generations_of_task on pay.generations (task_id) where task_id is not null;
create index event_time      on pay.generation_events using brin (created_at);
create index payments_time   on pay.payments using brin (received_at);

-- A payment that nothing can be done about is put aside with a reason.
alter table pay.parked_payments
  drop constraint parked_payments_resolution_check,
  add constraint parked_payments_resolution_check check (resolution in ('credited', 'refunded', 'closed'));

-- A person may be in the middle of a bank transfer.
alter table pay.drafts
  drop constraint drafts_kind_check,
  add constraint drafts_kind_check check (kind in ('order', 'find', 'kept', 'promo', 'question', 'transfer'));

-- What an action can touch, as it stands.
create function pay.admin_view(a pay.admin_actions) returns json
language sql stable set search_path = pg_catalog, pg_temp as $$
  select json_strip_nulls(json_build_object(
    'balance_kop', w.balance_kop, 'debt_kop', w.debt_kop, 'banned_at', u.banned_at,
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
-- this call did it. A large sum is asked for once more: without `p_is_sure` nothing is done. P0404: no such action, or out
-- of date.
create function pay.admin_do(p_action text, p_admin bigint, p_is_sure boolean)
returns table (done boolean, outcome text, balance_kop bigint, debt_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  large constant bigint := 1000000;
  a pay.admin_actions; t pay.top_ups; k pay.parked_payments; v_before json; v_outcome text; v_done boolean := false;
begin
  select * into a from pay.admin_actions x where x.id = p_action for update;
  if not found or (a.done_at is null and a.expires_at <= now()) then
    raise exception 'unknown_action' using errcode = 'P0404';
  end if;
  if a.user_id is not null and a.kind not in ('parked_refund', 'parked_close') then   -- those move no wallet
    perform from pay.wallets w where w.user_id = a.user_id for no key update;
    if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  end if;

  if a.done_at is not null then
    v_outcome := a.outcome;
  elsif a.kind <> 'take' and a.amount_kop * coalesce((a.args ->> 'uses')::bigint, 1) > large and not p_is_sure then
    v_outcome := 'large';
  else
    v_done := true;
    v_before := pay.admin_view(a);
    case a.kind
      when 'credit' then
        perform pay.move(a.user_id, 'adjust', a.amount_kop, 'adjust', null, 'admin:' || a.id);
        perform pay.repay(a.user_id);
        v_outcome := 'credited';
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
        -- Only Stars can be sent back from here; the job that ends it is the one that asks Telegram.
        select r.result into v_outcome from pay.payment_reverse('stars', a.subject, a.user_id, 'admin') r;
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

-- Puts an action away that nobody has confirmed.
create function pay.admin_drop(p_action text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.admin_actions x set done_at = clock_timestamp(), outcome = 'dropped' where x.id = p_action and x.done_at is null;
  return found;
end $$;

revoke all on all functions in schema pay from public;
grant select on all tables in schema pay to pay_app;
grant insert on pay.admin_actions, pay.audit_log to pay_app;
grant execute on function pay.top_up_open, pay.top_up_cancel, pay.top_up_prove, pay.top_up_paid, pay.payment_reverse,
  pay.reversal_end, pay.sync_mark, pay.promo_claim, pay.ref_code, pay.user_open, pay.admin_do, pay.admin_drop to pay_app;
