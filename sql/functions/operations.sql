-- Active alarms, and where Telegram sends updates.

-- Returns 'begins', 'lasts' or 'over' if this caller must report it; null: nothing to report.
create or replace function pay.alarm_look(p_name text, p_is_on boolean) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare a pay.alarms;
begin
  insert into pay.alarms (name, seen_at) values (p_name, now()) on conflict do nothing;
  select * into a from pay.alarms x where x.name = p_name for update;
  update pay.alarms x set seen_at = now() where x.name = p_name;
  if not p_is_on then
    update pay.alarms x set since = null, told_at = null where x.name = p_name;
    return case when a.told_at is not null then 'over' end;
  end if;
  -- The audit checks about once an hour.
  if a.told_at > now() - interval '55 minutes' then return null; end if;
  update pay.alarms x set since = coalesce(a.since, now()), told_at = now() where x.name = p_name;
  return case when a.since is null then 'begins' else 'lasts' end;
end $$;
grant execute on function pay.alarm_look to pay_app;

-- A start stores the webhook that it wants, then sets it.
create or replace function pay.webhook_want(p_wanted text, p_url text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.webhook as w (wanted, url) values (p_wanted, p_url)
  on conflict (one) do update set wanted = excluded.wanted, url = excluded.url, state = 'ok', set_back_at = null, seen_at = now(),
    unknown_at = null;
$$;
grant execute on function pay.webhook_want to pay_app;

-- Stores the result of a check. `may_set`: the caller sets the wanted webhook. Against another address that is true at
-- most once an hour, since its owner may do the same. No row: another machine decides about this state.
create or replace function pay.webhook_see(p_wanted text, p_found text, p_url text, p_pending int, p_failed_at timestamptz)
returns table (state text, may_set boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare w pay.webhook; v_state text := p_found; v_may boolean := p_found in ('gone', 'differs');
begin
  select * into w from pay.webhook x for update;
  if w.wanted is distinct from p_wanted then return; end if;
  if p_found = 'unknown' then
    update pay.webhook x set unknown_at = coalesce(x.unknown_at, now());
    return;
  end if;
  if p_found = 'taken' then
    v_may := w.set_back_at is null or w.set_back_at < now() - interval '1 hour' and w.state <> 'fought';
    if not v_may then v_state := 'fought'; end if;
  end if;
  update pay.webhook x set state = v_state, url = p_url, pending = p_pending, failed_at = p_failed_at, seen_at = now(), unknown_at = null,
    foreign_url = case when p_found = 'taken' then p_url else x.foreign_url end;
  return query select v_state, v_may;
end $$;
grant execute on function pay.webhook_see to pay_app;

-- The wanted webhook is set again.
create or replace function pay.webhook_set(p_wanted text, p_url text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.webhook x set state = 'ok', url = p_url, seen_at = now(),
    set_back_at = case when x.state = 'taken' then now() else x.set_back_at end
  where x.wanted = p_wanted;
$$;
grant execute on function pay.webhook_set to pay_app;
