-- Money and runs that are given: promo codes, invitations, runs with a cap on their price.

-- Runs given to a person. Each may cost up to the cap; taken by gen_start, given back by gen_finish to where it was taken.
create table pay.bonus_grants (
  user_id    bigint not null references pay.wallets,
  ref        text not null check (length(ref) between 1 and 200),  -- the cause; it gives once
  runs       int not null check (runs > 0),
  used       int not null default 0 check (used between 0 and runs),
  cap_kop    bigint not null check (cap_kop > 0),
  created_at timestamptz not null default now(),
  primary key (user_id, ref)
);

create table pay.promo_codes (
  code       text primary key check (code ~ '^[A-Z0-9]{4,32}$'),
  amount_kop bigint not null check (amount_kop between 1 and 100000000),
  uses       int not null check (uses > 0),
  used       int not null default 0 check (used between 0 and uses),
  expires_at timestamptz not null,
  stopped_at timestamptz,
  created_by bigint not null,
  created_at timestamptz not null default now()
);
create table pay.promo_claims (
  code       text not null references pay.promo_codes,
  user_id    bigint not null references pay.wallets,
  ask        text not null,                                        -- the message that brought it, so that it may be asked again
  claimed_at timestamptz not null default now(),
  primary key (code, user_id)                                      -- one per person
);
-- Guesses that were no code, by the hour.
create table pay.promo_tries (
  user_id   bigint not null references pay.users,
  starts_at timestamptz not null,
  wrong     int not null check (wrong between 1 and 5),
  primary key (user_id, starts_at)
);

