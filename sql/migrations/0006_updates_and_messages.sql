-- Updates received, messages to send, dialogues, rate limits.

-- json, not jsonb: jsonb refuses \u0000, so one hostile message would fail, be sent again, and fail for a day.
create table pay.inbox (
  update_id   bigint primary key,
  seq         bigint generated always as identity,               -- order of arrival; update ids arrive out of order
  lane        text not null,                                     -- one user, or one user in one group: handled one at a time
  payload     json not null,
  received_at timestamptz not null default now(),
  attempts    int not null default 0,
  next_at     timestamptz not null default now(),
  done_at     timestamptz,
  dead_reason text,
  -- takes that ended without a word: the process died, or was cut off from the database
  unended     int not null default 0 check (unended >= 0),
  take_token  text,                                              -- names the call that took it last
  check (dead_reason is null or done_at is not null)
);
create index inbox_lane  on pay.inbox (lane, seq) where done_at is null;    -- inbox_take
create index inbox_due   on pay.inbox (next_at)   where done_at is null;    -- the sweep
create index inbox_done  on pay.inbox (done_at)   where done_at is not null; -- tidy
create index inbox_dead  on pay.inbox (update_id) where dead_reason is not null; -- metrics
create index inbox_aside on pay.inbox (done_at)   where dead_reason = 'felled the process';   -- the alarm updates_aside
-- A lane ends in the person's id, also in a group.
create index inbox_user  on pay.inbox (split_part(lane, ':', -1), received_at) where done_at is not null;      -- user_forget_some

-- An update whose handler needs a file of a person waits here while the file is fetched, and its lane is free meanwhile. It
-- goes back into the lane with what was found, and its handler begins anew.
create sequence pay.put_back start 1;
create table pay.intakes (
  update_id   bigint primary key,                                -- as Telegram numbers it
  lane        text not null,
  draft_id    text,                                              -- what the person was in the middle of
  payload     json not null,
  source      json,                                              -- the file that is wanted now; null: its turn, or its handler
  results     json not null default '[]',                        -- what was found so far, by source
  attempts    int not null default 0,                            -- fetches of this source that were begun
  next_at     timestamptz not null default now(),
  put_back_as bigint,                                            -- its row of the inbox, while its handler has the word
  created_at  timestamptz not null default now(),
  done_at     timestamptz
);
create index intakes_lane on pay.intakes (lane, created_at) where done_at is null;                       -- order of a person
create index intakes_due  on pay.intakes (next_at) where done_at is null and source is not null;         -- the sweep
create index intakes_back on pay.intakes (put_back_as) where done_at is null and put_back_as is not null; -- the sweep
create index intakes_old  on pay.intakes (done_at) where done_at is not null;                            -- tidy

create table pay.outbox (
  id          bigint generated always as identity primary key,
  dedupe      text not null unique,
  user_id     bigint not null,
  body        json not null,
  created_at  timestamptz not null default now(),
  attempts    int not null default 0,
  unmarked    int not null default 0,                            -- takes in a row that ended without a mark: crashes, bugs
  sent        int[] not null default '{}',                       -- the outputs that have arrived, by position
  next_at     timestamptz not null default now(),
  done_at     timestamptz,
  message_id  bigint,
  dead_reason text,
  check (dead_reason is null or done_at is not null)
);
create index outbox_due      on pay.outbox (next_at) where done_at is null;                              -- the sweep
create index outbox_dead     on pay.outbox (user_id) where dead_reason is not null;                      -- outbox_revive
create index outbox_given_up on pay.outbox (done_at) where dead_reason is not null;                      -- metrics, /admin
create index outbox_old      on pay.outbox (done_at) where done_at is not null and dedupe not like 'gen:%';   -- tidy

-- What a person is in the middle of: an order being filled in, one question, a code, a bank transfer. One per user; `rev`
-- is the version that every button of its screens carries.
create table pay.drafts (
  user_id    bigint primary key references pay.users,
  id         text not null check (id ~ '^[a-z2-7]{12}$'),
  rev        int not null default 0,
  kind       text not null check (kind in ('order', 'find', 'kept', 'promo', 'question', 'transfer')),
  model_id   text,
  inputs     json not null default '{}',
  step       text,
  message_id bigint,
  updated_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '24 hours'
);

-- Token buckets shared by all machines (GCRA: `tat` is when the last admitted call is paid off). Unlogged: losing it in
-- a crash costs nothing, flushing it on every message would.
create unlogged table pay.rates (
  key text primary key,
  tat timestamptz not null
);
