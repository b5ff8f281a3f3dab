-- Groups: turned on by their admins, paid for by each member or by the group. Who is an admin of a group only Telegram
-- knows: the service asks it before it calls these.

-- Turns a group on or off. The first time it gets an account. Returns the account; null: nothing to turn off.
create or replace function pay.group_switch(p_chat bigint, p_title text, p_on boolean, p_by bigint, p_daily_kop bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_account bigint;
begin
  update pay.groups g set is_on = p_on, title = p_title, switched_by = p_by, switched_at = now()
  where p_chat in (g.chat_id, g.account_id) returning g.account_id into v_account;
  if found or not p_on then return v_account; end if;
  insert into pay.users (user_id, first_name) values (p_chat, p_title) on conflict do nothing;
  insert into pay.wallets (user_id) values (p_chat) on conflict do nothing;
  insert into pay.groups as g (chat_id, account_id, title, is_on, switched_by, member_daily_kop)
  values (p_chat, p_chat, p_title, true, p_by, p_daily_kop)
  on conflict (chat_id) do update set is_on = true returning g.account_id into v_account;
  return v_account;
end $$;
grant execute on function pay.group_switch to pay_app;

-- Sets who pays in a group, or how much of its money one member may spend a day. Null leaves it as it is.
create or replace function pay.group_set(p_account bigint, p_payer text, p_daily_kop bigint, p_by bigint) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.groups g set payer = coalesce(p_payer, g.payer), member_daily_kop = coalesce(p_daily_kop, g.member_daily_kop), set_by = p_by
  where g.account_id = p_account;
$$;
grant execute on function pay.group_set to pay_app;

-- The group became a supergroup: its row and its orders follow in one statement, its account stays. True: it was known by its
-- old id. Safe to repeat. Where it was turned on anew before this was known, that row gives way and its money comes along.
create or replace function pay.group_move(p_from bigint, p_to bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a pay.groups; b pay.groups; v_kop bigint;
begin
  select * into a from pay.groups g where g.chat_id = p_from for update;
  if not found or p_to >= 0 then return false; end if;
  select * into b from pay.groups g where g.chat_id = p_to for update;
  if found then
    select w.balance_kop into v_kop from pay.wallets w where w.user_id = b.account_id for no key update;
    if v_kop > 0 then
      perform pay.move(b.account_id, 'to_group', -v_kop, 'groups', null, 'moved:' || p_to);
      perform pay.move(a.account_id, 'from_member', v_kop, 'groups', null, 'moved:' || p_to);
    end if;
    update pay.group_orders o set chat_id = p_from where o.chat_id = p_to;
    delete from pay.groups g where g.chat_id = p_to;
  end if;
  update pay.groups g set chat_id = p_to, is_on = a.is_on or coalesce(b.is_on, false) where g.chat_id = p_from;
  return true;
end $$;
grant execute on function pay.group_move to pay_app;

-- Notes that a price was asked for in a group. Safe to repeat.
create or replace function pay.group_order_add(p_payer bigint, p_quote text, p_by bigint, p_chat bigint, p_thread bigint, p_message bigint)
returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.group_orders (payer_id, quote_id, asked_by, chat_id, thread_id, message_id)
  values (p_payer, p_quote, p_by, p_chat, p_thread, p_message) on conflict do nothing;
$$;
grant execute on function pay.group_order_add to pay_app;

-- Notes the message that shows the group that something is being made.
create or replace function pay.group_progress(p_payer bigint, p_quote text, p_message bigint) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.group_orders o set progress_id = p_message where o.payer_id = p_payer and o.quote_id = p_quote;
$$;
grant execute on function pay.group_progress to pay_app;

-- What a member has spent of the group's money today, by Moscow time. What came back is not spent.
create or replace function pay.group_spent(p_account bigint, p_by bigint) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(sum(case when g.money_state = 'refunded' then 0 else coalesce(g.kept_kop, g.price_kop) end), 0)::bigint
  from pay.group_orders o join pay.generations g on g.user_id = o.payer_id and g.quote_id = o.quote_id
  where o.asked_by = p_by and o.payer_id = p_account
    and g.created_at >= date_trunc('day', now() at time zone 'Europe/Moscow') at time zone 'Europe/Moscow';
$$;
grant execute on function pay.group_spent to pay_app;

-- `place` for an order of a group, by who asked for it: the same answers and refusals, and P0425 the group is off or its money
-- is not for this any longer · P0426 the member's limit of the day. The limits are counted under the lock of the payer's wallet.
create or replace function pay.group_place(p_event json, p_by bigint, p_user bigint, p_id text, p_key text, p_chat bigint, p_quote text,
                                           p_run_limit interval, p_open_max int, p_free_daily int, p_free_hourly int,
                                           p_new_free_daily int, p_thread bigint)
returns table (result text, generation_id text, price_kop bigint, balance_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare g pay.groups; r record;
begin
  select x.* into g from pay.group_orders o join pay.groups x on x.chat_id = o.chat_id
  where o.payer_id = p_user and o.quote_id = p_quote and o.asked_by = p_by;
  if not found then raise exception 'unknown_quote' using errcode = 'P0404'; end if;
  if exists (select from pay.users u where u.user_id = p_by and u.banned_at is not null) then
    raise exception 'banned' using errcode = 'P0405';
  end if;
  select * into r from pay.place(p_event, p_user, p_id, p_key, p_chat, null, p_quote, p_run_limit,
    case when p_user < 0 then 5 * p_open_max else p_open_max end, p_free_daily, p_free_hourly, p_new_free_daily, p_thread);
  if r.result = 'started' then
    if not g.is_on or p_user < 0 and (g.payer <> 'group' or g.account_id <> p_user) then
      raise exception 'group_off' using errcode = 'P0425';
    end if;
    if p_user < 0 and pay.group_spent(p_user, p_by) > g.member_daily_kop then
      raise exception 'member_limit' using errcode = 'P0426';
    end if;
    if p_user < 0 and p_open_max < (
      select count(*) from pay.group_orders o join pay.generations x on x.user_id = o.payer_id and x.quote_id = o.quote_id
      where o.asked_by = p_by and o.payer_id = p_user and x.finished_at is null) then
      raise exception 'too_many_open' using errcode = 'P0429';
    end if;
  end if;
  return query select r.result, r.generation_id, r.price_kop, r.balance_kop;
end $$;
grant execute on function pay.group_place to pay_app;

-- Moves money of a member to the account of a group: given | duplicate | unknown | short | in_debt | not_own. Two entries of one
-- cause in one statement. Only what the person has paid in may be given: gifts of many new accounts would end in one group.
create or replace function pay.group_give(p_user bigint, p_account bigint, p_amount bigint, p_ref text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare w pay.wallets; v_own bigint;
begin
  if p_amount is null or p_amount not between 100 and 100000000 or p_user <= 0 or p_account >= 0 then
    raise exception 'bad gift %', p_amount using errcode = 'invalid_parameter_value';
  end if;
  select * into w from pay.wallets x where x.user_id = p_user for no key update;   -- before the group's: nobody locks them crosswise
  if not found or not exists (select from pay.groups g where g.account_id = p_account) then return 'unknown'; end if;
  if exists (select from pay.users u where u.user_id = p_user and u.banned_at is not null) then return 'unknown'; end if;
  if exists (select from pay.ledger_entries l where l.user_id = p_user and l.kind = 'to_group' and l.external_ref = p_ref) then
    return 'duplicate';
  end if;
  if w.debt_kop > 0 then return 'in_debt'; end if;
  select coalesce(sum(l.amount_kop), 0) into v_own from pay.ledger_entries l
  where l.user_id = p_user and l.kind in ('topup', 'reversal', 'to_group');
  if w.balance_kop < p_amount then return 'short'; end if;
  if v_own < p_amount then return 'not_own'; end if;
  if pay.move(p_user, 'to_group', -p_amount, 'groups', null, p_ref) is null
     or pay.move(p_account, 'from_member', p_amount, 'groups', null, p_ref) is null then
    raise exception 'the gift % did not arrive', p_ref;
  end if;
  return 'given';
end $$;
grant execute on function pay.group_give to pay_app;

-- Keeps the words of a person who called the bot as a guest: the last twenty of a day. Safe to repeat.
create or replace function pay.guest_words_keep(p_id text, p_user bigint, p_words text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into pay.guest_words (id, user_id, words) values (p_id, p_user, p_words) on conflict do nothing;
  delete from pay.guest_words g where g.user_id = p_user and g.id not in (
    select x.id from pay.guest_words x where x.user_id = p_user order by x.created_at desc limit 20);
end $$;
grant execute on function pay.guest_words_keep to pay_app;
