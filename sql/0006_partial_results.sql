-- Pay for what arrived, and remember what a run really cost.
--
-- The upstream names so many files; where fewer of them can be had, the person pays that share of the price, rounded up,
-- and gets the rest back in the statement that settles. kept + returned = price, exactly.

alter table pay.generations
  add column promised     int check (promised > 0),                -- files that the upstream named
  add column kept_kop     bigint,                                  -- of a captured run: what stays with us
  add column cost_credits numeric check (cost_credits >= 0 and cost_credits < 1000000);   -- null: the upstream did not say

alter table pay.generations disable trigger generation_rows;
update pay.generations set kept_kop = price_kop where money_state = 'captured';
alter table pay.generations enable trigger generation_rows;

alter table pay.generations
  add constraint kept_of_captured check ((money_state = 'captured') = (kept_kop is not null)),
  add constraint kept_within_price check (kept_kop between 1 and price_kop),
  add column part_kind text generated always as (case when kept_kop < price_kop then 'part_refund' end) stored;

alter table pay.ledger_entries
  drop constraint refund_needs_refunded,
  drop constraint ledger_entries_kind_check,
  drop constraint ledger_entries_check2,
  drop column needs_state,
  add constraint entry_kind check (kind in
    ('topup', 'bonus', 'referral', 'debit', 'refund', 'part_refund', 'adjust')),
  add constraint entry_of_generation check ((kind in ('debit', 'refund', 'part_refund')) = (generation_id is not null)),
  add column needs_state text generated always as
    (case kind when 'refund' then 'refunded' when 'part_refund' then 'captured' end) stored;
-- What goes back stands only beside the state that it belongs to …
alter table pay.ledger_entries add constraint refund_needs_state
  foreign key (user_id, generation_id, needs_state) references pay.generations (user_id, id, money_state);
-- … and a run that was kept in part, checked at commit, only beside its return.
alter table pay.generations add constraint part_needs_refund
  foreign key (user_id, id, part_kind) references pay.ledger_entries (user_id, generation_id, kind)
  deferrable initially deferred;

-- Settles once, whoever asks (callback, poll, sweep, person, admin): the row lock decides.
-- result: settled | already | not_due (a timeout before the deadline, a cancel after the submit); state: as it stands now.
-- A success needs its results, of the `p_promised` files that were named (null: of as many as there are); `cancelled` is a
-- failure that is taken only while nothing was sent. `p_cost`: credits that the upstream says it took. The defaults serve
-- machines of the build before this one while they are replaced.
drop function pay.gen_finish(bigint, text, text, text, text, json);
create function pay.gen_finish(p_user bigint, p_id text, p_outcome text, p_code text, p_message text, p_results json,
                               p_promised int default null, p_cost numeric default null)
