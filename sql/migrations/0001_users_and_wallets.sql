-- Users, wallets and the ledger: who there is and what they have.
--
-- Rules of all files here. Money is bigint kopecks. A public operation is ONE function call that may be repeated with the
-- same id. What must never happen is refused by a constraint; the view `broken` repeats it as a query. The service works
-- with the rights of pay_app: it reads, and it calls functions. It cannot write a wallet.

create schema pay;

-- People and other programs may say `wallets` for `pay.wallets`; the service itself always names the schema.
do $$ begin
  execute format('alter database %I set search_path = public, pay', current_database());
exception when insufficient_privilege then null;
end $$;

create table pay.users (
  user_id         bigint primary key check (user_id > 0),
  first_name      text not null default '',
  username        text,
  client_language text,                                          -- what the person's Telegram says
  language        text check (language in ('ru', 'en')),         -- what the person chose here
  is_reachable    boolean not null default true,                 -- false: blocked the bot or deleted the account
  banned_at       timestamptz,
  created_at      timestamptz not null default now(),
  seen_at         timestamptz not null default now(),
  ref_code        text unique check (ref_code ~ '^[a-z2-7]{12}$')  -- of the person's invitations
);
create index users_name on pay.users (lower(username)) where username is not null;                       -- what admins look up

-- A cache of the ledger that a debit can test and lock. `seq` is the number of ledger entries so far.
create table pay.wallets (
  user_id     bigint primary key references pay.users,
  balance_kop bigint not null default 0 check (balance_kop between 0 and 999999999999),
  seq         bigint not null default 0 check (seq >= 0),
  debt_kop    bigint not null default 0 check (debt_kop >= 0)    -- of payments that were reversed after they were spent
) with (fillfactor = 70);                                        -- room on the page: updates stay HOT

-- One row per movement: the user's leg is amount_kop, the contra leg its negative, so the sum of all legs is zero by
-- construction and the contra side needs no balance row that everybody would queue for.
create table pay.ledger_entries (
  user_id        bigint not null references pay.wallets,
  seq            bigint not null check (seq > 0),
  kind           text not null constraint entry_kind check (kind in
                   ('topup', 'bonus', 'referral', 'debit', 'refund', 'part_refund', 'adjust', 'reversal', 'repayment')),
  amount_kop     bigint not null check (amount_kop <> 0),
  balance_before bigint not null check (balance_before >= 0),
  balance_after  bigint not null check (balance_after >= 0),
  contra         text not null,
  generation_id  text,
  external_ref   text check (length(external_ref) between 1 and 200),
  created_at     timestamptz not null default now(),
  -- the state that what goes back needs; see the key in 0004
  needs_state    text generated always as (case kind when 'refund' then 'refunded' when 'part_refund' then 'captured' end) stored,
  primary key (user_id, seq),                                    -- two writers from one balance collide here
  unique (user_id, generation_id, kind),                         -- one debit and one refund per generation
  unique (user_id, kind, external_ref),                          -- one credit per outside cause
  check (balance_after = balance_before + amount_kop),
  constraint entry_sign check (kind = 'adjust' or (amount_kop < 0) = (kind in ('debit', 'reversal', 'repayment'))),
  constraint entry_of_generation check ((kind in ('debit', 'refund', 'part_refund')) = (generation_id is not null)),
  constraint entry_cause check ((kind in ('debit', 'refund', 'part_refund')) = (external_ref is null)),
  -- The kind of an entry fixes the account of its other leg. A check reads no other row: writing an entry costs what it
  -- did. Only a correction has two accounts, by its cause: what a provider refused to give back was never cash that left.
  constraint entry_account check (contra = case kind
    when 'topup' then 'cash'
    when 'reversal' then 'cash'
    when 'repayment' then 'cash'
    when 'bonus' then 'promo'
    when 'referral' then 'promo'
    when 'debit' then 'sales'
    when 'refund' then 'sales'
    when 'part_refund' then 'sales'
    when 'adjust' then case when starts_with(external_ref, 'unreversed:') then 'cash' else 'adjust' end
    else 'none' end)
);

-- Seals: HMAC-SHA-256 by a key that the processes derive from the bot's token, kept here for the owner's eyes alone. What
-- makes money appear, or a price, carries one: whoever only has the connection cannot say that Telegram was paid, or that
-- a picture costs a kopeck.
create table pay.seal_keys (
  n         bigint generated always as identity primary key,
  -- The key as RFC 2104 uses it: padded to 64 bytes, xor 0x36 and xor 0x5c.
  inner_pad bytea not null check (length(inner_pad) = 64),
  outer_pad bytea not null check (length(outer_pad) = 64),
  since     timestamptz not null default now(),
  unique (inner_pad)
);
