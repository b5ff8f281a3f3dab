-- A person asks to be forgotten: what is personal goes, what is money stays.

-- A quote is never rewritten; its answers may be forgotten, and nothing else of it with them.
create function pay.only_forgotten() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  old.inputs := '{}';
  old.params := '{}';
  if new::text is distinct from old::text then
    raise exception 'a quote is never rewritten: %', new.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
drop trigger quote_rows on pay.quotes;
create trigger quote_rows before update on pay.quotes for each row execute function pay.only_forgotten();

-- The same for what the upstream said of a failure, which may repeat what a person wrote.
create function pay.event_forgotten() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  old.error_message := null;
  if tg_op = 'DELETE' or new::text is distinct from old::text then
    raise exception 'append-only: % on %', tg_op, tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
drop trigger event_rows on pay.generation_events;
create trigger event_rows before update or delete on pay.generation_events for each row execute function pay.event_forgotten();

-- Forgets a person: forgotten | busy (a run, a transfer or a refund is on its way, and nothing was done). Repeating is
-- harmless. The row of the user stays, so that a welcome bonus or an invitation is not had twice.
create function pay.user_forget(p_user bigint) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from pay.wallets w where w.user_id = p_user for no key update;   -- no start or payment ends meanwhile
  if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  if exists (select from pay.generations g where g.user_id = p_user and g.finished_at is null)
     or exists (select from pay.top_ups t where t.user_id = p_user and t.state = 'waiting')
     or exists (select from pay.reversals r where r.user_id = p_user and r.state = 'asked') then
    return 'busy';
  end if;

  update pay.users u set first_name = '', username = null, client_language = null, language = null, ref_code = null
  where u.user_id = p_user;
  delete from pay.drafts d where d.user_id = p_user;
  -- A price that is being started at this moment is another's to lock: it stays with its run.
  delete from pay.quotes q where (q.user_id, q.id) in (
    select x.user_id, x.id from pay.quotes x
    where x.user_id = p_user and not exists (select from pay.generations g where g.user_id = p_user and g.quote_id = x.id)
    for update skip locked);
  update pay.quotes q set inputs = '{}', params = '{}'
  where q.user_id = p_user and exists (
    select from pay.generations g where g.user_id = p_user and g.quote_id = q.id and g.finished_at is not null);
  delete from pay.kept_chunks k where k.user_id = p_user;
  delete from pay.kept_files k where k.user_id = p_user;
  update pay.results r set url = '', file_id = null, sent_as = null where r.user_id = p_user;
  update pay.generation_events e set error_message = null where e.user_id = p_user and e.error_message is not null;
  update pay.top_ups t set proof = null where t.user_id = p_user and t.proof is not null;
  update pay.inbox i set payload = '{}'
  where i.done_at is not null and (i.lane = 'u:' || p_user or i.lane like 'c:%:' || p_user);
  return 'forgotten';
end $$;

grant execute on function pay.user_forget to pay_app;
