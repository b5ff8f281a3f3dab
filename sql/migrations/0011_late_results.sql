-- What the upstream finishes after a run has ended without it and its money is back: offered to the person once, and sold
-- by a run of its own (docs/decisions/0005-a-late-result-is-a-new-run.md).

-- Of a run that was born when its result was taken: the run that had ended without it. One run each.
alter table pay.generations
  add column late_of text,
  add constraint late_of_own_run foreign key (user_id, late_of) references pay.generations (user_id, id),
  add constraint late_is_success check (late_of is null or exec_state = 'success' and late_of <> id);
create unique index generations_late on pay.generations (user_id, late_of) where late_of is not null;

-- Such a run has the task of the other.
drop index pay.generations_task;
create unique index generations_task on pay.generations (user_id, task_id) where task_id is not null and late_of is null;

-- Runs whose result may still come. Tidied after a week, when nothing comes any more.
create table pay.late_results (
  user_id       bigint not null,
  generation_id text not null,
  state         text not null default 'awaited' check (state in ('awaited', 'offered', 'taken', 'over')),
  task_id       text check (length(task_id) between 1 and 200),  -- null: nobody has named it yet
  looks         int not null default 0 check (looks between 0 and 3),
  next_at       timestamptz,                                     -- of the next look, or of the end of the offer
  open_at       timestamptz not null,                            -- the upstream had not finished it then
  take_id       text check (take_id ~ '^[a-z2-7]{12}$'),         -- of the run that will be born, known before it is
  price_kop     bigint check (price_kop >= 0),
  promised      int check (promised > 0),
  cost_credits  numeric check (cost_credits >= 0 and cost_credits < 1000000),
  files         json,                                            -- as the rows of pay.results; gone once they are taken or over
  found_at      timestamptz,
  expires_at    timestamptz,
  primary key (user_id, generation_id),
  foreign key (user_id, generation_id) references pay.generations (user_id, id),
  constraint offered_is_whole check (state <> 'offered' or
    (take_id, price_kop, promised, found_at, expires_at, task_id) is not null and files is not null)
);
create unique index late_results_take on pay.late_results (user_id, take_id) where take_id is not null;  -- the way back from a top-up
create index late_results_due on pay.late_results (next_at) where next_at is not null;                   -- late_due
create index late_results_old on pay.late_results (open_at);                                             -- tidy
