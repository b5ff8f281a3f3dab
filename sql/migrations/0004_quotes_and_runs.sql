-- Quotes and generations: what was promised, what is being made, what came of it.

-- The price a user was shown. Written when it is shown, read when it is confirmed, never sent by the client. It can be
-- closed: whatever ends the dialogue around it closes it, and then nothing starts from it. A bonus run has a price of
-- nothing and a cost within the cap of its grant.
create table pay.quotes (
  user_id      bigint not null references pay.wallets,
  id           text not null check (id ~ '^[a-z2-7]{12}$'),
  model_id     text not null,
  category     text not null,
  inputs       json not null,                                    -- the person's answers, for «repeat» and «change»
  params       json not null,                                    -- exactly what will be sent upstream
  price_kop    bigint not null check (price_kop between 0 and 100000000),
  credits      numeric not null check (credits > 0),             -- the provider's price, and the two factors on it
  usd_rub_rate numeric not null check (usd_rub_rate > 0),
  markup       numeric not null check (markup >= 1),
  expires_at   timestamptz not null,
  created_at   timestamptz not null default now(),
  full_kop     bigint check (full_kop > 0),                      -- of a bonus run: what it would cost
  closed_at    timestamptz,                                      -- from then on it cannot be started
  bonus_of     text,                                             -- the quote that this one is the bonus run of: they close together
  message_id   bigint,                                           -- where its buttons stand, to be taken away when it closes
  primary key (user_id, id),
  check (full_kop is null or price_kop = 0),
  -- «NaN» and «Infinity» are greater than zero for a numeric.
  constraint credits_are_a_number check (credits < 'Infinity'),
  constraint rate_is_a_number check (usd_rub_rate < 'Infinity'),
  constraint markup_is_a_number check (markup < 'Infinity')
);
create index quotes_old  on pay.quotes (expires_at, user_id, id);                          -- tidy
create index quotes_open on pay.quotes (user_id, expires_at) where closed_at is null;      -- quotes_close, openQuote

-- Pay for what arrived: the upstream names so many files; where fewer of them can be had, the person pays that share of the
-- price, rounded up, and gets the rest back in the statement that settles. kept + returned = price, exactly.
create table pay.generations (
  user_id      bigint not null references pay.wallets,
  id           text not null check (id ~ '^[a-z2-7]{12}$'),      -- made by the caller, kept before the first call
  request_key  text not null check (length(request_key) between 1 and 200),
  quote_id     text not null,
  chat_id      bigint not null,
  message_id   bigint,                                           -- the progress message, edited in place
  model_id     text not null,
  category     text not null,
  is_free      boolean not null,
  price_kop    bigint not null check (price_kop >= 0 and is_free = (price_kop = 0)),
  exec_state   text not null default 'queued'
               check (exec_state in ('queued', 'submitting', 'running', 'success', 'failed', 'timeout')),
  money_state  text not null check (money_state in ('free', 'debited', 'captured', 'refunded')),
  task_id      text check (length(task_id) between 1 and 200),
  attempt      int not null default 0,                           -- submits begun; fences a submitter that overslept
  submit_token text,                                             -- names the call that began the last submit
  look         int not null default 0,                           -- fences the one chain of looks that follows it
  next_at      timestamptz not null,                             -- when the sweep takes over, if nothing woke it before
  run_limit    interval not null,                                -- how long the upstream may take
  deadline_at  timestamptz not null,                             -- of the queue; from the submit on, of the run
  created_at   timestamptz not null default now(),
  submitted_at timestamptz,
  finished_at  timestamptz,
  -- what the ledger must hold by commit; see the deferred keys below
  debit_kind   text generated always as (case when not is_free then 'debit' end) stored,
  refund_kind  text generated always as (case when money_state = 'refunded' then 'refund' end) stored,
  promised     int check (promised > 0),                         -- files that the upstream named
  kept_kop     bigint,                                           -- of a captured run: what stays with us
  cost_credits numeric check (cost_credits >= 0 and cost_credits < 1000000),   -- null: the upstream did not say
  part_kind    text generated always as (case when kept_kop < price_kop then 'part_refund' end) stored,
  grant_ref    text,                                             -- where the bonus run was taken from
  primary key (user_id, id),
  unique (user_id, request_key),                                 -- one intent, one generation
  unique (user_id, quote_id),                                    -- a quote is used once
  unique (user_id, id, money_state),
  foreign key (user_id, quote_id) references pay.quotes (user_id, id),
  foreign key (user_id, grant_ref) references pay.bonus_grants (user_id, ref),
  check (is_free = (money_state = 'free')),
  check (case exec_state
           when 'success' then money_state in ('captured', 'free')
           when 'failed'  then money_state in ('refunded', 'free')
           when 'timeout' then money_state in ('refunded', 'free')
           else                money_state in ('debited', 'free') end),
  check ((exec_state in ('success', 'failed', 'timeout')) = (finished_at is not null)),
  check (exec_state <> 'running' or task_id is not null),
  check (grant_ref is null or is_free),
  constraint kept_of_captured check ((money_state = 'captured') = (kept_kop is not null)),
  constraint kept_within_price check (kept_kop between 1 and price_kop)
);
create unique index generations_id   on pay.generations (id);                                       -- callbacks name no user
create unique index generations_task on pay.generations (user_id, task_id) where task_id is not null;
create index generations_of_task on pay.generations (task_id)     where task_id is not null;        -- what admins look up
create index generations_due     on pay.generations (next_at)     where finished_at is null;        -- gen_due
create index generations_overdue on pay.generations (deadline_at) where finished_at is null;        -- broken, alarms
create index generations_open    on pay.generations (user_id)     where finished_at is null;        -- cap per user, «at work»
create index generations_history on pay.generations (user_id, created_at desc);                     -- history pages

