-- Results that Telegram does not hold for us: too big for it, refused by it, or of a person who cannot be reached. The
-- provider's addresses die after a day, so the bytes are kept here, where every machine finds them.

create table pay.kept_files (
  user_id       bigint not null,
  generation_id text not null,
  n             int not null,
  bytes         bigint not null check (bytes > 0),
  sha256        text not null check (sha256 ~ '^[0-9a-f]{64}$'),  -- parts of two files are never mixed
  is_whole      boolean not null default false,                   -- every chunk is there: it may be read
  expires_at    timestamptz not null default now() + interval '14 days',  -- as long as outbox_revive waits for a person
  primary key (user_id, generation_id, n),
  foreign key (user_id, generation_id, n) references pay.results
);
create index kept_old on pay.kept_files (expires_at);              -- tidy

create table pay.kept_chunks (
  user_id       bigint not null,
  generation_id text not null,
  n             int not null,
  chunk         int not null check (chunk >= 0),
  content       bytea not null check (length(content) between 1 and 262144),
  primary key (user_id, generation_id, n, chunk),
  foreign key (user_id, generation_id, n) references pay.kept_files
);
-- Media is compressed already.
alter table pay.kept_chunks alter column content set storage external;

-- Begins to keep a file, or goes on where somebody stopped: the chunk to write next, null when the file is whole.
create function pay.kept_begin(p_user bigint, p_generation text, p_n int, p_bytes bigint, p_sha256 text)
returns table (next_chunk int, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare f pay.kept_files;
begin
  insert into pay.kept_files (user_id, generation_id, n, bytes, sha256)
  values (p_user, p_generation, p_n, p_bytes, p_sha256) on conflict do nothing;
  select * into f from pay.kept_files k
  where k.user_id = p_user and k.generation_id = p_generation and k.n = p_n for update;
  if f.expires_at <= now() or not f.is_whole and f.sha256 <> p_sha256 then
    delete from pay.kept_chunks c where c.user_id = p_user and c.generation_id = p_generation and c.n = p_n;
    update pay.kept_files k
    set bytes = p_bytes, sha256 = p_sha256, is_whole = false, expires_at = now() + interval '14 days'
    where k.user_id = p_user and k.generation_id = p_generation and k.n = p_n returning * into f;
  end if;
  return query
    select case when not f.is_whole then coalesce(max(c.chunk) + 1, 0) end, f.expires_at from pay.kept_chunks c
    where c.user_id = p_user and c.generation_id = p_generation and c.n = p_n;
end $$;

-- Stores one chunk; storing it again changes nothing. False: the place belongs to another file by now, or it does not fit.
create function pay.kept_put(p_user bigint, p_generation text, p_n int, p_sha256 text, p_chunk int, p_content bytea)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare v_bytes bigint;
begin
  -- Held, so that no chunk of this file comes in while another one takes its place.
  select k.bytes into v_bytes from pay.kept_files k
  where k.user_id = p_user and k.generation_id = p_generation and k.n = p_n and k.sha256 = p_sha256 for share;
  if v_bytes is null or length(p_content) <> least(262144, v_bytes - p_chunk * 262144::bigint) then return false; end if;
  insert into pay.kept_chunks (user_id, generation_id, n, chunk, content)
  values (p_user, p_generation, p_n, p_chunk, p_content) on conflict do nothing;
  return true;
end $$;

-- Says that a file is whole. False: it is not.
create function pay.kept_end(p_user bigint, p_generation text, p_n int, p_sha256 text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.kept_files k set is_whole = true
  where k.user_id = p_user and k.generation_id = p_generation and k.n = p_n and k.sha256 = p_sha256
    and (select count(*) from pay.kept_chunks c
         where c.user_id = p_user and c.generation_id = p_generation and c.n = p_n) = ceil(k.bytes / 262144.0);
  return found;
end $$;

-- As before, and kept files whose time has passed: their chunks in portions of 125 MB, then the files themselves.
create or replace function pay.tidy(p_limit int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with updates as (delete from pay.inbox where update_id in (
      select update_id from pay.inbox where done_at < now() - interval '7 days' order by done_at limit p_limit) returning 1),
    quotes as (delete from pay.quotes where (user_id, id) in (
      select q.user_id, q.id from pay.quotes q where q.expires_at between now() - interval '12 days' and now() - interval '2 days' and not exists (
        select from pay.generations g where g.user_id = q.user_id and g.quote_id = q.id)
      order by q.expires_at limit p_limit) returning 1),
    drafts as (delete from pay.drafts where expires_at < now() - interval '7 days' returning 1),
    rates as (delete from pay.rates where tat < now() - interval '1 hour' returning 1),
    windows as (delete from pay.free_usage where starts_at < now() - interval '40 days' returning 1),
    chunks as (delete from pay.kept_chunks where (user_id, generation_id, n, chunk) in (
      select c.user_id, c.generation_id, c.n, c.chunk from pay.kept_chunks c
      join pay.kept_files k using (user_id, generation_id, n) where k.expires_at <= now() limit 500) returning 1),
    files as (delete from pay.kept_files k where k.expires_at <= now() and not exists (
      select from pay.kept_chunks c where c.user_id = k.user_id and c.generation_id = k.generation_id and c.n = k.n) returning 1)
  select (select count(*) from updates) + (select count(*) from quotes) + (select count(*) from drafts)
    + (select count(*) from rates) + (select count(*) from windows) + (select count(*) from chunks) + (select count(*) from files);
$$;

revoke all on function pay.kept_begin, pay.kept_put, pay.kept_end from public;
grant select on pay.kept_files, pay.kept_chunks to pay_app;
grant execute on function pay.kept_begin, pay.kept_put, pay.kept_end to pay_app;
