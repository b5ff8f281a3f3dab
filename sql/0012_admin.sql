-- What admins do: decided on a confirm screen, done once, written down.

-- A change that waits for its confirmation. One row is one change: pressed twice, or by two admins, it is done once.
create table pay.admin_actions (
  id         text primary key check (id ~ '^[a-z2-7]{12}$'),
  admin_id   bigint not null,
  kind       text not null check (kind in ('credit', 'take', 'ban', 'unban', 'refund', 'approve', 'deny', 'promo_stop')),
  user_id    bigint,
  args       json not null default '{}',
  reason     text not null check (length(btrim(reason)) between 5 and 500),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '10 minutes',
  done_at    timestamptz,
  outcome    text,
  check ((done_at is null) = (outcome is null))
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
  action_id text unique references pay.admin_actions
);
create index audit_user on pay.audit_log (user_id, id desc) where user_id is not null;                   -- the card of a user
create trigger audit_rows  before update or delete on pay.audit_log for each row       execute function pay.no_rewrite();
create trigger audit_whole before truncate         on pay.audit_log for each statement execute function pay.no_rewrite();

-- What an admin's change can touch, as it stands.
create function pay.admin_view(p_user bigint) returns json
language sql stable set search_path = pg_catalog, pg_temp as $$
  select json_build_object('balance_kop', w.balance_kop, 'debt_kop', w.debt_kop, 'banned_at', u.banned_at)
  from pay.users u join pay.wallets w using (user_id) where u.user_id = p_user;
$$;

-- Does what a confirmed action says, once: the outcome in a word, the same for whoever presses later. `done` says whether
-- this call did it. P0404: no such action of this admin, or out of date.
create function pay.admin_do(p_action text, p_admin bigint)
returns table (done boolean, kind text, user_id bigint, outcome text, args json)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare a pay.admin_actions; t pay.top_ups; v_before json; v_outcome text; v_kop bigint;
begin
  select * into a from pay.admin_actions x where x.id = p_action and x.admin_id = p_admin for update;
  if not found or (a.done_at is null and a.expires_at <= now()) then
    raise exception 'unknown_action' using errcode = 'P0404';
  end if;
  if a.done_at is not null then
    return query select false, a.kind, a.user_id, a.outcome, a.args;
    return;
  end if;
  v_kop := (a.args ->> 'kop')::bigint;
  if a.user_id is not null then
    perform from pay.wallets w where w.user_id = a.user_id for no key update;
    if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  end if;
  v_before := pay.admin_view(a.user_id);
  case a.kind
    when 'credit' then
      if v_kop is null or v_kop <= 0 then raise exception 'bad amount' using errcode = 'invalid_parameter_value'; end if;
      perform pay.move(a.user_id, 'adjust', v_kop, 'adjust', null, 'admin:' || a.id);
      perform pay.repay(a.user_id);
      v_outcome := 'credited';
    when 'take' then
      if v_kop is null or v_kop <= 0 then raise exception 'bad amount' using errcode = 'invalid_parameter_value'; end if;
      v_outcome := case when pay.move(a.user_id, 'adjust', -v_kop, 'adjust', null, 'admin:' || a.id) is null
                        then 'not_enough' else 'taken' end;
    when 'ban' then
      update pay.users u set banned_at = coalesce(u.banned_at, now()) where u.user_id = a.user_id;
      v_outcome := 'banned';
    when 'unban' then
      update pay.users u set banned_at = null where u.user_id = a.user_id;
      v_outcome := 'unbanned';
    when 'refund' then
      select r.result into v_outcome
      from pay.payment_reverse(a.args ->> 'provider', a.args ->> 'charge', a.user_id, 'admin') r;
    when 'approve' then
      -- The amount may be corrected; what the person asked for stays in the row.
      select * into t from pay.top_ups x where x.id = a.args ->> 'order' and x.user_id = a.user_id for update;
      if t.state is distinct from 'waiting' then v_outcome := 'already_decided';
      elsif v_kop is null or v_kop <= 0 then raise exception 'bad amount' using errcode = 'invalid_parameter_value';
      else
        insert into pay.payments (provider, charge_id, user_id, amount_kop, top_up_id, currency, total)
        values ('manual', t.id, a.user_id, v_kop, t.id, 'RUB', v_kop);
        perform pay.move(a.user_id, 'topup', v_kop, 'cash', null, 'manual:' || t.id);
        perform pay.repay(a.user_id);
        update pay.top_ups x set state = 'paid', decided_at = now() where x.id = t.id;
        v_outcome := 'approved';
      end if;
    when 'deny' then
      update pay.top_ups x set state = 'denied', decided_at = now(), reason = a.reason
      where x.id = a.args ->> 'order' and x.user_id = a.user_id and x.state = 'waiting';
      v_outcome := case when found then 'denied' else 'already_decided' end;
    when 'promo_stop' then
      update pay.promo_codes c set stopped_at = now() where c.code = a.args ->> 'code' and c.stopped_at is null;
      v_outcome := case when found then 'stopped' else 'already_stopped' end;
  end case;
  update pay.admin_actions x set done_at = clock_timestamp(), outcome = v_outcome where x.id = a.id;
  insert into pay.audit_log (admin_id, kind, user_id, before, after, reason, action_id)
  values (p_admin, a.kind, a.user_id, v_before, pay.admin_view(a.user_id), a.reason, a.id);
  return query select true, a.kind, a.user_id, v_outcome, a.args;
end $$;

revoke all on all functions in schema pay from public;
grant select on all tables in schema pay to pay_app;
grant insert on pay.admin_actions, pay.promo_codes, pay.audit_log to pay_app;
grant execute on function pay.top_up_open, pay.top_up_cancel, pay.top_up_prove, pay.top_up_paid, pay.payment_reverse,
  pay.reversal_end, pay.sync_mark, pay.promo_claim, pay.ref_code, pay.user_open, pay.admin_do to pay_app;
