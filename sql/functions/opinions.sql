-- What people say of results by reactions, and how often they share them.

-- One opinion a person and result; null: none any more. False: the person has no such result.
create or replace function pay.opinion_set(p_user bigint, p_generation text, p_n int, p_is_good boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_is_good is null then
    delete from pay.opinions o where o.user_id = p_user and o.generation_id = p_generation and o.n = p_n;
    return true;
  end if;
  insert into pay.opinions as o (user_id, generation_id, n, model_id, is_good)
  select r.user_id, r.generation_id, r.n, g.model_id, p_is_good
  from pay.results r join pay.generations g on g.user_id = r.user_id and g.id = r.generation_id
  where r.user_id = p_user and r.generation_id = p_generation and r.n = p_n
  on conflict (user_id, generation_id, n) do update set is_good = excluded.is_good, at = now();
  return found;
end $$;
grant execute on function pay.opinion_set to pay_app;

-- Counts a result that was sent into a chat.
create or replace function pay.share_count(p_user bigint) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update pay.users u set shares = u.shares + 1 where u.user_id = p_user;
$$;
grant execute on function pay.share_count to pay_app;
