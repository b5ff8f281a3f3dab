-- What people think of a result: their reaction to its message.
create table pay.opinions (
  user_id       bigint not null references pay.users,
  generation_id text not null,
  n             int not null,
  model_id      text not null,
  is_good       boolean not null,
  at            timestamptz not null default now(),
  primary key (user_id, generation_id, n),
  foreign key (user_id, generation_id, n) references pay.results (user_id, generation_id, n)
);
create index opinions_newest on pay.opinions (at);

-- Which way an invitation came: by the person's link, or by a result that was shared.
alter table pay.referrals add column via text not null default 'link' check (via in ('link', 'share'));
-- How often the person has shared results.
alter table pay.users add column shares int not null default 0;
