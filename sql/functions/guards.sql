-- What holds whoever calls: rows that are never rewritten (triggers.sql says which), and seals.

-- For tables whose rows are written once.
create or replace function pay.no_rewrite() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'append-only: % on %', tg_op, tg_table_name using errcode = 'restrict_violation';
end $$;

-- What of a generation may change, and when.
create or replace function pay.generation_guard() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'generations are kept: %', old.id using errcode = 'restrict_violation';
  end if;
  if old.finished_at is not null then
    raise exception 'generation % is finished', old.id using errcode = 'check_violation';
  end if;
  if (new.user_id, new.id, new.request_key, new.quote_id, new.chat_id, new.thread_id, new.model_id, new.category,
      new.price_kop, new.is_free, new.created_at, new.run_limit)
     is distinct from
     (old.user_id, old.id, old.request_key, old.quote_id, old.chat_id, old.thread_id, old.model_id, old.category,
      old.price_kop, old.is_free, old.created_at, old.run_limit) then
    raise exception 'generation %: immutable column', old.id using errcode = 'check_violation';
  end if;
  if new.deadline_at <> old.deadline_at and not (old.exec_state = 'queued' and new.exec_state = 'submitting') then
    raise exception 'generation %: its deadline moves with the submit only', old.id using errcode = 'check_violation';
  end if;
  if old.task_id is not null and new.task_id is distinct from old.task_id then
    raise exception 'generation %: task_id is write-once', old.id using errcode = 'check_violation';
  end if;
  if new.attempt < old.attempt or new.look < old.look then
    raise exception 'generation %: attempt and look only grow', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;

-- A quote is never rewritten: its answers may be forgotten, it may be closed once, and its message may move.
create or replace function pay.only_forgotten() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (new.closed_at, new.message_id) is distinct from (old.closed_at, old.message_id) then
    old.closed_at := coalesce(old.closed_at, new.closed_at);
    old.message_id := new.message_id;
  else
    old.inputs := '{}';
    old.params := '{}';
  end if;
  if new::text is distinct from old::text then
    raise exception 'a quote is never rewritten: %', new.id using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

-- The same for what the upstream said of a failure, which may repeat what a person wrote.
create or replace function pay.event_forgotten() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  old.error_message := null;
  if tg_op = 'DELETE' or new::text is distinct from old::text then
    raise exception 'append-only: % on %', tg_op, tg_table_name using errcode = 'restrict_violation';
  end if;
  return new;
end $$;

-- Whether the values were sealed for this purpose, by the current key or the one before. Each value goes with its length
-- in bytes, so that no two lists read the same. The owner of the books needs no seal: nothing keeps the owner out.
create or replace function pay.check_seal(p_seal text, p_purpose text, variadic p_values text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_text bytea;
begin
  if session_user = current_user then return; end if;
  select convert_to(p_purpose || string_agg(';' || coalesce(octet_length(v) || ':' || v, '-'), '' order by n), 'UTF8')
  into v_text from unnest(p_values) with ordinality as x(v, n);
  if not exists (
    select from (select k.inner_pad, k.outer_pad from pay.seal_keys k order by k.n desc limit 2) k
    where encode(sha256(k.outer_pad || sha256(k.inner_pad || v_text)), 'hex') = p_seal) then
    raise exception 'the seal of % is wrong', p_purpose using errcode = 'P0406';
  end if;
end $$;

-- Stores the key where it is not the newest already. For the owner, at each start.
create or replace function pay.seal_key(p_inner bytea, p_outer bytea) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if p_inner = (select k.inner_pad from pay.seal_keys k order by k.n desc limit 1) then return; end if;
  delete from pay.seal_keys k where k.inner_pad = p_inner;   -- an older one is the current again
  insert into pay.seal_keys (inner_pad, outer_pad) values (p_inner, p_outer);
end $$;
