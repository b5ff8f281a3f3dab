-- Requests that people keep for later, without their files: the words with their places in brackets, the task, the model
-- and its settings.
create table pay.templates (
  user_id    bigint not null references pay.users,
  id         text not null check (id ~ '^[a-z2-7]{12}$'),
  words      text not null check (length(words) <= 10000),       -- '' where the task needs none
  task       text not null check (length(task) between 1 and 20),
  model_id   text not null check (length(model_id) between 1 and 200),
  settings   json not null default '{}',
  created_at timestamptz not null default now(),
  deleted_at timestamptz,                                        -- for a day from then on it can be had back
  primary key (user_id, id)
);
create index templates_deleted on pay.templates (deleted_at) where deleted_at is not null;   -- tidy

-- The places of a template that is being used are asked for one after another.
alter table pay.drafts drop constraint drafts_kind_check;
alter table pay.drafts add constraint drafts_kind_check
  check (kind in ('order', 'find', 'request', 'template', 'kept', 'promo', 'question', 'transfer'));
