-- Requests that people keep for later. How many one person may have is counted under the lock of their row.

-- Keeps a request: saved | full. The same words for the same task and model are kept once, with the newest settings.
create or replace function pay.template_save(p_user bigint, p_id text, p_words text, p_task text, p_model text, p_settings json,
                                             p_most int) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from pay.users u where u.user_id = p_user for no key update;
  update pay.templates t set settings = p_settings
  where t.user_id = p_user and t.words = p_words and t.task = p_task and t.model_id = p_model and t.deleted_at is null;
  if found then return 'saved'; end if;
  if (select count(*) from pay.templates t where t.user_id = p_user and t.deleted_at is null) >= p_most then
    return 'full';
  end if;
  insert into pay.templates (user_id, id, words, task, model_id, settings)
  values (p_user, p_id, p_words, p_task, p_model, p_settings) on conflict do nothing;
  return 'saved';
end $$;
grant execute on function pay.template_save to pay_app;

-- Deletes a template so that it can be had back for a day. False: there is none, or it was deleted before.
create or replace function pay.template_delete(p_user bigint, p_id text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.templates t set deleted_at = now() where t.user_id = p_user and t.id = p_id and t.deleted_at is null;
  return found;
end $$;
grant execute on function pay.template_delete to pay_app;

-- Brings a deleted template back: restored | full | gone. One that was not deleted is restored as well.
create or replace function pay.template_restore(p_user bigint, p_id text, p_most int) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare t pay.templates;
begin
  perform from pay.users u where u.user_id = p_user for no key update;
  select * into t from pay.templates x where x.user_id = p_user and x.id = p_id for update;
  if not found then return 'gone'; end if;
  if t.deleted_at is null then return 'restored'; end if;
  if (select count(*) from pay.templates x where x.user_id = p_user and x.deleted_at is null) >= p_most then
    return 'full';
  end if;
  update pay.templates x set deleted_at = null where x.user_id = p_user and x.id = p_id;
  return 'restored';
end $$;
grant execute on function pay.template_restore to pay_app;
