-- Where Telegram sends updates, as it was found by the last look of any machine: a row. What is wanted is said by the start
-- that came last; a machine of before, with another address or list, leaves it alone. Addresses are without secrets.

create table pay.webhook (
  one          boolean primary key default true check (one),
  wanted       text not null,                 -- the address and the kinds of updates, as one text
  state        text not null default 'ok' check (state in ('ok', 'gone', 'differs', 'taken', 'fought')),
  url          text not null,
  pending      int not null default 0,
  failed_at    timestamptz,                   -- of the last delivery that failed
  foreign_url  text,                          -- somebody else's address that stood, or stands, in the place of ours
  set_back_at  timestamptz,                   -- when ours was last set in its place
  seen_at      timestamptz not null default now(),
  unknown_at   timestamptz                    -- since when Telegram does not say
);

-- A start says what it wants, and sets it.
create function pay.webhook_want(p_wanted text, p_url text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into pay.webhook as w (wanted, url) values (p_wanted, p_url)
  on conflict (one) do update set wanted = excluded.wanted, url = excluded.url, state = 'ok', set_back_at = null, seen_at = now(),
    unknown_at = null;
$$;

-- Writes down what a look found. `may_set`: the caller sets what is wanted; against somebody else's address that is true once
-- an hour at the most, since that somebody may do the same. No row: the state is not for this caller to judge.
create function pay.webhook_see(p_wanted text, p_found text, p_url text, p_pending int, p_failed_at timestamptz)
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

-- What is wanted stands again.
create function pay.webhook_set(p_wanted text, p_url text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.webhook x set state = 'ok', url = p_url, seen_at = now(),
    set_back_at = case when x.state = 'taken' then now() else x.set_back_at end
  where x.wanted = p_wanted;
$$;

revoke all on function pay.webhook_want, pay.webhook_see, pay.webhook_set from public;
grant select on pay.webhook to pay_app;
grant execute on function pay.webhook_want, pay.webhook_see, pay.webhook_set to pay_app;
