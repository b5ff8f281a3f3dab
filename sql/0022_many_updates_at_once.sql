-- Stores several updates, all that came in while the statement before was under way, and names those that are new; one
-- alone goes by inbox_put, which costs less. In order of their ids: two machines that store the same updates at once never
-- wait for each other in a circle. A payload comes as text, since \u0000 in it may be stored but not read.
create function pay.inbox_add(p_updates json) returns setof bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query
    insert into pay.inbox (update_id, lane, payload, dead_reason, done_at)
    select u."updateId", u.lane, u.payload::json, u.dead, case when u.dead is not null then now() end
    from json_to_recordset(p_updates) as u("updateId" bigint, lane text, payload text, dead text)
    order by 1
    on conflict do nothing
    returning update_id;
end $$;
grant execute on function pay.inbox_add to pay_app;
