-- Which models are on sale. The rows are the audit: the last one of a model is how it stands, and nothing else is kept,
-- so a state without its reason cannot be. A model without a row is on.

create table pay.model_switches (
  model_id   text not null,
  n          int not null check (n > 0),                         -- two machines that switch at once collide here
  at         timestamptz not null default now(),
  who        text not null check (who = 'auto' or who ~ '^[1-9][0-9]*$'),  -- the service itself, or an admin's id
  before     text not null check (before in ('on', 'trial', 'off')),
  after      text not null check (after in ('on', 'trial', 'off')),
  is_pinned  boolean not null,                                   -- an admin's word: the service leaves it alone
  cause      text not null check (cause in ('failing', 'unsupported', 'loss', 'rested', 'recovered', 'admin')),
  reason     text check (length(reason) <= 500),
  strikes    int not null check (strikes >= 0),                  -- times in a row that it failed: the rests grow with it
  rest_until timestamptz,                                        -- off: when it is tried again; null: when an admin says so
  figures    json not null,                                      -- what the decision stood on
  previous   int generated always as (nullif(n - 1, 0)) stored,
  primary key (model_id, n),
  unique (model_id, n, after),
  foreign key (model_id, previous, before) references pay.model_switches (model_id, n, after),  -- an unbroken chain
  check (n > 1 or before = 'on'),
  check ((who = 'auto') = (cause <> 'admin')),
  check (not (who = 'auto' and is_pinned)),
  check (who = 'auto' or reason is not null and length(btrim(reason)) >= 5),
  check (rest_until is null or after = 'off')
);
create trigger switch_rows  before update or delete on pay.model_switches for each row       execute function pay.no_rewrite();
create trigger switch_whole before truncate         on pay.model_switches for each statement execute function pay.no_rewrite();

create function pay.model_is_off(p_model text) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select coalesce((select s.after = 'off' from pay.model_switches s where s.model_id = p_model order by s.n desc limit 1), false);
$$;

-- Switches a model and says why, and has the admins of `p_tell` told, all in one: switched | same (it stands so already) |
-- pinned (an admin has decided, and the service may not) | late (another row came first: look again). `p_seen` is the
-- row the decision stands on, 0 for none; an admin decides whatever it is and gives null.
create function pay.model_switch(p_model text, p_seen int, p_who text, p_after text, p_pinned boolean, p_cause text,
                                 p_reason text, p_strikes int, p_rest interval, p_figures json, p_tell json)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_last pay.model_switches; v_n int; v_told int;
begin
  select * into v_last from pay.model_switches s where s.model_id = p_model order by s.n desc limit 1;
  v_n := coalesce(v_last.n, 0) + 1;
  if p_who = 'auto' and v_last.is_pinned then return 'pinned'; end if;
  if p_seen <> v_n - 1 then return 'late'; end if;
  if coalesce(v_last.after, 'on') = p_after and coalesce(v_last.is_pinned, false) = p_pinned then return 'same'; end if;
  insert into pay.model_switches (model_id, n, who, before, after, is_pinned, cause, reason, strikes, rest_until, figures)
  values (p_model, v_n, p_who, coalesce(v_last.after, 'on'), p_after, p_pinned, p_cause, left(p_reason, 500), p_strikes,
          now() + p_rest, p_figures)
  on conflict (model_id, n) do nothing;
  if not found then return 'late'; end if;

  -- When everything fails at once, ten messages in ten minutes say so as well as forty; the tenth says where the rest is.
  select count(*) into v_told from pay.model_switches s
  where s.who = 'auto' and s.after <> 'trial' and s.at > now() - interval '10 minutes';
  insert into pay.outbox (dedupe, user_id, body)
  select 'switch:' || p_model || ':' || v_n || ':' || a.id, a.id::bigint,
         json_build_object('kind', 'switch', 'modelId', p_model, 'n', v_n, 'isLast', v_told = 10)
  from json_array_elements_text(p_tell) as a(id) where v_told <= 10;
  return 'switched';
end $$;

