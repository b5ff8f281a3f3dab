-- Monthly plans, paid in Stars: Telegram charges the person every 30 days. The order of a plan is a top-up, its id the
-- payload of every renewal; each renewal is a payment with a charge id of its own, and one credit.

alter table pay.top_ups add column plan_id text check (plan_id is null or plan_id ~ '^[a-z0-9]{1,12}$' and provider = 'stars');
alter table pay.payments add column until_at timestamptz;                       -- of a renewal: the end of the month it pays for

-- The terms are kept as they were shown: Telegram renews at that price, whatever the operator sells later.
create table pay.subscriptions (
  user_id    bigint not null,
  id         text not null,                                                     -- the order
  open_more  int not null check (open_more between 0 and 100),                  -- orders at once, beside the usual ones
  free_more  int not null check (free_more between 0 and 1000),                 -- free runs a day of a model, beside the usual ones
  discount   int not null check (discount between 0 and 90),                    -- percent
  -- failed: too few Stars; canceled: by the person; stopping: the bot has yet to tell Telegram; stopped: by the bot, and only
  -- the bot can allow it again
  state      text not null default 'open' check (state in ('open', 'active', 'failed', 'canceled', 'stopping', 'stopped')),
  changed_at timestamptz not null default now(),                                -- of the state, when we heard of it
  primary key (user_id, id),
  foreign key (user_id, id) references pay.top_ups on delete cascade
);
create index subscriptions_stopping on pay.subscriptions (changed_at) where state = 'stopping';          -- the job that tells Telegram
create index subscriptions_on on pay.subscriptions (id) where state = 'active';                          -- the admins' figures
create index payments_until on pay.payments (user_id, until_at) where until_at is not null;              -- what a person has now

-- An invoice for a pack and the order of a plan may have the same amount.
drop index pay.top_ups_open;
create unique index top_ups_open on pay.top_ups (user_id, provider, amount_kop) where state = 'open' and plan_id is null;

-- These forms say nothing of the end of a month.
drop function if exists pay.top_up_paid(text, text, bigint, text, text, bigint);
drop function if exists pay.top_up_paid(text, text, bigint, text, text, bigint, text);
