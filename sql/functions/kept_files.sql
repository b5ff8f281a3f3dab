-- Results that Telegram does not store for us.

-- Whoever changes files locks the total first: one order of locks, and no two callers see the same free space.
create or replace function pay.kept_lock() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from pay.kept_total t for update;
  return null;
end $$;

-- The total follows the stored files.
create or replace function pay.kept_count() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_was bigint := case when tg_op <> 'INSERT' and not old.is_dropped then old.bytes else 0 end;
  v_is bigint := case when tg_op <> 'DELETE' and not new.is_dropped then new.bytes else 0 end;
begin
  if v_is <> v_was then update pay.kept_total t set bytes = t.bytes + v_is - v_was; end if;
  return null;
end $$;

-- Begins to keep a file, or goes on where somebody stopped: the chunk to write next, null when the file is whole. Over
-- either limit the oldest files of the same person go first; P0413 where that makes not enough room, and none went.
create or replace function pay.kept_begin(p_user bigint, p_generation text, p_n int, p_bytes bigint, p_sha256 text,
                                          p_most_of_one bigint default 314572800, p_most_of_all bigint default 21474836480)
returns table (next_chunk int, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare f pay.kept_files; v_all bigint; v_mine bigint; v_need bigint; v_freed bigint;
begin
  select t.bytes into v_all from pay.kept_total t for update;
  select * into f from pay.kept_files k
  where k.user_id = p_user and k.generation_id = p_generation and k.n = p_n for update;

  if f.bytes is null or f.expires_at <= now() or not f.is_whole and f.sha256 <> p_sha256 then
    select coalesce(sum(k.bytes), 0) into v_mine from pay.kept_files k
    where k.user_id = p_user and not k.is_dropped and (k.generation_id, k.n) <> (p_generation, p_n);
    v_need := greatest(v_mine + p_bytes - p_most_of_one,
                       v_all - case when f.is_dropped then 0 else coalesce(f.bytes, 0) end + p_bytes - p_most_of_all);
    if v_need > 0 then
      -- A file that is being written is not deleted: otherwise two files would delete each other forever.
      with oldest as (
        select k.generation_id, k.n, sum(k.bytes) over (order by k.expires_at, k.generation_id, k.n) - k.bytes as before_it
        from pay.kept_files k
        where k.user_id = p_user and not k.is_dropped and (k.generation_id, k.n) <> (p_generation, p_n)
          and (k.is_whole or k.expires_at < now() + interval '14 days' - interval '1 hour')),
      dropped as (
        update pay.kept_files k set is_dropped = true, expires_at = now() from oldest o
        where k.user_id = p_user and k.generation_id = o.generation_id and k.n = o.n and o.before_it < v_need
        returning k.bytes)
      select coalesce(sum(d.bytes), 0) into v_freed from dropped d;
      if v_freed < v_need then raise exception 'kept_full' using errcode = 'P0413'; end if;
    end if;
    if f.bytes is null then
      insert into pay.kept_files (user_id, generation_id, n, bytes, sha256)
      values (p_user, p_generation, p_n, p_bytes, p_sha256) returning * into f;
    else
      delete from pay.kept_chunks c where c.user_id = p_user and c.generation_id = p_generation and c.n = p_n;
      update pay.kept_files k
      set bytes = p_bytes, sha256 = p_sha256, is_whole = false, is_dropped = false, expires_at = now() + interval '14 days'
      where k.user_id = p_user and k.generation_id = p_generation and k.n = p_n returning * into f;
    end if;
  end if;
  return query
    select case when not f.is_whole then coalesce(max(c.chunk) + 1, 0) end, f.expires_at from pay.kept_chunks c
    where c.user_id = p_user and c.generation_id = p_generation and c.n = p_n;
end $$;
grant execute on function pay.kept_begin to pay_app;

-- Stores one chunk; storing it again changes nothing. False: the place belongs to another file by now, its time has passed,
-- or it does not fit.
create or replace function pay.kept_put(p_user bigint, p_generation text, p_n int, p_sha256 text, p_chunk int, p_content bytea)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_bytes bigint;
begin
  -- Locked, so that no chunk of this file arrives while another takes its place.
  select k.bytes into v_bytes from pay.kept_files k
  where k.user_id = p_user and k.generation_id = p_generation and k.n = p_n and k.sha256 = p_sha256
    and k.expires_at > now() for share;
  if v_bytes is null or length(p_content) <> least(262144, v_bytes - p_chunk * 262144::bigint) then return false; end if;
  insert into pay.kept_chunks (user_id, generation_id, n, chunk, content)
  values (p_user, p_generation, p_n, p_chunk, p_content) on conflict do nothing;
  return true;
end $$;
grant execute on function pay.kept_put to pay_app;

-- Marks a file as complete. False: chunks are missing, or it has expired.
create or replace function pay.kept_end(p_user bigint, p_generation text, p_n int, p_sha256 text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.kept_files k set is_whole = true
  where k.user_id = p_user and k.generation_id = p_generation and k.n = p_n and k.sha256 = p_sha256 and k.expires_at > now()
    and (select count(*) from pay.kept_chunks c
         where c.user_id = p_user and c.generation_id = p_generation and c.n = p_n) = ceil(k.bytes / 262144.0);
  return found;
end $$;
grant execute on function pay.kept_end to pay_app;