-- As in 0004, and refuses a model that is off: P0423. Asked in the statement that takes the money, from the rows, so no
-- button, quote or memory of an earlier minute gets past it. What was started before stays `duplicate` and runs on.
create or replace function pay.gen_start(p_user bigint, p_id text, p_key text, p_chat bigint, p_message bigint, p_quote text,
                              p_run_limit interval, p_open_max int, p_free_daily int, p_free_hourly int)
returns table (result text, generation_id text, price_kop bigint, balance_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_quote pay.quotes; v_old pay.generations; v_balance bigint; v_kind text;
begin
  select * into v_old from pay.generations g
  where g.user_id = p_user and (g.request_key = p_key or g.quote_id = p_quote);
  if not found then
    select * into v_quote from pay.quotes q where q.user_id = p_user and q.id = p_quote;
    if not found then raise exception 'unknown_quote' using errcode = 'P0404'; end if;
    if pay.model_is_off(v_quote.model_id) then raise exception 'model_off' using errcode = 'P0423'; end if;
    if v_quote.expires_at <= now() then raise exception 'quote_expired' using errcode = 'P0410'; end if;

    insert into pay.generations (user_id, id, request_key, quote_id, chat_id, message_id, model_id, category, price_kop,
                                 is_free, money_state, run_limit, deadline_at, next_at)
    values (p_user, p_id, p_key, p_quote, p_chat, p_message, v_quote.model_id, v_quote.category, v_quote.price_kop,
            v_quote.price_kop = 0, case when v_quote.price_kop = 0 then 'free' else 'debited' end, p_run_limit,
            now() + least(p_run_limit, interval '10 minutes'), now() + interval '15 seconds')
    on conflict do nothing;                             -- a concurrent twin waits here, then reads 'duplicate'
    if not found then
      select * into v_old from pay.generations g
      where g.user_id = p_user and (g.request_key = p_key or g.quote_id = p_quote);
      if not found then raise exception 'generation id % is taken', p_id using errcode = 'unique_violation'; end if;
    end if;
  end if;
  if v_old.id is not null then
    return query select case when v_old.quote_id = p_quote then 'duplicate' else 'key_reused' end,
                        v_old.id, v_old.price_kop, (select w.balance_kop from pay.wallets w where w.user_id = p_user);
    return;
  end if;

  perform pay.event_log(p_user, p_chat, v_quote.model_id, v_quote.category, 'started', v_quote.price_kop = 0,
                        v_quote.price_kop, p_id, null, null, null, null);
  if v_quote.price_kop > 0 then
    v_balance := pay.move(p_user, 'debit', -v_quote.price_kop, 'sales', p_id, null);
    if v_balance is null then raise exception 'insufficient_funds' using errcode = 'P0402'; end if;
  else
    -- NO KEY UPDATE: plain FOR UPDATE would deadlock with the key-share lock of a twin's foreign key.
    select w.balance_kop into v_balance from pay.wallets w where w.user_id = p_user for no key update;
    foreach v_kind in array array['day', 'hour'] loop
      insert into pay.free_usage as f (user_id, model_id, window_kind, starts_at, used, lim)
      select p_user, v_quote.model_id, v_kind, pay.window_start(v_kind, now()), 1, l.lim
      from (select case v_kind when 'day' then p_free_daily else p_free_hourly end as lim) l where l.lim > 0
      on conflict (user_id, model_id, window_kind, starts_at)
        do update set used = f.used + 1, lim = excluded.lim where f.used < excluded.lim;
      if not found then raise exception 'free_limit' using errcode = 'P0430', detail = v_kind; end if;
    end loop;
  end if;

  -- Counted under the wallet's row lock, so the cap holds for racing calls of one user.
  if (select count(*) from pay.generations g where g.user_id = p_user and g.finished_at is null) > p_open_max then
    raise exception 'too_many_open' using errcode = 'P0429';
  end if;
  return query select 'started', p_id, v_quote.price_kop, v_balance;
end $$;

revoke all on function pay.model_is_off, pay.model_switch from public;
grant select on pay.model_switches to pay_app;
grant execute on function pay.model_switch to pay_app;