-- A code as a person typed it: credited | unknown | used | expired | gone | too_many. The same `p_ask` may be repeated when
-- its answer was lost.
create function pay.promo_claim(p_user bigint, p_code text, p_ask text)
returns table (result text, amount_kop bigint, balance_kop bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare c pay.promo_codes; k pay.promo_claims; v_hour timestamptz := pay.window_start('hour', now()); v_result text;
begin
  if (select t.wrong from pay.promo_tries t where t.user_id = p_user and t.starts_at = v_hour) >= 5 then
    return query select 'too_many', null::bigint, null::bigint;
    return;
  end if;
  select * into c from pay.promo_codes x where x.code = upper(btrim(p_code)) for no key update;
  if not found then
    insert into pay.promo_tries as t (user_id, starts_at, wrong) values (p_user, v_hour, 1)
    on conflict (user_id, starts_at) do update set wrong = t.wrong + 1 where t.wrong < 5;
    return query select case when found then 'unknown' else 'too_many' end, null::bigint, null::bigint;
    return;
  end if;
  -- The row of the code is locked: whoever comes now has waited, and sees what is left.
  select * into k from pay.promo_claims x where x.code = c.code and x.user_id = p_user;
  v_result := case
    when k.ask = p_ask then 'credited'
    when k.ask is not null then 'used'
    when c.stopped_at is not null or c.expires_at <= now() then 'expired'
    when c.used >= c.uses then 'gone' end;
  if v_result is null then
    update pay.promo_codes x set used = x.used + 1 where x.code = c.code;
    insert into pay.promo_claims (code, user_id, ask) values (c.code, p_user, p_ask);
    perform pay.credit(p_user, 'bonus', 'promo:' || c.code, c.amount_kop);
    perform pay.repay(p_user);
    v_result := 'credited';
  end if;
  return query select v_result, c.amount_kop, w.balance_kop from pay.wallets w where w.user_id = p_user;
end $$;

alter table pay.users add column ref_code text unique check (ref_code ~ '^[a-z2-7]{12}$');

-- Who invited whom, with what was promised then. The inviter gets it with the friend's first success.
create table pay.referrals (
  invitee     bigint primary key references pay.users,             -- invited once in a lifetime
  inviter     bigint not null references pay.wallets,
  runs        int not null check (runs > 0),
  cap_kop     bigint not null check (cap_kop > 0),
  created_at  timestamptz not null default now(),
  rewarded_at timestamptz,
  check (invitee <> inviter)
);
create index referrals_inviter on pay.referrals (inviter);

-- The code of a person's link; `p_code` is it where there is none yet.
create function pay.ref_code(p_user bigint, p_code text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.users u set ref_code = p_code where u.user_id = p_user and u.ref_code is null;
  return (select u.ref_code from pay.users u where u.user_id = p_user);
end $$;

-- As in 0001, and who invited a new person is written down in the same statement. Only a new one counts, so nobody can
-- invite himself, an old user, or his own inviter.
drop function pay.user_open(bigint, text, text, text, bigint);
create function pay.user_open(p_user bigint, p_first_name text, p_username text, p_client_language text, p_bonus_kop bigint,
                              p_ref_code text default null, p_ref_runs int default 0, p_ref_cap_kop bigint default 0)
returns table (is_new boolean, language text, client_language text, is_banned boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare v_new boolean;
begin
  insert into pay.users as u (user_id, first_name, username, client_language)
  values (p_user, p_first_name, p_username, p_client_language) on conflict (user_id) do nothing;
  v_new := found;
  if v_new then
    insert into pay.wallets (user_id) values (p_user);
    if p_bonus_kop > 0 then perform pay.credit(p_user, 'bonus', 'start', p_bonus_kop); end if;
    insert into pay.referrals (invitee, inviter, runs, cap_kop)
    select p_user, u.user_id, p_ref_runs, p_ref_cap_kop from pay.users u
    where u.ref_code = p_ref_code and u.banned_at is null and p_ref_runs > 0;
  else
    update pay.users u
    set first_name = p_first_name, username = p_username, client_language = p_client_language,
        is_reachable = true, seen_at = now()
    where u.user_id = p_user
      and ((u.first_name, u.username, u.client_language, u.is_reachable)
             is distinct from (p_first_name, p_username, p_client_language, true)
           or u.seen_at < now() - interval '5 minutes');         -- not a row version for every press
  end if;
  return query select v_new, u.language, u.client_language, u.banned_at is not null
               from pay.users u where u.user_id = p_user;
end $$;

-- Friends whose first success counted, by the day (UTC).
create table pay.referral_days (
  inviter bigint not null references pay.wallets,
  day     date not null,
  counted int not null check (counted between 1 and 20),
  primary key (inviter, day)
);

-- The friend's first success: the inviter's runs, once. Called by gen_finish with every success; over 20 friends a day the
-- next success of the friend counts. It takes no lock on the inviter's wallet, so two people's settlements never wait for
-- each other crosswise.
create function pay.referral_reward(p_invitee bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare r pay.referrals;
begin
  select * into r from pay.referrals x where x.invitee = p_invitee and x.rewarded_at is null for no key update;
  if not found then return; end if;
  insert into pay.referral_days as d (inviter, day, counted) values (r.inviter, (now() at time zone 'UTC')::date, 1)
  on conflict (inviter, day) do update set counted = d.counted + 1 where d.counted < 20;
  if not found then return; end if;
  update pay.referrals x set rewarded_at = now() where x.invitee = p_invitee;
  insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (r.inviter, 'referral:' || p_invitee, r.runs, r.cap_kop);
  insert into pay.outbox (dedupe, user_id, body)
  values ('referral:' || p_invitee, r.inviter,
          json_build_object('kind', 'notice', 'text', 'friendRan', 'values', json_build_object('runs', r.runs, 'capKop', r.cap_kop)));
end $$;

-- A bonus run has a price of nothing and a cost within the cap of its grant.
alter table pay.quotes
  add column full_kop bigint check (full_kop > 0),                 -- of a bonus run: what it would cost
  add check (full_kop is null or price_kop = 0);
alter table pay.generations
  add column grant_ref text,                                       -- where the bonus run was taken from
  add check (grant_ref is null or is_free),
  add foreign key (user_id, grant_ref) references pay.bonus_grants (user_id, ref);

-- A code is asked for, and the next message is taken as one; or a question, about what was picked.
alter table pay.drafts
  drop constraint drafts_kind_check,
  add constraint drafts_kind_check check (kind in ('order', 'find', 'kept', 'promo', 'question'));
