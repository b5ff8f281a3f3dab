-- Money in and money back: what a person meant to add, what a provider says was paid, what a provider took back. The
-- payload of an invoice names the order; the charge id names the payment and is the key of it.

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
create index top_ups_old            on pay.top_ups (expires_at) where state in ('open', 'cancelled');    -- tidy

create table pay.payments (                                      -- a charge id is spent once in the whole world
  provider    text not null,
  charge_id   text not null,
  user_id     bigint not null references pay.wallets,
  amount_kop  bigint not null check (amount_kop > 0),
  received_at timestamptz not null default now(),
  top_up_id   text references pay.top_ups (id),
  currency    text,
  total       bigint check (total > 0),
  primary key (provider, charge_id)
);
create index payments_user   on pay.payments (user_id, received_at desc);                                -- a person's payments
create index payments_top_up on pay.payments (top_up_id) where top_up_id is not null;    -- the foreign key, when a top-up goes
create index payments_time   on pay.payments using brin (received_at);                                   -- what admins see of a day

-- Paid, but not as ordered: kept for an admin, neither credited nor lost. If nothing can be done, it is put aside with
-- a reason.
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
  resolution  text check (resolution in ('credited', 'refunded', 'closed')),
  primary key (provider, charge_id, reason),
  check ((resolved_at is null) = (resolution is null))
);
create index parked_open   on pay.parked_payments (received_at) where resolved_at is null;               -- the admins' list, alarms
create index parked_charge on pay.parked_payments (charge_id);                                           -- the card of a payment

-- The reversal of a payment, once: requested by an admin, or found at the payment provider. An amount no longer in the
-- wallet becomes a debt, which later credits pay off first.
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
  -- A reversal with an unclear answer from Telegram waits alone and delays no other.
  attempts     int not null default 0,
  next_at      timestamptz not null default now(),
  last_error   text,
  primary key (provider, charge_id),
  foreign key (provider, charge_id) references pay.payments,
  check ((state = 'asked') = (ended_at is null)),
  check (forgiven_kop = 0 or state = 'refused')
);
create index reversals_asked on pay.reversals (next_at) where state = 'asked';                           -- the job that asks Telegram
create index reversals_user  on pay.reversals (user_id);

-- How far the provider's own list of payments has been read.
create table pay.sync_marks (
  name     text primary key,
  position bigint not null check (position >= 0),
  at       timestamptz not null default now()
);

-- A movement in the payment provider's list that could not be booked. It is kept, retried and reported as an alarm.
-- Later movements are still read.
create table pay.unbooked (
  provider   text not null,
  position   bigint not null check (position >= 0),               -- in the provider's list
  movement   json not null,
  attempts   int not null default 0,
  next_at    timestamptz not null default now(),
  last_error text not null,
  created_at timestamptz not null default now(),
  booked_at  timestamptz,
  primary key (provider, position)
);
create index unbooked_due on pay.unbooked (next_at) where booked_at is null;                             -- the job, the alarm