-- What goes back stands only beside the state that it belongs to …
alter table pay.ledger_entries
  add constraint refund_needs_state
    foreign key (user_id, generation_id, needs_state) references pay.generations (user_id, id, money_state),
  add constraint entry_needs_generation
    foreign key (user_id, generation_id) references pay.generations (user_id, id);
-- … and, checked at commit: 'refunded' only beside its refund row, a run that was kept in part only beside its return, a
-- paid generation only beside its debit.
alter table pay.generations
  add constraint refunded_needs_refund
    foreign key (user_id, id, refund_kind) references pay.ledger_entries (user_id, generation_id, kind)
    deferrable initially deferred,
  add constraint part_needs_refund
    foreign key (user_id, id, part_kind) references pay.ledger_entries (user_id, generation_id, kind)
    deferrable initially deferred,
  add constraint paid_needs_debit
    foreign key (user_id, id, debit_kind) references pay.ledger_entries (user_id, generation_id, kind)
    deferrable initially deferred;

-- The usable outputs of a success, in order. The file id is Telegram's, known once the result was sent.
create table pay.results (
  user_id        bigint not null,
  generation_id  text not null,
  n              int not null check (n > 0),
  kind           text not null check (kind in ('image', 'video', 'audio')),
  mime           text not null,
  extension      text not null,
  bytes          bigint not null check (bytes > 0),
  width_px       int,
  height_px      int,
  seconds        double precision,
  url            text not null,
  file_id        text,
  sent_as        text check (sent_as in ('photo', 'video', 'audio', 'document', 'animation')),
  primary key (user_id, generation_id, n),
  foreign key (user_id, generation_id) references pay.generations (user_id, id)
);

-- The fixed table: columns and types as given; everything stricter is a table constraint beside them.
create table pay.generation_events (
  id              BIGSERIAL PRIMARY KEY,
  created_at      TIMESTAMPTZ DEFAULT now(),
  user_id         BIGINT NOT NULL,
  chat_id         BIGINT,
  model_id        TEXT,
  category        TEXT,
  status          TEXT CHECK (status IN ('started','success','failed','timeout')),
  is_free_applied BOOLEAN DEFAULT FALSE,
  price_rub       NUMERIC(12,2),
  request_id      TEXT,
  task_id         TEXT,
  error_code      TEXT,
  error_message   TEXT,
  duration_ms     INTEGER
);
alter table pay.generation_events
  add constraint event_is_complete check (created_at is not null and status is not null
    and request_id is not null and model_id is not null and category is not null
    and is_free_applied is not null and price_rub is not null),
  add constraint event_price   check (price_rub >= 0 and (not is_free_applied or price_rub = 0)),
  add constraint event_started check ((status = 'started') = (duration_ms is null)),
  add constraint event_time    check (duration_ms >= 0),
  add constraint event_reason  check (status not in ('failed', 'timeout') or error_code is not null),
  add constraint event_message check (length(error_message) <= 500);
create unique index event_started_once on pay.generation_events (user_id, request_id) where status =  'started';
create unique index event_final_once   on pay.generation_events (user_id, request_id) where status <> 'started';
create index event_failures on pay.generation_events (created_at desc, id desc) where status in ('failed', 'timeout');  -- getRecentFailures
create index event_success  on pay.generation_events (created_at desc) where status = 'success';   -- alarms: the day's credits
create index event_user     on pay.generation_events (user_id, status) include (price_rub);                             -- getUserStats
create index event_time     on pay.generation_events using brin (created_at);                                           -- a day of admins
create index event_judged   on pay.generation_events (model_id, created_at desc) include (status, duration_ms)          -- model_stats_refresh
  where status <> 'started' and (error_code is null or error_code not in ('invalid_input', 'moderation', 'cancelled'));