returns table (result text, state text, outbox_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  g pay.generations; v_outbox bigint; v_kind text;
  v_arrived int := coalesce(json_array_length(p_results), 0);
  v_promised int := coalesce(p_promised, v_arrived);
begin
  if p_outcome is null or p_outcome not in ('success', 'failed', 'timeout')
     or (p_outcome = 'success') is distinct from (v_arrived > 0) or v_promised < v_arrived then
    raise exception 'bad outcome %', p_outcome using errcode = 'invalid_parameter_value';
  end if;
  update pay.generations x
  set exec_state = p_outcome, finished_at = clock_timestamp(), promised = nullif(v_promised, 0), cost_credits = p_cost,
      money_state = case when x.is_free then 'free' when p_outcome = 'success' then 'captured' else 'refunded' end,
      kept_kop = case when not x.is_free and p_outcome = 'success'
                      then (x.price_kop * v_arrived + v_promised - 1) / v_promised end
  where x.user_id = p_user and x.id = p_id and x.finished_at is null
    and (p_outcome <> 'timeout' or x.deadline_at <= clock_timestamp())
    and (p_code is distinct from 'cancelled' or x.exec_state = 'queued')
  returning * into g;

  if not found then
    select * into g from pay.generations x where x.user_id = p_user and x.id = p_id;
    if not found then raise exception 'unknown_generation' using errcode = 'P0404'; end if;
    return query select case when g.finished_at is not null then 'already' else 'not_due' end, g.exec_state, null::bigint;
    return;
  end if;

  if g.money_state = 'refunded' or g.kept_kop < g.price_kop then
    if pay.move(p_user, coalesce(g.part_kind, 'refund'), g.price_kop - coalesce(g.kept_kop, 0), 'sales', p_id, null) is null then
      raise exception 'no wallet for the refund of %', p_id;
    end if;
  elsif g.is_free and p_outcome <> 'success' then
    perform from pay.wallets w where w.user_id = p_user for no key update;
    foreach v_kind in array array['day', 'hour'] loop   -- back to the windows it was taken from
      update pay.free_usage f set used = f.used - 1
      where f.user_id = p_user and f.model_id = g.model_id and f.window_kind = v_kind
        and f.starts_at = pay.window_start(v_kind, g.created_at) and f.used > 0;
    end loop;
  end if;

  insert into pay.results (user_id, generation_id, n, kind, mime, extension, bytes, width_px, height_px, seconds, url)
  select p_user, p_id, r.n, r.kind, r.mime, r.extension, r.bytes, r.width_px, r.height_px, r.seconds, r.url
  from json_to_recordset(coalesce(p_results, '[]'))
    as r(n int, kind text, mime text, extension text, bytes bigint, width_px int, height_px int, seconds double precision, url text);
  -- The ending of a success tells what was kept, so that a sum over successes is the turnover.
  perform pay.event_log(p_user, g.chat_id, g.model_id, g.category, p_outcome, g.is_free, coalesce(g.kept_kop, g.price_kop),
                        p_id, g.task_id, p_code, p_message,
                        least(greatest(0, extract(epoch from g.finished_at - g.created_at) * 1000), 2147483647)::int);
  insert into pay.outbox (dedupe, user_id, body)
  values ('gen:' || p_id, p_user, json_build_object('kind', 'generation', 'generationId', p_id))
  returning id into v_outbox;
  return query select 'settled', g.exec_state, v_outbox;
end $$;
revoke all on function pay.gen_finish from public;
grant execute on function pay.gen_finish to pay_app;

-- As in 0005, with what is kept in part.
create or replace view pay.broken as
  select 'I1 balance <> ledger' as promise, w.user_id::text as key from pay.wallets w
    left join (select user_id, sum(amount_kop) total, max(seq) top, count(*) n from pay.ledger_entries group by 1) l using (user_id)
    where w.balance_kop <> coalesce(l.total, 0) or w.seq <> coalesce(l.top, 0) or coalesce(l.top, 0) <> coalesce(l.n, 0)
  union all select 'I1 chain gap', user_id || ':' || seq from (
      select user_id, seq, balance_before, lag(balance_after, 1, 0::bigint) over (partition by user_id order by seq) prev
      from pay.ledger_entries) x where balance_before <> prev
  union all select 'I2 negative balance', user_id::text from pay.wallets where balance_kop < 0
  union all select 'I3 paid without its debit', g.id from pay.generations g where not is_free and not exists (
      select from pay.ledger_entries l where l.user_id = g.user_id and l.generation_id = g.id and l.kind = 'debit' and l.amount_kop = -g.price_kop)
  union all select 'I3 refunded without its refund', g.id from pay.generations g where money_state = 'refunded' and not exists (
      select from pay.ledger_entries l where l.user_id = g.user_id and l.generation_id = g.id and l.kind = 'refund' and l.amount_kop = g.price_kop)
  union all select 'I3 refund of a generation that stands', l.user_id || ':' || l.seq from pay.ledger_entries l
      join pay.generations g on g.user_id = l.user_id and g.id = l.generation_id where l.kind = 'refund' and g.money_state <> 'refunded'
  union all select 'I3 kept and returned <> price', g.id from pay.generations g where money_state = 'captured'
      and kept_kop + coalesce((select sum(l.amount_kop) from pay.ledger_entries l where l.user_id = g.user_id
        and l.generation_id = g.id and l.kind = 'part_refund'), 0) <> g.price_kop
  union all select 'I3 kept in part with all results', g.id from pay.generations g where kept_kop < price_kop
      and g.promised <= (select count(*) from pay.results r where r.user_id = g.user_id and r.generation_id = g.id)
  union all select 'I3 entry without generation', l.user_id || ':' || l.seq from pay.ledger_entries l where generation_id is not null and not exists (
      select from pay.generations g where g.user_id = l.user_id and g.id = l.generation_id)
  union all select 'I3 open past its deadline', g.id from pay.generations g
      where finished_at is null and deadline_at < now() - interval '20 minutes'
  union all select 'I4 no started event', g.id from pay.generations g where not exists (
      select from pay.generation_events e where e.user_id = g.user_id and e.request_id = g.id and e.status = 'started'
        and e.price_rub = g.price_kop / 100.0 and e.is_free_applied = g.is_free)
  union all select 'I4 final event disagrees', g.id from pay.generations g
      left join pay.generation_events e on e.user_id = g.user_id and e.request_id = g.id and e.status <> 'started'
      where (g.finished_at is null) <> (e.id is null) or e.status <> g.exec_state
        or e.price_rub <> coalesce(g.kept_kop, g.price_kop) / 100.0
  union all select 'I4 event without generation', e.id::text from pay.generation_events e where not exists (
      select from pay.generations g where g.user_id = e.user_id and g.id = e.request_id)
  union all select 'I6 finished without outbox', g.id from pay.generations g where finished_at is not null and not exists (
      select from pay.outbox o where o.dedupe = 'gen:' || g.id)
  union all select 'I11 charged other than quoted', g.id from pay.generations g
      join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id where q.price_kop <> g.price_kop
  union all select 'I12 captured without success', g.id from pay.generations g
      where money_state = 'captured' and exec_state <> 'success' or exec_state = 'success' and money_state not in ('captured', 'free')
  union all select 'I12 success without result', g.id from pay.generations g where exec_state = 'success' and not exists (
      select from pay.results r where r.user_id = g.user_id and r.generation_id = g.id)
  union all select 'I13 payment without its credit', p.provider || ':' || p.charge_id from pay.payments p where not exists (
      select from pay.ledger_entries l where l.user_id = p.user_id and l.kind = 'topup'
        and l.external_ref = p.provider || ':' || p.charge_id and l.amount_kop = p.amount_kop)
  union all select 'I15 free runs disagree', f.user_id || ':' || f.model_id || ':' || f.window_kind || ':' || f.starts_at from pay.free_usage f
      where f.starts_at > now() - interval '30 days' and f.used <> (
        select count(*) from pay.generations g where g.user_id = f.user_id and g.model_id = f.model_id and g.is_free
          and g.exec_state not in ('failed', 'timeout') and pay.window_start(f.window_kind, g.created_at) = f.starts_at)
  union all select 'I16 top-up without payment', l.user_id || ':' || l.seq from pay.ledger_entries l where l.kind = 'topup' and not exists (
      select from pay.payments p where p.user_id = l.user_id and l.external_ref = p.provider || ':' || p.charge_id);
