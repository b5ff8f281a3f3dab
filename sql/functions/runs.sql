-- A run between its start and its end; and our account at the provider, which has a breaker. Open: nothing is sold, and what
-- is queued waits. Half-open, once the account has answered well again: one order is tried. The order that the provider
-- takes closes it.

-- queued → submitting, committed before the call. The run's own deadline begins. No row: another caller did it, or the
-- run is over. If the answer was lost, repeat with the same token.
create or replace function pay.gen_submit(p_user bigint, p_id text, p_token text, p_look_again interval)
returns table (attempt int, model_id text, params json)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.generations g
  set exec_state = 'submitting', submit_token = p_token, next_at = now() + p_look_again,
      attempt = g.attempt + (g.exec_state = 'queued')::int,
      submitted_at = case when g.exec_state = 'queued' then now() else g.submitted_at end,
      deadline_at = case when g.exec_state = 'queued' then now() + g.run_limit else g.deadline_at end
  from pay.quotes q
  where g.user_id = p_user and g.id = p_id
    and (g.exec_state = 'queued' and g.deadline_at > now()
         or g.exec_state = 'submitting' and g.submit_token = p_token and g.task_id is null)
    and q.user_id = g.user_id and q.id = g.quote_id
  returning g.attempt, g.model_id, q.params;
$$;
grant execute on function pay.gen_submit to pay_app;

