-- Money in and money back: what a person meant to add, what a provider says was paid, what a provider took back.
--
-- Nothing a user does alone credits: a credit needs a payment row, and a payment row needs the provider's word or an
-- admin's decision. The payload of an invoice names the order; the charge id names the payment and is the key of it.

-- Two new kinds of movement, both against cash: a payment that goes back, and a debt that is paid off.
alter table pay.ledger_entries
  drop constraint entry_kind,
  drop constraint ledger_entries_check1,
  drop constraint ledger_entries_check3,
  add constraint entry_kind check (kind in
    ('topup', 'bonus', 'referral', 'debit', 'refund', 'part_refund', 'adjust', 'reversal', 'repayment')),
  add constraint entry_sign check (kind = 'adjust' or (amount_kop < 0) = (kind in ('debit', 'reversal', 'repayment'))),
  add constraint entry_cause check ((kind in ('debit', 'refund', 'part_refund')) = (external_ref is null));

-- An intended top-up. `total` is what the provider charges, in whole units of `currency`: Stars, or kopecks.
create table pay.top_ups (
  user_id    bigint not null references pay.wallets,
  id         text not null unique check (id ~ '^[a-z2-7]{12}$'),   -- the payload of the invoice names no user
  provider   text not null check (provider in ('stars', 'card', 'manual')),
  amount_kop bigint not null check (amount_kop between 1 and 100000000),
  currency   text not null check (currency = case provider when 'stars' then 'XTR' else 'RUB' end),
  total      bigint not null check (total > 0 and (provider = 'stars' or total = amount_kop)),
  quote_id   text,                                                 -- the order that waits for this money
  state      text not null default 'open' check (state in ('open', 'waiting', 'paid', 'denied', 'cancelled')),
  proof      text check (proof is null or provider = 'manual'),    -- file id of what the person sent
  proof_key  text,                                                 -- the same file has the same key
  reason     text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  decided_at timestamptz,
  primary key (user_id, id),
  check ((state in ('paid', 'denied')) = (decided_at is not null)),
  check (state <> 'waiting' or proof is not null)
);
create unique index top_ups_open    on pay.top_ups (user_id, provider, amount_kop) where state = 'open'; -- no pile of invoices
create unique index top_ups_waiting on pay.top_ups (user_id) where state = 'waiting';                    -- one request at a time
create unique index top_ups_proof   on pay.top_ups (proof_key) where proof_key is not null;              -- a proof is shown once
create index top_ups_requests       on pay.top_ups (created_at) where state = 'waiting';                 -- the admins' list

alter table pay.payments
  add column top_up_id text references pay.top_ups (id),
  add column currency  text,
  add column total     bigint check (total > 0);
create index payments_user on pay.payments (user_id, received_at desc);                                  -- a person's payments

-- Paid, and not as ordered: kept for an admin, neither credited nor lost.
create table pay.parked_payments (
  provider    text not null,
  charge_id   text not null,
  user_id     bigint not null,
  payload     text not null,
  currency    text not null,
  total       bigint not null,
  reason      text not null check (reason in ('unknown_order', 'foreign_order', 'wrong_amount', 'charge_reused')),
  received_at timestamptz not null default now(),
  resolved_at timestamptz,
  resolution  text check (resolution in ('credited', 'refunded')),
  primary key (provider, charge_id, reason),
  check ((resolved_at is null) = (resolution is null))
);
create index parked_open on pay.parked_payments (received_at) where resolved_at is null;                 -- the admins' list, alarms

-- A payment that goes back, once: asked by an admin, or found to have gone back at the provider. What is no longer on the
-- wallet becomes a debt; a later credit pays it off first.
create table pay.reversals (
  provider     text not null,
  charge_id    text not null,
  user_id      bigint not null references pay.wallets,
  amount_kop   bigint not null check (amount_kop > 0),
  debt_kop     bigint not null check (debt_kop between 0 and amount_kop),
  forgiven_kop bigint not null default 0 check (forgiven_kop >= 0),          -- of debts, when the provider refused
  state        text not null check (state in ('asked', 'done', 'refused')),
  cause        text not null check (cause in ('admin', 'provider')),
  created_at   timestamptz not null default now(),
  ended_at     timestamptz,
  primary key (provider, charge_id),
  foreign key (provider, charge_id) references pay.payments,
  check ((state = 'asked') = (ended_at is null)),
  check (forgiven_kop = 0 or state = 'refused')
);
create index reversals_asked on pay.reversals (created_at) where state = 'asked';                        -- the job that asks Telegram
create index reversals_user  on pay.reversals (user_id);

alter table pay.wallets add column debt_kop bigint not null default 0 check (debt_kop >= 0);

