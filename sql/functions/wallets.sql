-- Wallets and their owners. Lock order everywhere: generation, then wallet, then ledger (insert only).

-- Moves a wallet and writes why: the only place where either is written. Returns the new balance, or null when the
-- wallet would go below zero (nothing is written then). Not callable by the service: see the operations that use it.
create or replace function pay.move(p_user bigint, p_kind text, p_amount bigint, p_contra text, p_generation text, p_ref text)
returns bigint
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare v_balance bigint; v_seq bigint;
begin
  update pay.wallets w
  set balance_kop = w.balance_kop + p_amount, seq = w.seq + 1
  where w.user_id = p_user and w.balance_kop + p_amount >= 0
  returning w.balance_kop, w.seq into v_balance, v_seq;
  if not found then return null; end if;
  insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, generation_id, external_ref)
  values (p_user, v_seq, p_kind, p_amount, v_balance - p_amount, v_balance, p_contra, p_generation, p_ref);
  return v_balance;
end $$;

-- Bonus, referral or adjustment: credited | duplicate. The reference names the cause and is spent once. A top-up is not
-- among them: only a payment makes one. P0404: no such user.
create or replace function pay.credit(p_user bigint, p_kind text, p_ref text, p_amount bigint) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_amount is null or p_amount <= 0 or p_ref is null
     or p_kind is null or p_kind not in ('bonus', 'referral', 'adjust') then
    raise exception 'bad credit % %', p_kind, p_amount using errcode = 'invalid_parameter_value';
  end if;
  perform from pay.wallets w where w.user_id = p_user for no key update;   -- lock first, then look
  if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  if exists (select from pay.ledger_entries l
             where l.user_id = p_user and l.kind = p_kind and l.external_ref = p_ref) then
    return 'duplicate';
  end if;
  perform pay.move(p_user, p_kind, p_amount, case p_kind when 'adjust' then 'adjust' else 'promo' end, null, p_ref);
  return 'credited';
end $$;

-- What a debt can be paid with is paid. Called after every credit, under the wallet's lock.
create or replace function pay.repay(p_user bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare w pay.wallets; v_kop bigint;
begin
  select * into w from pay.wallets x where x.user_id = p_user for no key update;
  v_kop := least(w.balance_kop, w.debt_kop);
  if v_kop <= 0 then return; end if;
  update pay.wallets x set debt_kop = x.debt_kop - v_kop where x.user_id = p_user;
  perform pay.move(p_user, 'repayment', -v_kop, 'cash', null, 'entry:' || (w.seq + 1));
end $$;

-- The user as of now, made with a wallet and the welcome bonus when new. Safe to call with every update. Who invited a new
-- person is written down in the same statement: only a new one counts, so nobody can invite himself, an old user, or his
-- own inviter. `p_ref_code` begins with `share:` where a shared result brought the person.
create or replace function pay.user_open(p_user bigint, p_first_name text, p_username text, p_client_language text, p_bonus_kop bigint,
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
    insert into pay.referrals (invitee, inviter, runs, cap_kop, via)
    select p_user, u.user_id, p_ref_runs, p_ref_cap_kop, case when p_ref_code like 'share:%' then 'share' else 'link' end
    from pay.users u
    where u.ref_code = regexp_replace(p_ref_code, '^share:', '') and u.banned_at is null and p_ref_runs > 0;
  else
    -- Not every update says the language of the client: the one that is known stays.
    update pay.users u
    set first_name = p_first_name, username = p_username,
        client_language = coalesce(p_client_language, u.client_language), is_reachable = true, seen_at = now()
    where u.user_id = p_user
      and ((u.first_name, u.username, u.client_language, u.is_reachable)
             is distinct from (p_first_name, p_username, coalesce(p_client_language, u.client_language), true)
           or u.seen_at < now() - interval '5 minutes');         -- not a row version for every press
  end if;
  return query select v_new, u.language, u.client_language, u.banned_at is not null
               from pay.users u where u.user_id = p_user;
end $$;

create or replace function pay.user_open(p_user bigint, p_first_name text, p_username text, p_client_language text, p_bonus_kop bigint,
                                         p_ref_code text, p_ref_runs int, p_ref_cap_kop bigint, p_seal text)
returns table (is_new boolean, language text, client_language text, is_banned boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- A person who is known gets nothing by it, and comes with every update.
  if (p_bonus_kop > 0 or p_ref_code is not null) and not exists (select from pay.users u where u.user_id = p_user) then
    perform pay.check_seal(p_seal, 'gift', p_user::text, p_bonus_kop::text, p_ref_code, p_ref_runs::text, p_ref_cap_kop::text);
  end if;
  return query select * from pay.user_open(p_user, p_first_name, p_username, p_client_language, p_bonus_kop, p_ref_code,
                                           p_ref_runs, p_ref_cap_kop);
end $$;
grant execute on function pay.user_open(bigint, text, text, text, bigint, text, int, bigint, text) to pay_app;

-- The code of a person's link; `p_code` is it where there is none yet.
create or replace function pay.ref_code(p_user bigint, p_code text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.users u set ref_code = p_code where u.user_id = p_user and u.ref_code is null;
  return (select u.ref_code from pay.users u where u.user_id = p_user);
end $$;
grant execute on function pay.ref_code to pay_app;
