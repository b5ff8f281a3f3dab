-- Free runs, promo codes, invitations. Limits bound their cost, whoever uses them.

-- The start of the hour or the day (UTC) that `p_at` lies in.
create or replace function pay.window_start(p_kind text, p_at timestamptz) returns timestamptz
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
  select date_trunc(p_kind, p_at at time zone 'UTC') at time zone 'UTC';
$$;
grant execute on function pay.window_start to pay_app;

-- Whether a person has paid with own money: a payment that was not refunded.
create or replace function pay.has_paid(p_user bigint) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (select from pay.payments p where p.user_id = p_user and not exists (
    select from pay.reversals r where r.provider = p.provider and r.charge_id = p.charge_id and r.state <> 'refused'));
$$;

-- An account of the last seven days without a payment. All of them together have a daily limit of free runs (UTC),
-- since accounts cost nothing.
create or replace function pay.is_new(p_user bigint) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (select from pay.users u where u.user_id = p_user and u.created_at > now() - interval '7 days')
    and not pay.has_paid(p_user);
$$;

-- Free runs that new accounts used today; null if this account is not new.
create or replace function pay.new_free_used(p_user bigint) returns int
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select case when pay.is_new(p_user) then coalesce(
    (select d.used from pay.new_free_days d where d.day = (now() at time zone 'UTC')::date), 0) end;
$$;
grant execute on function pay.new_free_used to pay_app;

-- Claims a code as a person typed it: credited | unknown | used | expired | gone | too_many. If the answer was lost,
-- repeat with the same `p_ask`.
create or replace function pay.promo_claim(p_user bigint, p_code text, p_ask text)
returns table (result text, amount_kop bigint, balance_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare c pay.promo_codes; k pay.promo_claims; v_hour timestamptz := pay.window_start('hour', now()); v_result text;
begin
  if (select t.wrong from pay.promo_tries t where t.user_id = p_user and t.starts_at = v_hour) >= 5 then
    return query select 'too_many', null::bigint, null::bigint;
    return;
  end if;
  select * into c from pay.promo_codes x where x.code = upper(btrim(p_code)) for no key update;
  if not found then
    insert into pay.promo_tries as t (user_id, starts_at, wrong) values (p_user, v_hour, 1)
    on conflict (user_id, starts_at) do update set wrong = t.wrong + 1 where t.wrong < 5;
    return query select case when found then 'unknown' else 'too_many' end, null::bigint, null::bigint;
    return;
  end if;
  -- The code's row is locked: a later caller has waited and sees what is left.
  select * into k from pay.promo_claims x where x.code = c.code and x.user_id = p_user;
  v_result := case
    when k.ask = p_ask then 'credited'
    when k.ask is not null then 'used'
    when c.stopped_at is not null or c.expires_at <= now() then 'expired'
    when c.used >= c.uses then 'gone' end;
  if v_result is null then
    update pay.promo_codes x set used = x.used + 1 where x.code = c.code;
    insert into pay.promo_claims (code, user_id, ask) values (c.code, p_user, p_ask);
    perform pay.credit(p_user, 'bonus', 'promo:' || c.code, c.amount_kop);
    perform pay.repay(p_user);
    v_result := 'credited';
  end if;
  return query select v_result, c.amount_kop, w.balance_kop from pay.wallets w where w.user_id = p_user;
end $$;
grant execute on function pay.promo_claim to pay_app;

-- The inviter's runs, once: with the first run that the friend paid for and got, being one who has put money in. Over 20
-- friends a day the next such run of the friend counts. It takes no lock on the inviter's wallet, so two people's settlements
-- never wait for each other crosswise.
create or replace function pay.referral_reward(p_invitee bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r pay.referrals;
begin
  select * into r from pay.referrals x where x.invitee = p_invitee and x.rewarded_at is null for no key update;
  if not found or not pay.has_paid(p_invitee) then return; end if;
  insert into pay.referral_days as d (inviter, day, counted) values (r.inviter, (now() at time zone 'UTC')::date, 1)
  on conflict (inviter, day) do update set counted = d.counted + 1 where d.counted < 20;
  if not found then return; end if;
  update pay.referrals x set rewarded_at = now() where x.invitee = p_invitee;
  insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (r.inviter, 'referral:' || p_invitee, r.runs, r.cap_kop);
  insert into pay.outbox (dedupe, user_id, body)
  values ('referral:' || p_invitee, r.inviter,
          json_build_object('kind', 'notice', 'text', 'friendRan', 'values', json_build_object('runs', r.runs, 'capKop', r.cap_kop)));
end $$;
