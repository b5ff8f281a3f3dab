-- What a model makes, for people who choose with the eyes: up to four results of admins.
create table pay.examples (
  model_id      text not null check (length(model_id) between 1 and 200),
  slot          int not null check (slot between 1 and 4),
  -- The run of an admin that made it. Without them: examples that came with the installation.
  user_id       bigint,
  generation_id text,
  n             int,
  words         text not null check (length(words) <= 1000),
  sent_as       text not null check (sent_as in ('photo', 'video', 'audio', 'animation', 'document')),
  file_id       text,                                                           -- Telegram's; of this bot
  -- Our copy, for the day on which Telegram refuses the id. None of a file above 2 MiB.
  content       bytea check (length(content) between 1 and 2097152),
  created_at    timestamptz not null default now(),
  primary key (model_id, slot),
  unique (user_id, generation_id, n),
  foreign key (user_id, generation_id, n) references pay.results,
  check (num_nulls(user_id, generation_id, n) in (0, 3)),
  check (num_nonnulls(file_id, content) > 0)
);
alter table pay.examples alter column content set storage external;             -- media is compressed already
