-- Admin actions, active alarms, where Telegram sends updates, and the progress of tidy.

-- A change that waits for its confirmation. One row is one change: pressed twice, or by two admins, it is done once.
create table pay.admin_actions (
  id         text primary key check (id ~ '^[a-z2-7]{12}$'),
  admin_id   bigint not null,                                      -- who asked; who confirmed is in the audit log
  kind       text not null check (kind in ('credit', 'take', 'ban', 'unban', 'refund', 'approve', 'deny', 'message',
               'parked_credit', 'parked_refund', 'parked_close', 'promo_add', 'promo_stop', 'give_back')),
  user_id    bigint,
  subject    text check (length(subject) between 1 and 200),       -- the charge, the order, the run or the code it is about
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
create index admin_actions_old on pay.admin_actions (expires_at) where done_at is null or outcome = 'dropped'; -- tidy

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

-- Active alarms, one row each. All machines together report an alarm once, again each hour while it lasts, and once
-- when it is over.
create table pay.alarms (
  name     text primary key check (name ~ '^[a-z_]{3,40}$'),
  since    timestamptz,                       -- null: all is well
  told_at  timestamptz check (told_at is null or since is not null),
  seen_at  timestamptz not null               -- when it was last looked for
);

-- Where Telegram sends updates, as any machine found it at the last check: one row. The latest start defines what is
-- wanted. A machine of an older build, with another address or list, does not change it. Addresses hold no secrets.
create table pay.webhook (
  one          boolean primary key default true check (one),
  wanted       text not null,                 -- the address and the kinds of updates, as one text
  state        text not null default 'ok' check (state in ('ok', 'gone', 'differs', 'taken', 'fought')),
  url          text not null,
  pending      int not null default 0,
  failed_at    timestamptz,                   -- of the last delivery that failed
  foreign_url  text,                          -- somebody else's address that stood, or stands, in the place of ours
  set_back_at  timestamptz,                   -- when ours was last set in its place
  seen_at      timestamptz not null default now(),
  unknown_at   timestamptz                    -- since when Telegram does not say
);

-- The progress of a part of tidy in a table in which most rows stay.
create table pay.tidy_marks (
  what    text primary key,
  at      timestamptz not null default '-infinity',
  user_id bigint not null default 0,
  key     text not null default ''
);
insert into pay.tidy_marks (what) values ('quotes'), ('drafts'), ('rates');

-- Who requested deletion and how far it is. It deletes in portions what existed at the request, and nothing newer.
create table pay.forgettings (
  user_id  bigint primary key references pay.users,
  asked_at timestamptz not null,
  step     text not null default 'updates' check (step in ('updates', 'quotes', 'files', 'results', 'events', 'proofs')),
  after    text not null default '',                               -- up to here this step is done
  after_n  int not null default 0
);
