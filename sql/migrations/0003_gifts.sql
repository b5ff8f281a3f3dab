-- Free runs, promo codes, invitations, runs with a cap on their price.

-- Free runs taken, by user, model and window: the day and the hour (UTC) in which the run was started. One that fails is
-- given back, as often as the window has runs: `used` and `returned` together are the runs that were begun.
create table pay.free_usage (
  user_id     bigint not null references pay.wallets,
  model_id    text not null,
  window_kind text not null check (window_kind in ('day', 'hour')),
  starts_at   timestamptz not null,
  used        int not null check (used >= 0),
  lim         int not null,
  returned    int not null default 0 check (returned >= 0),
  primary key (user_id, model_id, window_kind, starts_at),
  check (used <= lim)
);
create index free_usage_old on pay.free_usage (starts_at);         -- tidy

-- Free runs that all new accounts together have taken, by the day (UTC).
create table pay.new_free_days (
  day  date primary key,
  used int not null check (used > 0)
);

-- Runs given to a person. Each may cost up to the cap; taken by gen_start, given back by gen_finish to where it was taken,
-- three times as often as there are runs.
create table pay.bonus_grants (
  user_id    bigint not null references pay.wallets,
  ref        text not null check (length(ref) between 1 and 200),  -- the cause; it gives once
  runs       int not null check (runs > 0),
  used       int not null default 0 check (used between 0 and runs),
  cap_kop    bigint not null check (cap_kop > 0),
  created_at timestamptz not null default now(),
  returned   int not null default 0 check (returned >= 0),
  primary key (user_id, ref)
);

create table pay.promo_codes (
  code       text primary key check (code ~ '^[A-Z0-9]{4,32}$'),
  amount_kop bigint not null check (amount_kop between 1 and 100000000),
  uses       int not null check (uses > 0),
  used       int not null default 0 check (used between 0 and uses),
  expires_at timestamptz not null,
  stopped_at timestamptz,
  created_by bigint not null,
  created_at timestamptz not null default now()
);
create table pay.promo_claims (
  code       text not null references pay.promo_codes,
  user_id    bigint not null references pay.wallets,
  ask        text not null,                                        -- the message that brought it, so that it may be asked again
  claimed_at timestamptz not null default now(),
  primary key (code, user_id)                                      -- one per person
);
-- Wrong codes, by the hour.
create table pay.promo_tries (
  user_id   bigint not null references pay.users,
  starts_at timestamptz not null,
  wrong     int not null check (wrong between 1 and 5),
  primary key (user_id, starts_at)
);
create index promo_tries_old on pay.promo_tries (starts_at);       -- tidy

-- Who invited whom, with what was promised then. The inviter gets it with the first run that the friend paid for and got.
create table pay.referrals (
  invitee     bigint primary key references pay.users,             -- invited once in a lifetime
  inviter     bigint not null references pay.wallets,
  runs        int not null check (runs > 0),
  cap_kop     bigint not null check (cap_kop > 0),
  created_at  timestamptz not null default now(),
  rewarded_at timestamptz,
  check (invitee <> inviter)
);
create index referrals_inviter on pay.referrals (inviter);

-- Friends whose first run counted, by the day (UTC).
create table pay.referral_days (
  inviter bigint not null references pay.wallets,
  day     date not null,
  counted int not null check (counted between 1 and 20),
  primary key (inviter, day)
);
create index referral_days_old on pay.referral_days (day);         -- tidy
