-- Which models are on sale and how they do; and our account at their provider.

-- The rows are the audit: the last one of a model is how it stands, and nothing else is kept, so a state without its reason
-- cannot be. A model without a row is on.
create table pay.model_switches (
  model_id   text not null,
  n          int not null check (n > 0),                         -- two machines that switch at once collide here
  at         timestamptz not null default now(),
  who        text not null check (who = 'auto' or who ~ '^[1-9][0-9]*$'),  -- the service itself, or an admin's id
  before     text not null check (before in ('on', 'trial', 'off')),
  after      text not null check (after in ('on', 'trial', 'off')),
  is_pinned  boolean not null,                                   -- an admin's word: the service leaves it alone
  cause      text not null check (cause in ('failing', 'unsupported', 'loss', 'rested', 'recovered', 'admin')),
  reason     text check (length(reason) <= 500),
  strikes    int not null check (strikes >= 0),                  -- times in a row that it failed: the rests grow with it
  rest_until timestamptz,                                        -- off: when it is tried again; null: when an admin says so
  figures    json not null,                                      -- what the decision stood on
  previous   int generated always as (nullif(n - 1, 0)) stored,
  primary key (model_id, n),
  unique (model_id, n, after),
  foreign key (model_id, previous, before) references pay.model_switches (model_id, n, after),  -- an unbroken chain
  check (n > 1 or before = 'on'),
  check ((who = 'auto') = (cause <> 'admin')),
  check (not (who = 'auto' and is_pinned)),
  check (who = 'auto' or reason is not null and length(btrim(reason)) >= 5),
  check (rest_until is null or after = 'off')
);
create index model_switches_time on pay.model_switches (at);       -- model_switch: how many of late

-- The figures of the models on lists and cards, prepared once a minute for all machines. A refresh reads the last runs
-- of each model and what came since the last one, so it costs the same with a million events as with none.
create table pay.model_days (                                    -- days are UTC
  model_id  text not null,
  day       date not null,
  successes bigint not null check (successes > 0),
  primary key (model_id, day)
);

create table pay.model_stats (
  model_id       text primary key,
  runs_30d       bigint not null,                                -- successes of the last 30 days, today among them
  finished       int not null,                                   -- of the last 100
  succeeded      int not null,
  timed          int not null,                                   -- the last successes, 100 at most, behind these two
  p25_ms         double precision,
  p75_ms         double precision,
  hour_finished  int not null,                                   -- of the last 100, those of the last hour
  hour_succeeded int not null
);

-- One row: up to when successes are counted in model_days, and when the figures were last made.
create table pay.model_stats_clock (
  is_only       boolean primary key default true check (is_only),
  counted_until timestamptz not null,
  refreshed_at  timestamptz not null
);
insert into pay.model_stats_clock (counted_until, refreshed_at)
  values (now() - interval '1 minute', now() - interval '1 minute');

-- Our account at the provider has a breaker, as each model has: with its key refused or its credits gone every order would
-- be taken, refused and given back. It opens with the first such answer, whatever was asked, and for all machines at once.
create table pay.provider_account (
  is_only       boolean primary key default true check (is_only),
  opened_at     timestamptz,                                     -- null: closed
  cause         text check (cause in ('auth', 'no_credit')),
  said          text check (length(said) <= 500),                -- the provider's words, for admins
  refused_at    timestamptz,                                     -- the last refusal
  needs_credits numeric,                                         -- the least that a refused order would have taken; it outlives the opening
  has_credits   numeric,                                         -- the balance, asked for while it is open
  half_open_at  timestamptz,
  trial_id      text,                                            -- the order that is being tried, and for how long it may be
  trial_until   timestamptz,
  check ((opened_at is null) = (cause is null)),
  check (opened_at is null or refused_at is not null),
  check (half_open_at is null or opened_at is not null),
  check (trial_id is null or half_open_at is not null),
  check ((trial_id is null) = (trial_until is null))
);
insert into pay.provider_account default values;