-- Opens an order to pay, or gives the one that is open already. One that is out of date, or priced otherwise, is put away.
create function pay.top_up_open(p_user bigint, p_id text, p_provider text, p_amount bigint, p_currency text, p_total bigint,
                                p_quote text, p_lifetime interval)
returns table (id text, amount_kop bigint, currency text, total bigint, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  perform from pay.wallets w where w.user_id = p_user for no key update;
  if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  update pay.top_ups t set state = 'cancelled'
  where t.user_id = p_user and t.provider = p_provider and t.amount_kop = p_amount and t.state = 'open'
    and (t.expires_at <= now() or t.total <> p_total);
  return query
    insert into pay.top_ups as t (user_id, id, provider, amount_kop, currency, total, quote_id, expires_at)
    values (p_user, p_id, p_provider, p_amount, p_currency, p_total, p_quote, now() + p_lifetime)
    on conflict (user_id, provider, amount_kop) where state = 'open'
      do update set quote_id = coalesce(excluded.quote_id, t.quote_id), expires_at = excluded.expires_at
    returning t.id, t.amount_kop, t.currency, t.total, t.expires_at;
end $$;

-- Puts an open order away: true, or false where there is nothing open to put away.
create function pay.top_up_cancel(p_user bigint, p_id text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.top_ups t set state = 'cancelled' where t.user_id = p_user and t.id = p_id and t.state = 'open';
  return found;
end $$;

-- A manual request gets its proof and waits for an admin: waiting | proof_used | one_waits | not_open.
create function pay.top_up_prove(p_user bigint, p_id text, p_proof text, p_key text) returns text
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

-- What a debt can be paid with is paid. Called after every credit, under the wallet's lock.
create function pay.repay(p_user bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare w pay.wallets; v_kop bigint;
begin
  select * into w from pay.wallets x where x.user_id = p_user for no key update;
  v_kop := least(w.balance_kop, w.debt_kop);
  if v_kop <= 0 then return; end if;
  update pay.wallets x set debt_kop = x.debt_kop - v_kop where x.user_id = p_user;
  perform pay.move(p_user, 'repayment', -v_kop, 'cash', null, 'entry:' || (w.seq + 1));
end $$;

-- A payment that the provider confirmed: credited | duplicate | parked. `p_order` is what the invoice carried. Order,
-- payer, provider, currency and total must agree; whatever does not is parked. An order paid twice is two payments.
create function pay.top_up_paid(p_provider text, p_charge text, p_user bigint, p_order text, p_currency text, p_total bigint)
returns table (result text, reason text, amount_kop bigint, balance_kop bigint, debt_kop bigint, quote_id text, is_second boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare t pay.top_ups; p pay.payments; v_reason text; v_balance bigint; v_second boolean := false;
begin
  if p_charge is null or p_charge = '' or p_total is null or p_total <= 0 then
    raise exception 'bad payment % %', p_charge, p_total using errcode = 'invalid_parameter_value';
  end if;
  select * into t from pay.top_ups x where x.id = p_order;
  v_reason := case
    when t.id is null then 'unknown_order'
    when t.user_id <> p_user then 'foreign_order'
    when t.provider <> p_provider or t.currency <> p_currency or t.total <> p_total then 'wrong_amount' end;
  if v_reason is null then
    v_second := t.state = 'paid';
    insert into pay.payments (provider, charge_id, user_id, amount_kop, top_up_id, currency, total)
    values (p_provider, p_charge, p_user, t.amount_kop, t.id, p_currency, p_total) on conflict (provider, charge_id) do nothing;
    if found then
      perform pay.move(p_user, 'topup', t.amount_kop, 'cash', null, p_provider || ':' || p_charge);
      perform pay.repay(p_user);
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

-- Takes a payment's credit back, once: reversed | duplicate | unknown (no such payment of this user here). `asked` is
-- followed by the call to the provider and then by payment_reversed; what the provider did by itself is `done` at once.
create function pay.payment_reverse(p_provider text, p_charge text, p_user bigint, p_cause text)
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
    -- The provider's own word also ends what an admin had asked for.
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
  return query select 'reversed', v_taken, p.amount_kop - v_taken;
end $$;

-- What the provider said to a refund that was asked for: done | refused | already. A refusal gives everything back: first
-- what is still owed is no longer owed, the rest returns to the wallet.
create function pay.reversal_end(p_provider text, p_charge text, p_refused boolean) returns text
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

-- How far the provider's own list of payments has been read.
create table pay.sync_marks (
  name     text primary key,
  position bigint not null check (position >= 0),
  at       timestamptz not null default now()
);

-- Moves a mark on from where it was read; false: another machine was first.
create function pay.sync_mark(p_name text, p_from bigint, p_to bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into pay.sync_marks (name, position) values (p_name, 0) on conflict do nothing;
  update pay.sync_marks m set position = p_to, at = now() where m.name = p_name and m.position = p_from;
  return found;
end $$;
