-- What is wrong now: a row a trouble. All machines together tell of it once, again each hour while it lasts, and once when it is over.

create table pay.alarms (
  name     text primary key check (name ~ '^[a-z_]{3,40}$'),
  since    timestamptz,                       -- null: all is well
  told_at  timestamptz check (told_at is null or since is not null),
  seen_at  timestamptz not null               -- when it was last looked for
);

-- 'begins' and 'lasts' are to be told by this caller, 'over' too; null: there is nothing to tell.
create function pay.alarm_look(p_name text, p_is_on boolean) returns text
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
  -- The audit looks once an hour, give or take a minute.
  if a.told_at > now() - interval '55 minutes' then return null; end if;
  update pay.alarms x set since = coalesce(a.since, now()), told_at = now() where x.name = p_name;
  return case when a.since is null then 'begins' else 'lasts' end;
end $$;

grant select on pay.alarms to pay_app;
grant execute on function pay.alarm_look to pay_app;
