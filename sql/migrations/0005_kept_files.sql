-- Results that Telegram does not hold for us: too big for it, refused by it, or of a person who cannot be reached. The
-- provider's addresses die after a day, so the bytes are kept here, where every machine finds them.

create table pay.kept_files (
  user_id       bigint not null,
  generation_id text not null,
  n             int not null,
  bytes         bigint not null check (bytes > 0),
  sha256        text not null check (sha256 ~ '^[0-9a-f]{64}$'),  -- parts of two files are never mixed
  is_whole      boolean not null default false,                   -- every chunk is there: it may be read
  expires_at    timestamptz not null default now() + interval '14 days',  -- as long as outbox_revive waits for a person
  -- To make room for a newer file of the same person, before its time has passed. Tidy takes its bytes away.
  is_dropped    boolean not null default false,
  primary key (user_id, generation_id, n),
  foreign key (user_id, generation_id, n) references pay.results
);
create index kept_old on pay.kept_files (expires_at);              -- tidy

create table pay.kept_chunks (
  user_id       bigint not null,
  generation_id text not null,
  n             int not null,
  chunk         int not null check (chunk >= 0),
  content       bytea not null check (length(content) between 1 and 262144),
  primary key (user_id, generation_id, n, chunk),
  foreign key (user_id, generation_id, n) references pay.kept_files
);
-- Media is compressed already.
alter table pay.kept_chunks alter column content set storage external;

-- The bytes of all stored files, so that they need not be summed.
create table pay.kept_total (
  is_only boolean primary key default true check (is_only),
  bytes   bigint not null check (bytes >= 0)
) with (fillfactor = 10);
insert into pay.kept_total (bytes) values (0);
