-- Deletes old rows in portions that an index serves, and the data of people who requested deletion.

-- Deletes old rows of one kind. Returns how many, and whether that was all for now. Each call reads at most `p_limit`
-- rows (100 chunks of files). docs/reliability.md says how long each kind is kept, and why.
create or replace function pay.tidy(p_what text, p_limit int) returns table (gone bigint, is_done boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
-- A portion is read row by row, whatever the statistics say.
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_custom_plan as $$
declare m pay.tidy_marks; v_gone bigint; v_seen bigint; v_chunks bigint; v_at timestamptz; v_user bigint; v_key text;
begin
  if p_limit is null or p_limit <= 0 then
    raise exception 'bad limit %', p_limit using errcode = 'invalid_parameter_value';
  end if;
  select * into m from pay.tidy_marks x where x.what = p_what for update;   -- two at once would read the same rows
  case p_what
    when 'updates' then                                  -- Telegram repeats an update for 24 hours
      delete from pay.inbox i where i.update_id in (
        select x.update_id from pay.inbox x where x.done_at < now() - interval '7 days'
        order by x.done_at limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'messages' then                                 -- not the word of how a run ended: it stays beside its run
      delete from pay.outbox o where o.id in (
        select x.id from pay.outbox x where x.done_at < now() - interval '30 days' and x.dedupe not like 'gen:%'
        order by x.done_at limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'intakes' then                                  -- as long as an update behind a file may be sent again
      delete from pay.intakes i where i.update_id in (
        select x.update_id from pay.intakes x where x.done_at < now() - interval '1 day'
        order by x.done_at limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'quotes' then                                   -- most were used and stay: read once each, from the mark on
      select count(*), (array_agg(p.expires_at order by p.expires_at desc, p.user_id desc, p.id desc))[1],
        (array_agg(p.user_id order by p.expires_at desc, p.user_id desc, p.id desc))[1],
        (array_agg(p.id order by p.expires_at desc, p.user_id desc, p.id desc))[1]
      into v_seen, v_at, v_user, v_key
      from (select q.expires_at, q.user_id, q.id from pay.quotes q
            where (q.expires_at, q.user_id, q.id) > (m.at, m.user_id, m.key) and q.expires_at < now() - interval '2 days'
            order by q.expires_at, q.user_id, q.id limit p_limit) p;
      delete from pay.quotes q
      where (q.expires_at, q.user_id, q.id) > (m.at, m.user_id, m.key) and (q.expires_at, q.user_id, q.id) <= (v_at, v_user, v_key)
        and (select g.id from pay.generations g where g.user_id = q.user_id and g.quote_id = q.id) is null;
      get diagnostics v_gone = row_count;
      update pay.tidy_marks x set at = v_at, user_id = v_user, key = v_key where x.what = p_what and v_seen > 0;
    when 'drafts' then                                   -- one a person, and written with every press: no index on its time
      select count(*), max(p.user_id) into v_seen, v_user
      from (select d.user_id from pay.drafts d where d.user_id > m.user_id order by d.user_id limit p_limit) p;
      delete from pay.drafts d
      where d.user_id > m.user_id and d.user_id <= v_user and d.expires_at < now() - interval '7 days';
      get diagnostics v_gone = row_count;
      update pay.tidy_marks x set user_id = case when v_seen < p_limit then 0 else v_user end where x.what = p_what;
    when 'rates' then                                    -- the same, written with every message
      select count(*), max(p.key) into v_seen, v_key
      from (select r.key from pay.rates r where r.key > m.key order by r.key limit p_limit) p;
      delete from pay.rates r where r.key in (
        select x.key from pay.rates x where x.key > m.key and x.key <= v_key and x.tat < now() - interval '1 hour'
        order by x.key for update skip locked);
      get diagnostics v_gone = row_count;
      update pay.tidy_marks x set key = case when v_seen < p_limit then '' else v_key end where x.what = p_what;
    when 'windows' then                                  -- `broken` compares those of 30 days
      delete from pay.free_usage f where (f.user_id, f.model_id, f.window_kind, f.starts_at) in (
        select x.user_id, x.model_id, x.window_kind, x.starts_at from pay.free_usage x
        where x.starts_at < now() - interval '40 days' order by x.starts_at limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'tries' then
      delete from pay.promo_tries t where (t.user_id, t.starts_at) in (
        select x.user_id, x.starts_at from pay.promo_tries x where x.starts_at < now() - interval '2 days'
        order by x.starts_at limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'days' then
      delete from pay.referral_days d where (d.inviter, d.day) in (
        select x.inviter, x.day from pay.referral_days x where x.day < (now() at time zone 'UTC')::date - 40
        order by x.day limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'actions' then                                  -- what was done stays: the audit log names it
      delete from pay.admin_actions a where a.id in (
        select x.id from pay.admin_actions x
        where (x.done_at is null or x.outcome = 'dropped') and x.expires_at < now() - interval '30 days'
          and not exists (select from pay.audit_log l where l.action_id = x.id)
        order by x.expires_at limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'top_ups' then                                  -- never paid; what was paid or denied stays
      delete from pay.top_ups t where t.id in (
        select x.id from pay.top_ups x
        where x.state in ('open', 'cancelled') and x.expires_at < now() - interval '90 days'
          and not exists (select from pay.payments p where p.top_up_id = x.id)
        order by x.expires_at limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'templates' then                                -- deleted, and not had back
      delete from pay.templates t where (t.user_id, t.id) in (
        select x.user_id, x.id from pay.templates x where x.deleted_at < now() - interval '1 day'
        order by x.deleted_at limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'guest_words' then
      delete from pay.guest_words w where w.id in (
        select x.id from pay.guest_words x where x.created_at < now() - interval '1 day'
        order by x.created_at limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'late' then                                     -- the upstream keeps what it made for a day
      delete from pay.late_results l where (l.user_id, l.generation_id) in (
        select x.user_id, x.generation_id from pay.late_results x where x.open_at < now() - interval '7 days'
        order by x.open_at limit p_limit for update skip locked);
      get diagnostics v_gone = row_count;
    when 'files' then                                    -- in portions of 25 MB; a file goes when its chunks are gone
      delete from pay.kept_chunks c where (c.user_id, c.generation_id, c.n, c.chunk) in (
        select x.user_id, x.generation_id, x.n, x.chunk
        from (select k.user_id, k.generation_id, k.n from pay.kept_files k
              where k.expires_at <= now() order by k.expires_at limit 100) k
        cross join lateral (select y.* from pay.kept_chunks y
          where y.user_id = k.user_id and y.generation_id = k.generation_id and y.n = k.n limit 100) x
        limit least(p_limit, 100));
      get diagnostics v_chunks = row_count;
      delete from pay.kept_files f where (f.user_id, f.generation_id, f.n) in (
          select k.user_id, k.generation_id, k.n from pay.kept_files k where k.expires_at <= now() order by k.expires_at limit 100)
        and f.expires_at <= now() and not exists (
          select from pay.kept_chunks c where c.user_id = f.user_id and c.generation_id = f.generation_id and c.n = f.n);
      get diagnostics v_gone = row_count;
      v_gone := v_gone + v_chunks;
      return query select v_gone, v_gone = 0;
      return;
    else
      raise exception 'nothing is called %', p_what using errcode = 'invalid_parameter_value';
  end case;
  return query select v_gone, coalesce(v_seen, v_gone) < p_limit;
end $$;
grant execute on function pay.tidy to pay_app;

-- Begins to delete a person's data: begun | busy (a run, a transfer or a refund is in progress, and nothing was done).
-- The name is deleted at once. user_forget_some does the rest, without the wallet. Repeating is harmless. The user's
-- row stays, so that nobody gets a welcome bonus or an invitation twice.
create or replace function pay.user_forget(p_user bigint) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from pay.wallets w where w.user_id = p_user for no key update;   -- no start or payment ends meanwhile
  if not found then raise exception 'unknown_user' using errcode = 'P0404'; end if;
  if exists (select from pay.generations g where g.user_id = p_user and g.finished_at is null)
     or exists (select from pay.group_orders o join pay.generations g on g.user_id = o.payer_id and g.quote_id = o.quote_id
                where o.asked_by = p_user and g.finished_at is null)
     or exists (select from pay.top_ups t where t.user_id = p_user and t.state = 'waiting')
     or exists (select from pay.reversals r where r.user_id = p_user and r.state = 'asked') then
    return 'busy';
  end if;
  update pay.users u set first_name = '', username = null, client_language = null, language = null, ref_code = null
  where u.user_id = p_user;
  delete from pay.drafts d where d.user_id = p_user;
  delete from pay.templates t where t.user_id = p_user;    -- a few dozen at most
  delete from pay.guest_words w where w.user_id = p_user;
  -- What groups paid for is not among the person's own quotes.
  update pay.quotes q set inputs = '{}', params = '{}' from pay.group_orders o
  where o.asked_by = p_user and o.payer_id < 0 and q.user_id = o.payer_id and q.id = o.quote_id;
  delete from pay.late_results l where l.user_id = p_user;    -- and no longer offered
  delete from pay.examples e where e.user_id = p_user;     -- an admin's own
  perform pay.plan_stop(p_user, null);
  -- The current time: a run may have ended while we waited for the wallet.
  insert into pay.forgettings as f (user_id, asked_at) values (p_user, clock_timestamp())
  on conflict (user_id) do update set asked_at = excluded.asked_at, step = 'updates', after = '', after_n = 0;
  return 'begun';
end $$;
grant execute on function pay.user_forget to pay_app;

-- Deletes a portion of a person's data: more | forgotten. Any call may be repeated or continued by another machine. In
-- the minute after the request it returns forgotten but keeps one more check of the updates: those in work at that
-- time.
create or replace function pay.user_forget_some(p_user bigint, p_limit int) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_custom_plan as $$
declare
  steps constant text[] := array['updates', 'quotes', 'files', 'results', 'events', 'proofs'];
  f pay.forgettings; v_seen bigint := 0; v_after text := ''; v_n int := 0; v_limit int := p_limit;
begin
  select * into f from pay.forgettings x where x.user_id = p_user for update;
  if not found then return 'forgotten'; end if;
  case f.step
    when 'updates' then
      -- Without its lane, an update names no person and is not found here again.
      update pay.inbox i set payload = '{}', lane = 'forgotten' where i.update_id in (
        select x.update_id from pay.inbox x
        where split_part(x.lane, ':', -1) = p_user::text and x.done_at is not null and x.received_at <= f.asked_at
        order by x.received_at limit p_limit for update skip locked);
      get diagnostics v_seen = row_count;
    when 'quotes' then
      select count(*), max(p.id) into v_seen, v_after from (
        select q.id from pay.quotes q where q.user_id = p_user and q.id > f.after order by q.id limit p_limit) p;
      update pay.quotes q set inputs = '{}', params = '{}'
      where q.user_id = p_user and q.id > f.after and q.id <= v_after and exists (
        select from pay.generations g where g.user_id = p_user and g.quote_id = q.id and g.finished_at <= f.asked_at);
      begin
        -- A quote that is being started is locked by that call: it stays with its run.
        delete from pay.quotes q where q.user_id = p_user and q.id in (
          select x.id from pay.quotes x
          where x.user_id = p_user and x.id > f.after and x.id <= v_after and x.created_at <= f.asked_at
            and not exists (select from pay.generations g where g.user_id = p_user and g.quote_id = x.id)
          for update skip locked);
      exception when foreign_key_violation then
        return 'more';                                   -- a run came between the look and the deletion: the next call sees it
      end;
    when 'files' then
      v_limit := least(p_limit, 100);                    -- of chunks, 25 MB
      -- Expire first, so that no chunk is added.
      update pay.kept_files k set is_dropped = true, expires_at = now()
      where k.user_id = p_user and not k.is_dropped and exists (
        select from pay.generations g where g.user_id = p_user and g.id = k.generation_id and g.finished_at <= f.asked_at);
      delete from pay.kept_chunks c where (c.user_id, c.generation_id, c.n, c.chunk) in (
        select x.user_id, x.generation_id, x.n, x.chunk from pay.kept_files k
        join pay.kept_chunks x on x.user_id = k.user_id and x.generation_id = k.generation_id and x.n = k.n
        where k.user_id = p_user and k.expires_at <= now() limit v_limit);
      get diagnostics v_seen = row_count;
      delete from pay.kept_files k where k.user_id = p_user and k.expires_at <= now() and not exists (
        select from pay.kept_chunks c where c.user_id = p_user and c.generation_id = k.generation_id and c.n = k.n);
    when 'results' then
      select count(*), (array_agg(p.generation_id order by p.generation_id desc, p.n desc))[1],
        (array_agg(p.n order by p.generation_id desc, p.n desc))[1]
      into v_seen, v_after, v_n from (
        select r.generation_id, r.n from pay.results r
        where r.user_id = p_user and (r.generation_id, r.n) > (f.after, f.after_n)
        order by r.generation_id, r.n limit p_limit) p;
      update pay.results r set url = '', file_id = null, sent_as = null, starred_at = null
      where r.user_id = p_user and (r.generation_id, r.n) > (f.after, f.after_n) and (r.generation_id, r.n) <= (v_after, v_n)
        and exists (select from pay.generations g
          where g.user_id = p_user and g.id = r.generation_id and g.finished_at <= f.asked_at);
    when 'events' then
      select count(*), max(p.request_id) into v_seen, v_after from (
        select e.request_id from pay.generation_events e
        where e.user_id = p_user and e.status <> 'started' and e.request_id > f.after order by e.request_id limit p_limit) p;
      update pay.generation_events e set error_message = null
      where e.user_id = p_user and e.status <> 'started' and e.request_id > f.after and e.request_id <= v_after
        and e.error_message is not null and e.created_at <= f.asked_at;
    when 'proofs' then
      select count(*), max(p.id) into v_seen, v_after from (
        select t.id from pay.top_ups t where t.user_id = p_user and t.id > f.after order by t.id limit p_limit) p;
      update pay.top_ups t set proof = null
      where t.user_id = p_user and t.id > f.after and t.id <= v_after and t.proof is not null and t.state <> 'waiting'
        and t.created_at <= f.asked_at;
  end case;

  if v_seen >= v_limit then
    update pay.forgettings x set after = coalesce(v_after, ''), after_n = coalesce(v_n, 0) where x.user_id = p_user;
    return 'more';
  end if;
  if f.step <> 'proofs' then
    update pay.forgettings x set step = steps[array_position(steps, f.step) + 1], after = '', after_n = 0 where x.user_id = p_user;
    return 'more';
  end if;
  if f.asked_at > now() - interval '1 minute' then
    update pay.forgettings x set step = 'updates', after = '', after_n = 0 where x.user_id = p_user;
  else
    delete from pay.forgettings x where x.user_id = p_user;
  end if;
  return 'forgotten';
end $$;
grant execute on function pay.user_forget_some to pay_app;
