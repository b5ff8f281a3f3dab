-- Our account at the provider has a breaker, as each model has: with its key refused or its credits gone every order would
-- be taken, refused and given back. It opens with the first such answer, whatever was asked, and for all machines at once.
-- Open: nothing is sold, and what is queued waits. Half-open, once the account has answered well again: one order is tried.
-- The order that the provider takes closes it.

create table pay.provider_account (
  is_only       boolean primary key default true check (is_only),
  opened_at     timestamptz,                                     -- null: closed
  cause         text check (cause in ('auth', 'no_credit')),
  said          text check (length(said) <= 500),                -- the provider's words, for admins
  refused_at    timestamptz,                                     -- the last refusal
  needs_credits numeric,                                         -- the least that a refused order would have taken; it outlives the opening
  has_credits   numeric,                                         -- the balance, asked for while it is open
  half_open_at  timestamptz,
  trial_id      text,                                            -- the order that is being tried, and for how long it may be
  trial_until   timestamptz,
  check ((opened_at is null) = (cause is null)),
  check (opened_at is null or refused_at is not null),
  check (half_open_at is null or opened_at is not null),
  check (trial_id is null or half_open_at is not null),
  check ((trial_id is null) = (trial_until is null))
);
insert into pay.provider_account default values;

-- The account was refused. opened | again: it was open already, and what was tried has failed.
create function pay.account_open(p_cause text, p_said text, p_needs numeric) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_was_open boolean;
begin
  select a.opened_at is not null into v_was_open from pay.provider_account a for update;
  update pay.provider_account a
  set opened_at = coalesce(a.opened_at, now()), cause = p_cause, said = left(p_said, 500), refused_at = clock_timestamp(),
      needs_credits = least(p_needs, a.needs_credits), has_credits = null, half_open_at = null, trial_id = null, trial_until = null;
  return case when v_was_open then 'again' else 'opened' end;
end $$;

-- The account answered well and has so many credits: one order that they cover may be tried. After a refusal it is left
-- alone for `p_rest`.
create function pay.account_half_open(p_credits numeric, p_rest interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.provider_account a set needs_credits = null where a.needs_credits <= p_credits;
  update pay.provider_account a set half_open_at = coalesce(a.half_open_at, now()), has_credits = p_credits
  where a.opened_at is not null and a.refused_at <= clock_timestamp() - p_rest and (a.cause = 'auth' or p_credits >= 1);
  return found;
end $$;

-- What to do with an order that takes so many credits. closed: send it | trial: send it, alone | wait: not yet. One as dear as
-- an order that was refused for want of credits waits until there are enough, and keeps nobody else from theirs.
create function pay.account_admits(p_id text, p_credits numeric) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_account pay.provider_account;
begin
  select * into v_account from pay.provider_account a where a.is_only;
  if v_account.needs_credits <= p_credits then return 'wait'; end if;
  if v_account.opened_at is null then return 'closed'; end if;
  -- A trial whose answer never came is over after two minutes.
  update pay.provider_account a set trial_id = p_id, trial_until = clock_timestamp() + interval '2 minutes'
  where a.half_open_at is not null and (a.trial_id is null or a.trial_id = p_id or a.trial_until < clock_timestamp())
    and (a.cause = 'auth' or p_credits <= a.has_credits);
  if found then return 'trial'; end if;
  return case when exists (select from pay.provider_account a where a.opened_at is null) then 'closed' else 'wait' end;
end $$;

-- The order that was tried is over without telling anything of the account: the next one may be.
create function pay.account_release(p_id text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.provider_account a set trial_id = null, trial_until = null where a.trial_id = p_id;
$$;

-- As in 0004, and closes the breaker: an order that was sent after the last refusal was taken.
create or replace function pay.gen_accepted(p_user bigint, p_id text, p_attempt int, p_task text, p_look_again interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.generations g set exec_state = 'running', task_id = p_task, next_at = now() + p_look_again
  where g.user_id = p_user and g.id = p_id and g.attempt = p_attempt and g.exec_state = 'submitting' and g.task_id is null;
  if not found then return false; end if;
  update pay.provider_account a
  set opened_at = null, cause = null, said = null, has_credits = null, half_open_at = null, trial_id = null, trial_until = null
  from pay.generations g
  where g.user_id = p_user and g.id = p_id and a.opened_at is not null and g.submitted_at > a.refused_at;
  return true;
end $$;

revoke all on function pay.account_open, pay.account_half_open, pay.account_admits, pay.account_release from public;
grant select on pay.provider_account to pay_app;
grant execute on function pay.account_open, pay.account_half_open, pay.account_admits, pay.account_release to pay_app;
