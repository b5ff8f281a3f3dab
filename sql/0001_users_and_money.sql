-- Users, wallets, the ledger and payments: who there is and what they have.
--
-- Rules of this and the following files. Money is bigint kopecks. A public operation is ONE function call that may be
-- repeated with the same id. What must never happen is refused by a constraint; the view `broken` repeats it as a query.
-- Lock order everywhere: generation, then wallet, then ledger (insert only).

-- The service works with the rights of pay_app: it reads, and it calls functions. It cannot write a wallet.
-- Roles belong to the whole server, so another database's migration may have made it a moment ago.
do $$ begin
  create role pay_app nologin;
exception when duplicate_object or unique_violation then null;
end $$;
do $$ begin
  execute format('grant pay_app to %I', current_user);
end $$;

create schema pay;
-- Nobody gets a function by being there; the grants are in 0005.
alter default privileges in schema pay revoke execute on functions from public;

create table pay.users (
  user_id         bigint primary key check (user_id > 0),
  first_name      text not null default '',
  username        text,
  client_language text,                                          -- what the person's Telegram says
  language        text check (language in ('ru', 'en')),         -- what the person chose here
  is_reachable    boolean not null default true,                 -- false: blocked the bot or deleted the account
  banned_at       timestamptz,
  created_at      timestamptz not null default now(),
  seen_at         timestamptz not null default now()
);

-- A cache of the ledger that a debit can test and lock. `seq` is the number of ledger entries so far.
create table pay.wallets (
  user_id     bigint primary key references pay.users,
  balance_kop bigint not null default 0 check (balance_kop between 0 and 999999999999),
  seq         bigint not null default 0 check (seq >= 0)
) with (fillfactor = 70);                                        -- room on the page: updates stay HOT

-- One row per movement: the user's leg is amount_kop, the contra leg its negative, so the sum of all legs is zero by
-- construction and the contra side needs no balance row that everybody would queue for.
create table pay.ledger_entries (
  user_id        bigint not null references pay.wallets,
  seq            bigint not null check (seq > 0),
  kind           text not null check (kind in ('topup', 'bonus', 'referral', 'debit', 'refund', 'adjust')),
  amount_kop     bigint not null check (amount_kop <> 0),
  balance_before bigint not null check (balance_before >= 0),
  balance_after  bigint not null check (balance_after >= 0),
  contra         text not null check (contra in ('sales', 'cash', 'promo', 'adjust')),
  generation_id  text,
  external_ref   text check (length(external_ref) between 1 and 200),
  needs_state    text generated always as (case when kind = 'refund' then 'refunded' end) stored,
  created_at     timestamptz not null default now(),
  primary key (user_id, seq),                                    -- two writers from one balance collide here
  unique (user_id, generation_id, kind),                         -- one debit and one refund per generation
  unique (user_id, kind, external_ref),                          -- one credit per outside cause
  check (balance_after = balance_before + amount_kop),
  check ((kind = 'debit') = (amount_kop < 0 and kind <> 'adjust')),
  check ((kind in ('debit', 'refund')) = (generation_id is not null)),
  check ((kind in ('topup', 'bonus', 'referral', 'adjust')) = (external_ref is not null))
);

create table pay.payments (                                      -- a charge id is spent once in the whole world
  provider    text not null,
  charge_id   text not null,
  user_id     bigint not null references pay.wallets,
  amount_kop  bigint not null check (amount_kop > 0),
  received_at timestamptz not null default now(),
  primary key (provider, charge_id)
);

create function pay.no_rewrite() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'append-only: % on %', tg_op, tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger ledger_rows   before update or delete on pay.ledger_entries for each row       execute function pay.no_rewrite();
create trigger ledger_whole  before truncate         on pay.ledger_entries for each statement execute function pay.no_rewrite();
create trigger payment_rows  before update or delete on pay.payments       for each row       execute function pay.no_rewrite();
create trigger payment_whole before truncate         on pay.payments       for each statement execute function pay.no_rewrite();

