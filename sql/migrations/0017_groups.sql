-- Groups: where the bot answers, who pays there, and what was ordered there.

-- An account of a group is a user with a negative id: the chat id under which the group was first turned on. It stays when
-- the group becomes a supergroup and its chat id changes.
alter table pay.users drop constraint users_user_id_check;
alter table pay.users add constraint user_is_somebody check (user_id <> 0);
-- Groups cost nothing to make: free runs of their own would have no end.
alter table pay.quotes add constraint group_has_no_free_runs check (user_id > 0 or price_kop > 0);

create table pay.groups (
  chat_id          bigint primary key check (chat_id < 0),         -- as Telegram names it now
  account_id       bigint not null unique references pay.wallets check (account_id < 0),
  title            text not null default '',
  is_on            boolean not null,
  switched_by      bigint,                                         -- null: an anonymous admin of the group
  switched_at      timestamptz not null default now(),
  payer            text not null default 'each' check (payer in ('each', 'group')),
  member_daily_kop bigint not null check (member_daily_kop between 100 and 100000000),  -- of one member, from the group's money
  set_by           bigint                                          -- who changed payer or limit last
);

-- A price that was asked for in a group: the quote is the payer's, the result goes to the chat. Where the group pays, the
-- payer is its account, and the limits hold for who asked.
create table pay.group_orders (
  payer_id    bigint not null,
  quote_id    text not null,
  asked_by    bigint not null references pay.users check (asked_by > 0),
  chat_id     bigint not null references pay.groups on update cascade,
  thread_id   bigint,
  message_id  bigint,                                              -- the words of who asked; null: nobody else has seen them
  progress_id bigint,                                              -- the message that goes when the result comes
  primary key (payer_id, quote_id),
  foreign key (payer_id, quote_id) references pay.quotes (user_id, id) on delete cascade,
  check (payer_id = asked_by or payer_id < 0)
);
create index group_orders_chat on pay.group_orders (chat_id);      -- a group that moves
create index group_orders_member on pay.group_orders (asked_by);   -- the limits of a member

-- Words with which somebody called the bot in a chat where it is no member: they wait for that person's private chat.
create table pay.guest_words (
  id         text primary key check (id ~ '^[a-z2-7]{12}$'),
  user_id    bigint not null references pay.users,
  words      text not null check (length(words) between 1 and 4096),
  created_at timestamptz not null default now()
);
create index guest_words_user on pay.guest_words (user_id, created_at);
create index guest_words_old on pay.guest_words (created_at);      -- tidy

-- Money that a member gives to the group: two entries of one cause, whose account is empty at all times.
alter table pay.ledger_entries
  drop constraint entry_kind, drop constraint entry_sign, drop constraint entry_account;
alter table pay.ledger_entries
  add constraint entry_kind check (kind in
    ('topup', 'bonus', 'referral', 'debit', 'refund', 'part_refund', 'adjust', 'reversal', 'repayment', 'to_group', 'from_member')),
  add constraint entry_sign check (kind = 'adjust' or (amount_kop < 0) = (kind in ('debit', 'reversal', 'repayment', 'to_group'))),
  add constraint entry_account check (contra = case kind
    when 'topup' then 'cash'
    when 'reversal' then 'cash'
    when 'repayment' then 'cash'
    when 'bonus' then 'promo'
    when 'referral' then 'promo'
    when 'debit' then 'sales'
    when 'refund' then 'sales'
    when 'part_refund' then 'sales'
    when 'to_group' then 'groups'
    when 'from_member' then 'groups'
    when 'adjust' then case when starts_with(external_ref, 'unreversed:') then 'cash' else 'adjust' end
    else 'none' end);
create index entries_of_gifts on pay.ledger_entries (external_ref) where kind in ('to_group', 'from_member');  -- broken
