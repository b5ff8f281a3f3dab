-- Puts a result of the person's own among the favourites, or takes it out. False: there is no such result.
create or replace function pay.result_star(p_user bigint, p_generation text, p_n int, p_is_on boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update pay.results r set starred_at = case when p_is_on then coalesce(r.starred_at, now()) end
  where r.user_id = p_user and r.generation_id = p_generation and r.n = p_n;
  return found;
end $$;
grant execute on function pay.result_star to pay_app;