-- submitting → running: the upstream accepted and named its task. This closes our account's circuit breaker, since an
-- order sent after the last refusal was accepted.
create or replace function pay.gen_accepted(p_user bigint, p_id text, p_attempt int, p_task text, p_look_again interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.generations g set exec_state = 'running', task_id = p_task, next_at = now() + p_look_again
  where g.user_id = p_user and g.id = p_id and g.attempt = p_attempt and g.exec_state = 'submitting' and g.task_id is null;
  if not found then
    -- The run has ended meanwhile: its task may still bring a result.
    perform pay.late_told(p_user, p_id, p_task) from pay.generations g
    where g.user_id = p_user and g.id = p_id and g.attempt = p_attempt and g.finished_at is not null;
    return false;
  end if;
  update pay.provider_account a
  set opened_at = null, cause = null, said = null, has_credits = null, half_open_at = null, trial_id = null, trial_until = null
  from pay.generations g
  where g.user_id = p_user and g.id = p_id and a.opened_at is not null and g.submitted_at > a.refused_at;
  return true;
end $$;
grant execute on function pay.gen_accepted to pay_app;

-- submitting → queued: the upstream certainly did not accept it. The only way back.
create or replace function pay.gen_requeue(p_user bigint, p_id text, p_attempt int, p_look_again interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.generations g set exec_state = 'queued', next_at = now() + p_look_again
  where g.user_id = p_user and g.id = p_id and g.attempt = p_attempt and g.exec_state = 'submitting' and g.task_id is null;
  return found;
end $$;
grant execute on function pay.gen_requeue to pay_app;

-- A verified callback names the task of a submit whose answer was lost or is not read yet.
create or replace function pay.gen_attach(p_id text, p_task text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.generations g set exec_state = 'running', task_id = p_task, next_at = now()
  where g.id = p_id and g.exec_state = 'submitting' and g.task_id is null;
  return found;
end $$;
grant execute on function pay.gen_attach to pay_app;

-- One poll attempt of the chain that follows a generation. False: another chain follows it, or it is over. If there is
-- no next attempt within `p_look_again`, the sweep takes over.
create or replace function pay.gen_look(p_user bigint, p_id text, p_look int, p_look_again interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.generations g set look = g.look + 1, next_at = now() + p_look_again
  where g.user_id = p_user and g.id = p_id and g.look = p_look and g.finished_at is null;
  return found;
end $$;
grant execute on function pay.gen_look to pay_app;

-- Shows the progress of all open runs of a person in this topic of a chat in one message. Returns the messages where it was.
create or replace function pay.gen_gather(p_user bigint, p_chat bigint, p_message bigint, p_thread bigint default null)
returns table (message_id bigint)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with open as (
    select g.id, g.message_id from pay.generations g
    where g.user_id = p_user and g.finished_at is null and g.chat_id = p_chat and g.message_id <> p_message
      and g.thread_id is not distinct from p_thread
    order by g.id for update
  ), moved as (
    update pay.generations g set message_id = p_message from open
    where g.user_id = p_user and g.id = open.id and g.finished_at is null
    returning open.message_id
  )
  select distinct moved.message_id from moved;
$$;
grant execute on function pay.gen_gather to pay_app;

-- A queued order has a token for its submit and will be sent later.
create or replace function pay.gen_wait(p_user bigint, p_id text, p_look_again interval) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.generations g set next_at = now() + p_look_again
  where g.user_id = p_user and g.id = p_id and g.exec_state = 'queued';
$$;
grant execute on function pay.gen_wait to pay_app;

-- Generations that are overdue, hidden from other sweepers for `p_hold`. Their old poll chain ends here.
create or replace function pay.gen_due(p_limit int, p_hold interval)
returns table (user_id bigint, id text, exec_state text, look int)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.generations g set next_at = now() + p_hold, look = g.look + 1
  from (select x.user_id, x.id from pay.generations x
        where x.finished_at is null and x.next_at <= now()
        order by x.next_at limit p_limit for update skip locked) due
  where g.user_id = due.user_id and g.id = due.id
  returning g.user_id, g.id, g.exec_state, g.look;
$$;
grant execute on function pay.gen_due to pay_app;

-- The account was refused. opened | again: it was open already, and the trial has failed.
create or replace function pay.account_open(p_cause text, p_said text, p_needs numeric) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_was_open boolean;
begin
  select a.opened_at is not null into v_was_open from pay.provider_account a for update;
  update pay.provider_account a
  set opened_at = coalesce(a.opened_at, now()), cause = p_cause, said = left(p_said, 500), refused_at = clock_timestamp(),
      needs_credits = least(p_needs, a.needs_credits), has_credits = null, half_open_at = null, trial_id = null, trial_until = null;
  return case when v_was_open then 'again' else 'opened' end;
end $$;
grant execute on function pay.account_open to pay_app;

-- The account answered well and has this many credits: one order within them may be tried. After a refusal, nothing is
-- tried for `p_rest`.
create or replace function pay.account_half_open(p_credits numeric, p_rest interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.provider_account a set needs_credits = null where a.needs_credits <= p_credits;
  update pay.provider_account a set half_open_at = coalesce(a.half_open_at, now()), has_credits = p_credits
  where a.opened_at is not null and a.refused_at <= clock_timestamp() - p_rest and (a.cause = 'auth' or p_credits >= 1);
  return found;
end $$;
grant execute on function pay.account_half_open to pay_app;

-- Decides about an order of this many credits. closed: send it | trial: send it, alone | wait: not yet. An order at
-- least as expensive as one refused for lack of credits waits until there are enough, and does not hold up cheaper
-- ones.
create or replace function pay.account_admits(p_id text, p_credits numeric) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_account pay.provider_account;
begin
  select * into v_account from pay.provider_account a where a.is_only;
  if v_account.needs_credits <= p_credits then return 'wait'; end if;
  if v_account.opened_at is null then return 'closed'; end if;
  -- A trial without an answer is over after two minutes.
  update pay.provider_account a set trial_id = p_id, trial_until = clock_timestamp() + interval '2 minutes'
  where a.half_open_at is not null and (a.trial_id is null or a.trial_id = p_id or a.trial_until < clock_timestamp())
    and (a.cause = 'auth' or p_credits <= a.has_credits);
  if found then return 'trial'; end if;
  return case when exists (select from pay.provider_account a where a.opened_at is null) then 'closed' else 'wait' end;
end $$;
grant execute on function pay.account_admits to pay_app;

-- The tried order ended without information about the account: the next one may be tried.
create or replace function pay.account_release(p_id text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.provider_account a set trial_id = null, trial_until = null where a.trial_id = p_id;
$$;
grant execute on function pay.account_release to pay_app;
