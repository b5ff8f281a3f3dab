-- Quotes and generations: what was promised, what is being made, what came of it.

-- The price a user was shown. Written when it is shown, read when it is confirmed, never sent by the client.
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
  primary key (user_id, id)
);
create index quotes_old on pay.quotes (expires_at);              -- tidy
create trigger quote_rows before update on pay.quotes for each row execute function pay.no_rewrite();

create table pay.generations (
  user_id     bigint not null references pay.wallets,
  id          text not null check (id ~ '^[a-z2-7]{12}$'),       -- made by the caller, kept before the first call
  request_key text not null check (length(request_key) between 1 and 200),
  quote_id    text not null,
  chat_id     bigint not null,
  message_id  bigint,                                            -- the progress message, edited in place
  model_id    text not null,
  category    text not null,
  is_free     boolean not null,
  price_kop   bigint not null check (price_kop >= 0 and is_free = (price_kop = 0)),
  exec_state  text not null default 'queued'
              check (exec_state in ('queued', 'submitting', 'running', 'success', 'failed', 'timeout')),
  money_state text not null check (money_state in ('free', 'debited', 'captured', 'refunded')),
  task_id     text check (length(task_id) between 1 and 200),
  attempt     int not null default 0,                            -- submits begun; fences a submitter that overslept
  submit_token text,                                             -- names the call that began the last submit
  look        int not null default 0,                            -- fences the one chain of looks that follows it
  next_at     timestamptz not null,                              -- when the sweep takes over, if nothing woke it before
  run_limit   interval not null,                                 -- how long the upstream may take
  deadline_at timestamptz not null,                              -- of the queue; from the submit on, of the run
  created_at  timestamptz not null default now(),
  submitted_at timestamptz,
  finished_at timestamptz,
  -- what the ledger must hold by commit; see the two deferred keys below
  debit_kind  text generated always as (case when not is_free then 'debit' end) stored,
  refund_kind text generated always as (case when money_state = 'refunded' then 'refund' end) stored,
  primary key (user_id, id),
  unique (user_id, request_key),                                 -- one intent, one generation
  unique (user_id, quote_id),                                    -- a quote is used once
  unique (user_id, id, money_state),
  foreign key (user_id, quote_id) references pay.quotes (user_id, id),
  check (is_free = (money_state = 'free')),
  check (case exec_state
           when 'success' then money_state in ('captured', 'free')
           when 'failed'  then money_state in ('refunded', 'free')
           when 'timeout' then money_state in ('refunded', 'free')
           else                money_state in ('debited', 'free') end),
  check ((exec_state in ('success', 'failed', 'timeout')) = (finished_at is not null)),
  check (exec_state <> 'running' or task_id is not null)
);
create unique index generations_id   on pay.generations (id);                                       -- callbacks name no user
create unique index generations_task on pay.generations (user_id, task_id) where task_id is not null;
create index generations_due     on pay.generations (next_at)     where finished_at is null;        -- gen_due
create index generations_overdue on pay.generations (deadline_at) where finished_at is null;        -- broken, alarms
create index generations_open    on pay.generations (user_id)     where finished_at is null;        -- cap per user, «at work»
create index generations_history on pay.generations (user_id, created_at desc);                     -- history pages

-- A refund row can stand only beside money_state = 'refunded' …
alter table pay.ledger_entries add constraint refund_needs_refunded
  foreign key (user_id, generation_id, needs_state) references pay.generations (user_id, id, money_state);
alter table pay.ledger_entries add constraint entry_needs_generation
  foreign key (user_id, generation_id) references pay.generations (user_id, id);
-- … and, checked at commit: 'refunded' only beside its refund row, a paid generation only beside its debit.
alter table pay.generations add constraint refunded_needs_refund
  foreign key (user_id, id, refund_kind) references pay.ledger_entries (user_id, generation_id, kind)
  deferrable initially deferred;
alter table pay.generations add constraint paid_needs_debit
  foreign key (user_id, id, debit_kind) references pay.ledger_entries (user_id, generation_id, kind)
  deferrable initially deferred;

create function pay.generation_guard() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'generations are kept: %', old.id using errcode = 'restrict_violation';
  end if;
  if old.finished_at is not null then
    raise exception 'generation % is finished', old.id using errcode = 'check_violation';
  end if;
  if (new.user_id, new.id, new.request_key, new.quote_id, new.chat_id, new.message_id, new.model_id, new.category,
      new.price_kop, new.is_free, new.created_at, new.run_limit)
     is distinct from
     (old.user_id, old.id, old.request_key, old.quote_id, old.chat_id, old.message_id, old.model_id, old.category,
      old.price_kop, old.is_free, old.created_at, old.run_limit) then
    raise exception 'generation %: immutable column', old.id using errcode = 'check_violation';
  end if;
  if new.deadline_at <> old.deadline_at and not (old.exec_state = 'queued' and new.exec_state = 'submitting') then
    raise exception 'generation %: its deadline moves with the submit only', old.id using errcode = 'check_violation';
  end if;
  if old.task_id is not null and new.task_id is distinct from old.task_id then
    raise exception 'generation %: task_id is write-once', old.id using errcode = 'check_violation';
  end if;
  if new.attempt < old.attempt or new.look < old.look then
    raise exception 'generation %: attempt and look only grow', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger generation_rows before update or delete on pay.generations for each row execute function pay.generation_guard();

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

-- Free runs taken, by user, model and window: the day and the hour (UTC) in which the run was started.
create table pay.free_usage (
  user_id   bigint not null references pay.wallets,
  model_id  text not null,
  window_kind text not null check (window_kind in ('day', 'hour')),
  starts_at timestamptz not null,
  used      int not null check (used >= 0),
  lim       int not null,
  primary key (user_id, model_id, window_kind, starts_at),
  check (used <= lim)
);

-- The start of the hour or the day (UTC) that `p_at` lies in.
create function pay.window_start(p_kind text, p_at timestamptz) returns timestamptz
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select date_trunc(p_kind, p_at at time zone 'UTC') at time zone 'UTC';
$$;

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
create index event_user     on pay.generation_events (user_id, status) include (price_rub);                             -- getUserStats
create index event_model    on pay.generation_events (model_id, created_at desc) where status <> 'started';             -- model card
create trigger event_rows  before update or delete on pay.generation_events for each row       execute function pay.no_rewrite();
create trigger event_whole before truncate         on pay.generation_events for each statement execute function pay.no_rewrite();

-- Writes one event: true, or false where this generation's `started` (or its ending) is already there.
create function pay.event_log(p_user bigint, p_chat bigint, p_model text, p_category text, p_status text, p_free boolean,
                              p_price_kop bigint, p_request text, p_task text, p_code text, p_message text, p_duration_ms int)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into pay.generation_events (user_id, chat_id, model_id, category, status, is_free_applied, price_rub,
                                     request_id, task_id, error_code, error_message, duration_ms)
  values (p_user, p_chat, p_model, p_category, p_status, p_free, p_price_kop / 100.0,
          p_request, p_task, p_code, left(p_message, 500), p_duration_ms)
  on conflict do nothing;
  return found;
end $$;
