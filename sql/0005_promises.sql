-- The oracle and the rights.

-- Each row is a broken promise; read it in one REPEATABLE READ snapshot, on the primary. The numbers are those of the
-- list of promises in README.md.
create view pay.broken as
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
  union all select 'I3 entry without generation', l.user_id || ':' || l.seq from pay.ledger_entries l where generation_id is not null and not exists (
      select from pay.generations g where g.user_id = l.user_id and g.id = l.generation_id)
  union all select 'I3 open past its deadline', g.id from pay.generations g
      where finished_at is null and deadline_at < now() - interval '20 minutes'
  union all select 'I4 no started event', g.id from pay.generations g where not exists (
      select from pay.generation_events e where e.user_id = g.user_id and e.request_id = g.id and e.status = 'started'
        and e.price_rub = g.price_kop / 100.0 and e.is_free_applied = g.is_free)
  union all select 'I4 final event disagrees', g.id from pay.generations g
      left join pay.generation_events e on e.user_id = g.user_id and e.request_id = g.id and e.status <> 'started'
      where (g.finished_at is null) <> (e.id is null) or e.status <> g.exec_state or e.price_rub <> g.price_kop / 100.0
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

revoke all on all functions in schema pay from public;
grant usage on schema pay to pay_app;
grant select on all tables in schema pay to pay_app;
grant insert on pay.quotes to pay_app;
grant insert, update, delete on pay.drafts to pay_app;
grant update (language, is_reachable) on pay.users to pay_app;
grant execute on function pay.user_open, pay.credit, pay.payment_credit, pay.gen_start, pay.gen_submit, pay.gen_accepted,
  pay.gen_requeue, pay.gen_attach, pay.gen_look, pay.gen_wait, pay.gen_due, pay.gen_finish, pay.event_log, pay.inbox_put, pay.inbox_take,
  pay.inbox_done, pay.inbox_fail, pay.outbox_add, pay.outbox_take,
  pay.outbox_hold, pay.outbox_mark, pay.outbox_revive, pay.rate_take, pay.tidy,
  pay.window_start to pay_app;

grant select on public.schema_migrations to pay_app;               -- readiness: is the schema this build's?

-- People and other programs may say `wallets` for `pay.wallets`; the service itself always names the schema.
do $$ begin
  execute format('alter database %I set search_path = public, pay', current_database());
exception when insufficient_privilege then null;
end $$;
