-- What is given costs its giver within bounds, whoever takes it; each refund stands for itself.

-- ── Refunds: one that Telegram answers oddly waits by itself and holds up no other. ──
alter table pay.reversals
  add column attempts   int not null default 0,
  add column next_at    timestamptz not null default now(),
  add column last_error text;
drop index pay.reversals_asked;
create index reversals_asked on pay.reversals (next_at) where state = 'asked';                           -- the job that asks Telegram

-- Tried without an end: again after a while that grows from a minute to six hours. False: it has ended meanwhile.
create function pay.reversal_wait(p_provider text, p_charge text, p_error text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.reversals r
  set attempts = r.attempts + 1, last_error = left(p_error, 500),
      next_at = now() + least(interval '1 minute' * 2 ^ least(r.attempts, 10), interval '6 hours')
  where r.provider = p_provider and r.charge_id = p_charge and r.state = 'asked';
  return found;
end $$;

-- A movement of the provider's list that could not be booked is kept, tried again by itself, and alarmed; those behind it
-- are read on.
create table pay.unbooked (
  provider   text not null,
  position   bigint not null check (position >= 0),               -- in the provider's list
  movement   json not null,
  attempts   int not null default 0,
  next_at    timestamptz not null default now(),
  last_error text not null,
  created_at timestamptz not null default now(),
  booked_at  timestamptz,
  primary key (provider, position)
);
create index unbooked_due on pay.unbooked (next_at) where booked_at is null;                             -- the job, the alarm

create function pay.unbooked_put(p_provider text, p_position bigint, p_movement json, p_error text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.unbooked as u (provider, position, movement, last_error) values (p_provider, p_position, p_movement, left(p_error, 500))
  on conflict (provider, position) do update
  set attempts = u.attempts + 1, last_error = excluded.last_error,
      next_at = now() + least(interval '1 minute' * 2 ^ least(u.attempts, 10), interval '6 hours')
  where u.booked_at is null;
$$;
create function pay.unbooked_done(p_provider text, p_position bigint) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.unbooked u set booked_at = now() where u.provider = p_provider and u.position = p_position and u.booked_at is null;
$$;

-- ── Gifts ──

-- Whether a person has put money of theirs in: a payment that has not gone back.
create function pay.has_paid(p_user bigint) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (select from pay.payments p where p.user_id = p_user and not exists (
    select from pay.reversals r where r.provider = p.provider and r.charge_id = p.charge_id and r.state <> 'refused'));
$$;

-- An account of the last seven days that has put nothing in. All of them together have so many free runs a day (UTC), for
-- an account costs nothing to make.
create function pay.is_new(p_user bigint) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (select from pay.users u where u.user_id = p_user and u.created_at > now() - interval '7 days')
    and not pay.has_paid(p_user);
$$;
create table pay.new_free_days (
  day  date primary key,
  used int not null check (used > 0)
);
-- What new accounts have taken today; null for whoever is not new.
create function pay.new_free_used(p_user bigint) returns int
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select case when pay.is_new(p_user) then coalesce(
    (select d.used from pay.new_free_days d where d.day = (now() at time zone 'UTC')::date), 0) end;
$$;

-- A free run that fails is given back, as often as the window has runs; a bonus run three times. So `used` and `returned`
-- together are the runs that were begun.
alter table pay.free_usage add column returned int not null default 0 check (returned >= 0);
alter table pay.bonus_grants add column returned int not null default 0 check (returned >= 0);
update pay.free_usage f set returned = (
  select count(*) from pay.generations g where g.user_id = f.user_id and g.model_id = f.model_id and g.is_free and g.grant_ref is null
    and g.exec_state in ('failed', 'timeout') and pay.window_start(f.window_kind, g.created_at) = f.starts_at)
where f.starts_at > now() - interval '31 days';
update pay.bonus_grants b set returned = (
  select count(*) from pay.generations g where g.user_id = b.user_id and g.grant_ref = b.ref and g.exec_state in ('failed', 'timeout'));

-- The inviter's runs, once: with the first run that the friend paid for and got, being one who has put money in. Over 20
-- friends a day the next such run of the friend counts. It takes no lock on the inviter's wallet, so two people's settlements
-- never wait for each other crosswise.
create or replace function pay.referral_reward(p_invitee bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r pay.referrals;
begin
  select * into r from pay.referrals x where x.invitee = p_invitee and x.rewarded_at is null for no key update;
  if not found or not pay.has_paid(p_invitee) then return; end if;
  insert into pay.referral_days as d (inviter, day, counted) values (r.inviter, (now() at time zone 'UTC')::date, 1)
  on conflict (inviter, day) do update set counted = d.counted + 1 where d.counted < 20;
  if not found then return; end if;
  update pay.referrals x set rewarded_at = now() where x.invitee = p_invitee;
  insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (r.inviter, 'referral:' || p_invitee, r.runs, r.cap_kop);
  insert into pay.outbox (dedupe, user_id, body)
  values ('referral:' || p_invitee, r.inviter,
          json_build_object('kind', 'notice', 'text', 'friendRan', 'values', json_build_object('runs', r.runs, 'capKop', r.cap_kop)));
end $$;

-- Admits an order, takes its price (or a free run) and records `started`: started | duplicate | key_reused.
-- P0430 has the limit in its detail: day, hour, bonus, or new for what new accounts share. The default serves machines of
-- the build before this one.
drop function pay.gen_start(bigint, text, text, bigint, bigint, text, interval, int, int, int);
create function pay.gen_start(p_user bigint, p_id text, p_key text, p_chat bigint, p_message bigint, p_quote text,
                              p_run_limit interval, p_open_max int, p_free_daily int, p_free_hourly int,
                              p_new_free_daily int default null)
returns table (result text, generation_id text, price_kop bigint, balance_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  v_quote pay.quotes; v_old pay.generations; v_balance bigint; v_kind text; v_grant text;
begin
  select * into v_old from pay.generations g
  where g.user_id = p_user and (g.request_key = p_key or g.quote_id = p_quote);
  if not found then
    -- Locked, so that it is not tidied away or forgotten between this look and the run that needs it.
    select * into v_quote from pay.quotes q where q.user_id = p_user and q.id = p_quote for key share;
    if not found then raise exception 'unknown_quote' using errcode = 'P0404'; end if;
    if pay.model_is_off(v_quote.model_id) then raise exception 'model_off' using errcode = 'P0423'; end if;
    if v_quote.expires_at <= now() then raise exception 'quote_expired' using errcode = 'P0410'; end if;
    if exists (select from pay.users u where u.user_id = p_user and u.banned_at is not null) then
      raise exception 'banned' using errcode = 'P0405';
    end if;

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
    if (select w.debt_kop from pay.wallets w where w.user_id = p_user) > 0 then
      raise exception 'in_debt' using errcode = 'P0403';
    end if;
    if v_balance is null then raise exception 'insufficient_funds' using errcode = 'P0402'; end if;
  elsif v_quote.full_kop is not null then               -- a bonus run, from the lowest cap that covers it
    select w.balance_kop into v_balance from pay.wallets w where w.user_id = p_user for no key update;
    update pay.bonus_grants b set used = b.used + 1
    where b.user_id = p_user and b.ref = (
      select x.ref from pay.bonus_grants x
      where x.user_id = p_user and x.used < x.runs and x.cap_kop >= v_quote.full_kop
      order by x.cap_kop, x.created_at, x.ref limit 1)
    returning b.ref into v_grant;
    if not found then raise exception 'free_limit' using errcode = 'P0430', detail = 'bonus'; end if;
    update pay.generations g set grant_ref = v_grant where g.user_id = p_user and g.id = p_id;
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
    if p_new_free_daily is not null and pay.is_new(p_user) then
      insert into pay.new_free_days as d (day, used)
      select (now() at time zone 'UTC')::date, 1 where p_new_free_daily > 0
      on conflict (day) do update set used = d.used + 1 where d.used < p_new_free_daily;
      if not found then raise exception 'free_limit' using errcode = 'P0430', detail = 'new'; end if;
    end if;
  end if;

  -- Counted under the wallet's row lock, so the cap holds for racing calls of one user.
  if (select count(*) from pay.generations g where g.user_id = p_user and g.finished_at is null) > p_open_max then
    raise exception 'too_many_open' using errcode = 'P0429';
  end if;
  return query select 'started', p_id, v_quote.price_kop, v_balance;
end $$;

-- Settles once, whoever asks (callback, poll, sweep, person, admin): the row lock decides.
-- result: settled | already | not_due (a timeout before the deadline, a cancel after the submit); state: as it stands now.
-- A success needs its results, of the `p_promised` files that were named (null: of as many as there are); `cancelled` is a
-- failure that is taken only while nothing was sent. `p_cost`: credits that the upstream says it took.
create or replace function pay.gen_finish(p_user bigint, p_id text, p_outcome text, p_code text, p_message text, p_results json,
                               p_promised int default null, p_cost numeric default null)
returns table (result text, state text, outbox_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  g pay.generations; v_outbox bigint; v_kind text;
  v_arrived int := coalesce(json_array_length(p_results), 0);
  v_promised int := coalesce(p_promised, v_arrived);
begin
  if p_outcome is null or p_outcome not in ('success', 'failed', 'timeout')
     or (p_outcome = 'success') is distinct from (v_arrived > 0) or v_promised < v_arrived then
    raise exception 'bad outcome %', p_outcome using errcode = 'invalid_parameter_value';
  end if;
  update pay.generations x
  set exec_state = p_outcome, finished_at = clock_timestamp(), promised = nullif(v_promised, 0), cost_credits = p_cost,
      money_state = case when x.is_free then 'free' when p_outcome = 'success' then 'captured' else 'refunded' end,
      kept_kop = case when not x.is_free and p_outcome = 'success'
                      then (x.price_kop * v_arrived + v_promised - 1) / v_promised end
  where x.user_id = p_user and x.id = p_id and x.finished_at is null
    and (p_outcome <> 'timeout' or x.deadline_at <= clock_timestamp())
    and (p_code is distinct from 'cancelled' or x.exec_state = 'queued')
  returning * into g;

  if not found then
    select * into g from pay.generations x where x.user_id = p_user and x.id = p_id;
    if not found then raise exception 'unknown_generation' using errcode = 'P0404'; end if;
    return query select case when g.finished_at is not null then 'already' else 'not_due' end, g.exec_state, null::bigint;
    return;
  end if;

  if g.money_state = 'refunded' or g.kept_kop < g.price_kop then
    if pay.move(p_user, coalesce(g.part_kind, 'refund'), g.price_kop - coalesce(g.kept_kop, 0), 'sales', p_id, null) is null then
      raise exception 'no wallet for the refund of %', p_id;
    end if;
    perform pay.repay(p_user);
  elsif g.grant_ref is not null and p_outcome <> 'success' then
    perform from pay.wallets w where w.user_id = p_user for no key update;
    update pay.bonus_grants b set used = b.used - 1, returned = b.returned + 1
    where b.user_id = p_user and b.ref = g.grant_ref and b.returned < 3 * b.runs;
  elsif g.is_free and p_outcome <> 'success' then
    perform from pay.wallets w where w.user_id = p_user for no key update;
    foreach v_kind in array array['day', 'hour'] loop   -- back to the windows it was taken from
      update pay.free_usage f set used = f.used - 1, returned = f.returned + 1
      where f.user_id = p_user and f.model_id = g.model_id and f.window_kind = v_kind
        and f.starts_at = pay.window_start(v_kind, g.created_at) and f.used > 0 and f.returned < f.lim;
    end loop;
  end if;

  insert into pay.results (user_id, generation_id, n, kind, mime, extension, bytes, width_px, height_px, seconds, url)
  select p_user, p_id, r.n, r.kind, r.mime, r.extension, r.bytes, r.width_px, r.height_px, r.seconds, r.url
  from json_to_recordset(coalesce(p_results, '[]'))
    as r(n int, kind text, mime text, extension text, bytes bigint, width_px int, height_px int, seconds double precision, url text);
  -- The ending of a success tells what was kept, so that a sum over successes is the turnover.
  perform pay.event_log(p_user, g.chat_id, g.model_id, g.category, p_outcome, g.is_free, coalesce(g.kept_kop, g.price_kop),
                        p_id, g.task_id, p_code, p_message,
                        least(greatest(0, extract(epoch from g.finished_at - g.created_at) * 1000), 2147483647)::int);
  insert into pay.outbox (dedupe, user_id, body)
  values ('gen:' || p_id, p_user, json_build_object('kind', 'generation', 'generationId', p_id))
  returning id into v_outbox;
  if g.kept_kop > 0 then perform pay.referral_reward(p_user); end if;
  return query select 'settled', g.exec_state, v_outbox;
end $$;

-- As in 0017; free and bonus runs that were given back are counted.
create or replace view pay.broken as
  select b.promise, b.key from pay.suspects s, lateral (
    select 'I1 balance <> ledger' as promise, w.user_id::text as key from pay.wallets w,
        (select coalesce(sum(amount_kop), 0) as total, coalesce(max(seq), 0) as top, count(*) as n
         from pay.ledger_entries where user_id = s.user_id) l
      where w.user_id = s.user_id and (w.balance_kop <> l.total or w.seq <> l.top or l.top <> l.n)
    union all select 'I1 chain gap', s.user_id || ':' || seq from (
        select seq, amount_kop, balance_before, balance_after, lag(balance_after, 1, 0::bigint) over (order by seq) as prev
        from pay.ledger_entries where user_id = s.user_id) x
      where balance_before <> prev or balance_after <> balance_before + amount_kop
    union all select case when g.id is null then 'I3 entry without generation' else 'I3 paid without its debit' end,
        coalesce(g.id, s.user_id || ':' || l.seq) from (select * from pay.generations where user_id = s.user_id) g
      full join (select * from pay.ledger_entries where user_id = s.user_id and kind = 'debit') l on l.generation_id = g.id
      where g.id is null or coalesce(-l.amount_kop, 0) <> g.price_kop
    union all select case when g.id is null then 'I3 entry without generation'
        when g.money_state = 'refunded' then 'I3 refunded without its refund'
        when l.kind = 'refund' then 'I3 refund of a generation that stands'
        else 'I3 kept and returned <> price' end,
        coalesce(g.id, s.user_id || ':' || l.seq) from (select * from pay.generations where user_id = s.user_id) g
      full join (select * from pay.ledger_entries where user_id = s.user_id and kind in ('refund', 'part_refund')) l
        on l.generation_id = g.id
      where case when g.id is null then true
        when g.money_state = 'refunded' then l.kind is distinct from 'refund' or l.amount_kop <> g.price_kop
        when l.kind = 'refund' then true
        else coalesce(l.amount_kop, 0) <> g.price_kop - coalesce(g.kept_kop, g.price_kop) end
    union all select 'I3 entry twice', generation_id || ' ' || kind from pay.ledger_entries
      where user_id = s.user_id and generation_id is not null group by generation_id, kind having count(*) > 1
    union all select case when g.id is null then 'I4 event without generation' else 'I4 no started event' end, coalesce(g.id, e.id::text)
      from (select * from pay.generations where user_id = s.user_id) g
      full join (select * from pay.generation_events where user_id = s.user_id and status = 'started') e on e.request_id = g.id
      where g.id is null or e.id is null or e.price_rub * 100 <> g.price_kop or e.is_free_applied <> g.is_free
    union all select case when g.id is null then 'I4 event without generation' else 'I4 final event disagrees' end, coalesce(g.id, e.id::text)
      from (select * from pay.generations where user_id = s.user_id) g
      full join (select * from pay.generation_events where user_id = s.user_id and status <> 'started') e on e.request_id = g.id
      where g.id is null or (g.finished_at is null) <> (e.id is null) or e.status <> g.exec_state
        or e.price_rub * 100 <> coalesce(g.kept_kop, g.price_kop)
    union all select 'I4 event twice', request_id from pay.generation_events
      where user_id = s.user_id group by request_id, status = 'started' having count(*) > 1
    union all select 'I6 finished without outbox', g.id from pay.generations g
      where g.user_id = s.user_id and g.finished_at is not null and not exists (
        select from pay.outbox o where o.dedupe = 'gen:' || g.id and o.user_id = g.user_id)
    union all select 'I6 message of no ending', o.dedupe from pay.outbox o
      where o.user_id = s.user_id and o.dedupe like 'gen:%' and not exists (
        select from pay.generations g where g.user_id = o.user_id and 'gen:' || g.id = o.dedupe and g.finished_at is not null)) b
  union all select 'I2 negative balance', user_id::text from pay.wallets where balance_kop < 0
  union all select promise, key from (
    select case
      when g.finished_at is null and g.deadline_at < now() - interval '20 minutes' then 'I3 open past its deadline'
      when g.money_state = 'captured' and g.exec_state <> 'success'
        or g.exec_state = 'success' and g.money_state not in ('captured', 'free') then 'I12 captured without success'
      when g.kept_kop < g.price_kop and g.promised <= (
        select count(*) from pay.results r where r.user_id = g.user_id and r.generation_id = g.id)
        then 'I3 kept in part with all results' end as promise, g.id as key from pay.generations g) x
    where promise is not null
  union all select 'I12 success without result', g.id from pay.generations g where exec_state = 'success' and not exists (
      select from pay.results r where r.user_id = g.user_id and r.generation_id = g.id)
  union all select promise, key from (
    select case
      when q.price_kop <> g.price_kop then 'I11 charged other than quoted'
      when (q.full_kop is null) <> (g.grant_ref is null) or q.full_kop > b.cap_kop then 'I17 bonus run outside its grant' end as promise,
      g.id as key
    from pay.generations g
    join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    left join pay.bonus_grants b on b.user_id = g.user_id and b.ref = g.grant_ref) x
    where promise is not null
  union all select 'I13 debt <> reversals', w.user_id::text from pay.wallets w
      left join (select user_id, sum(debt_kop - forgiven_kop) as owed from pay.reversals group by user_id) r using (user_id)
      left join (select user_id, sum(amount_kop) as repaid from pay.ledger_entries where kind = 'repayment' group by user_id) l using (user_id)
      where w.debt_kop <> coalesce(r.owed, 0) + coalesce(l.repaid, 0)
  union all select 'I13 reversal without its entry', r.provider || ':' || r.charge_id from pay.reversals r
      where r.amount_kop - r.debt_kop <> coalesce((select -sum(l.amount_kop) from pay.ledger_entries l
        where l.user_id = r.user_id and l.kind = 'reversal' and l.external_ref = r.provider || ':' || r.charge_id), 0)
  union all select 'I13 entry without its reversal', l.user_id || ':' || l.seq from pay.ledger_entries l where l.kind = 'reversal' and not exists (
      select from pay.reversals r where r.user_id = l.user_id and l.external_ref = r.provider || ':' || r.charge_id)
  union all select 'I13 payment other than its order', p.provider || ':' || p.charge_id from pay.payments p
      join pay.top_ups t on t.id = p.top_up_id
      where t.user_id <> p.user_id or t.provider <> p.provider or t.currency <> p.currency
        or p.provider <> 'manual' and (t.total, t.amount_kop) is distinct from (p.total, p.amount_kop)
  union all select 'I13 paid order without payment', t.id from pay.top_ups t where t.state = 'paid' and not exists (
      select from pay.payments p where p.top_up_id = t.id)
  union all select 'I13 claims of a code disagree', c.code from pay.promo_codes c where c.used <> (
      select count(*) from pay.promo_claims k where k.code = c.code)
  union all select 'I13 claim without its credit', k.code || ':' || k.user_id from pay.promo_claims k where not exists (
      select from pay.ledger_entries l where l.user_id = k.user_id and l.kind = 'bonus' and l.external_ref = 'promo:' || k.code)
  union all select 'I13 credit without its claim', l.user_id || ':' || l.seq from pay.ledger_entries l
      where l.kind = 'bonus' and l.external_ref like 'promo:%' and not exists (
        select from pay.promo_claims k where k.user_id = l.user_id and l.external_ref = 'promo:' || k.code)
  union all select 'I13 invitation without its runs', r.invitee::text from pay.referrals r
      where (r.rewarded_at is null) = exists (select from pay.bonus_grants b
        where b.user_id = r.inviter and b.ref = 'referral:' || r.invitee)
  union all select 'I13 correction without its cause', l.user_id || ':' || l.seq from pay.ledger_entries l where l.kind = 'adjust'
      and l.external_ref like 'admin:%' and not exists (
        select from pay.admin_actions a where a.user_id = l.user_id and a.done_at is not null and l.external_ref = 'admin:' || a.id)
  union all select 'I13 payment without its credit', p.provider || ':' || p.charge_id from pay.payments p where not exists (
      select from pay.ledger_entries l where l.user_id = p.user_id and l.kind = 'topup'
        and l.external_ref = p.provider || ':' || p.charge_id and l.amount_kop = p.amount_kop)
  union all select 'I15 free runs disagree', f.user_id || ':' || f.model_id || ':' || f.window_kind || ':' || f.starts_at from pay.free_usage f
      where f.starts_at > now() - interval '30 days' and f.used + f.returned <> (
        select count(*) from pay.generations g where g.user_id = f.user_id and g.model_id = f.model_id and g.is_free and g.grant_ref is null
          and pay.window_start(f.window_kind, g.created_at) = f.starts_at)
  union all select 'I17 bonus runs disagree', b.user_id || ':' || b.ref from pay.bonus_grants b where b.used + b.returned <> (
      select count(*) from pay.generations g where g.user_id = b.user_id and g.grant_ref = b.ref)
  union all select 'I18 kept file with chunks missing', f.generation_id || ':' || f.n from pay.kept_files f
      where f.is_whole and f.expires_at > now() and ceil(f.bytes / 262144.0) <> (
        select count(*) from pay.kept_chunks c where c.user_id = f.user_id and c.generation_id = f.generation_id and c.n = f.n)
  union all select 'I16 top-up without payment', l.user_id || ':' || l.seq from pay.ledger_entries l where l.kind = 'topup' and not exists (
      select from pay.payments p where p.user_id = l.user_id and l.external_ref = p.provider || ':' || p.charge_id);

grant select on pay.unbooked, pay.new_free_days to pay_app;
grant execute on function pay.reversal_wait, pay.unbooked_put, pay.unbooked_done, pay.gen_start, pay.new_free_used to pay_app;
