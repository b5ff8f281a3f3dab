-- Examples of models: results of admins that everybody may see.

-- Makes a result of the admin's own an example of its model, in the first free place: added | already | full | none (no
-- such result of theirs, or Telegram has no file of it). `slot` is its place.
create or replace function pay.example_add(p_admin bigint, p_generation text, p_n int, p_words text, p_content bytea)
returns table (outcome text, slot int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare r pay.results; v_model text; v_slot int;
begin
  lock table pay.examples in share row exclusive mode;   -- two admins never take the same place
  select g.model_id into v_model from pay.generations g
  where g.user_id = p_admin and g.id = p_generation and g.exec_state = 'success';
  select * into r from pay.results x where x.user_id = p_admin and x.generation_id = p_generation and x.n = p_n;
  if v_model is null or r.file_id is null or r.sent_as is null then return query select 'none', null::int; return; end if;
  select e.slot into v_slot from pay.examples e
  where e.user_id = p_admin and e.generation_id = p_generation and e.n = p_n;
  if v_slot is not null then return query select 'already', v_slot; return; end if;
  select s into v_slot from generate_series(1, 4) s
  where not exists (select from pay.examples e where e.model_id = v_model and e.slot = s) order by s limit 1;
  if v_slot is null then return query select 'full', null::int; return; end if;
  insert into pay.examples (model_id, slot, user_id, generation_id, n, words, sent_as, file_id, content)
  values (v_model, v_slot, p_admin, p_generation, p_n, p_words, r.sent_as, r.file_id, p_content);
  insert into pay.audit_log (admin_id, kind, user_id, reason)
  values (p_admin, 'example_add', p_admin, v_model || ' ' || v_slot || ' ' || p_generation);
  return query select 'added', v_slot;
end $$;
grant execute on function pay.example_add to pay_admin;

-- Takes an example away. False: there is none in this place.
create or replace function pay.example_drop(p_admin bigint, p_model text, p_slot int) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from pay.examples e where e.model_id = p_model and e.slot = p_slot;
  if not found then return false; end if;
  insert into pay.audit_log (admin_id, kind, user_id, reason)
  values (p_admin, 'example_drop', null, p_model || ' ' || p_slot);
  return true;
end $$;
grant execute on function pay.example_drop to pay_admin;

-- Notes under which id Telegram has our copy now.
create or replace function pay.example_sent(p_model text, p_slot int, p_sent_as text, p_file_id text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.examples e set sent_as = p_sent_as, file_id = p_file_id
  where e.model_id = p_model and e.slot = p_slot and e.content is not null;
$$;
grant execute on function pay.example_sent to pay_app;