-- Moves a wallet and writes why: the only place where either is written. Returns the new balance, or null when the
-- wallet would go below zero (nothing is written then). Not callable by the service: see the operations that use it.
create function pay.move(p_user bigint, p_kind text, p_amount bigint, p_contra text, p_generation text, p_ref text)
returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v_balance bigint; v_seq bigint;
begin
  update pay.wallets w
  set balance_kop = w.balance_kop + p_amount, seq = w.seq + 1
  where w.user_id = p_user and w.balance_kop + p_amount >= 0
  returning w.balance_kop, w.seq into v_balance, v_seq;
  if not found then return null; end if;
  insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, generation_id, external_ref)
  values (p_user, v_seq, p_kind, p_amount, v_balance - p_amount, v_balance, p_contra, p_generation, p_ref);
  return v_balance;
end $$;

-- Bonus, referral or adjustment: credited | duplicate. The reference names the cause and is spent once. A top-up is not
-- among them: only a payment makes one. P0404: no such user.
create function pay.credit(p_user bigint, p_kind text, p_ref text, p_amount bigint) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_amount is null or p_amount <= 0 or p_ref is null
     or p_kind is null or p_kind not in ('bonus', 'referral', 'adjust') then
    raise exception 'bad credit % %', p_kind, p_amount using errcode = 'invalid_parameter_value';
  end if;
  perform from pay.wallets w where w.user_id = p_user for no key update;   -- lock first, then look
  if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  if exists (select from pay.ledger_entries l
             where l.user_id = p_user and l.kind = p_kind and l.external_ref = p_ref) then
    return 'duplicate';
  end if;
  perform pay.move(p_user, p_kind, p_amount, case p_kind when 'adjust' then 'adjust' else 'promo' end, null, p_ref);
  return 'credited';
end $$;

-- A payment the provider confirmed: credited | duplicate | mismatch (same charge, other user or amount: an alarm).
create function pay.payment_credit(p_provider text, p_charge text, p_user bigint, p_amount bigint) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_old pay.payments;
begin
  insert into pay.payments (provider, charge_id, user_id, amount_kop)
  values (p_provider, p_charge, p_user, p_amount) on conflict (provider, charge_id) do nothing;
  if not found then
    select * into v_old from pay.payments p where p.provider = p_provider and p.charge_id = p_charge;
    return case when v_old.user_id = p_user and v_old.amount_kop = p_amount then 'duplicate' else 'mismatch' end;
  end if;
  if pay.move(p_user, 'topup', p_amount, 'cash', null, p_provider || ':' || p_charge) is null then
    raise exception 'unknown_user' using errcode = 'P0404';
  end if;
  return 'credited';
end $$;

-- The user as of now, made with a wallet and the welcome bonus when new. Safe to call with every update.
create function pay.user_open(p_user bigint, p_first_name text, p_username text, p_client_language text, p_bonus_kop bigint)
returns table (is_new boolean, language text, client_language text, is_banned boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare v_new boolean;
begin
  insert into pay.users as u (user_id, first_name, username, client_language)
  values (p_user, p_first_name, p_username, p_client_language) on conflict (user_id) do nothing;
  v_new := found;
  if v_new then
    insert into pay.wallets (user_id) values (p_user);
    if p_bonus_kop > 0 then perform pay.credit(p_user, 'bonus', 'start', p_bonus_kop); end if;
  else
    update pay.users u
    set first_name = p_first_name, username = p_username, client_language = p_client_language,
        is_reachable = true, seen_at = now()
    where u.user_id = p_user
      and ((u.first_name, u.username, u.client_language, u.is_reachable)
             is distinct from (p_first_name, p_username, p_client_language, true)
           or u.seen_at < now() - interval '5 minutes');         -- not a row version for every press
  end if;
  return query select v_new, u.language, u.client_language, u.banned_at is not null
               from pay.users u where u.user_id = p_user;
end $$;
