-- The books: every promise as a query, and what an accountant asks of them.

-- As in 0006, with what came since. A row is a broken promise.
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
  union all select 'I13 debt <> reversals', w.user_id::text from pay.wallets w where w.debt_kop <>
      coalesce((select sum(r.debt_kop - r.forgiven_kop) from pay.reversals r where r.user_id = w.user_id), 0)
      + coalesce((select sum(l.amount_kop) from pay.ledger_entries l where l.user_id = w.user_id and l.kind = 'repayment'), 0)
  union all select 'I13 reversal without its entry', r.provider || ':' || r.charge_id from pay.reversals r
      where r.amount_kop - r.debt_kop <> coalesce((select -sum(l.amount_kop) from pay.ledger_entries l
        where l.user_id = r.user_id and l.kind = 'reversal' and l.external_ref = r.provider || ':' || r.charge_id), 0)
  union all select 'I13 entry without its reversal', l.user_id || ':' || l.seq from pay.ledger_entries l where l.kind = 'reversal' and not exists (
      select from pay.reversals r where r.user_id = l.user_id and l.external_ref = r.provider || ':' || r.charge_id)
  union all select 'I13 payment other than its order', p.provider || ':' || p.charge_id from pay.payments p
      join pay.top_ups t on t.id = p.top_up_id
      where t.user_id <> p.user_id or t.provider <> p.provider or t.currency <> p.currency
        or p.provider <> 'manual' and (t.total, t.amount_kop) is distinct from (p.total, p.amount_kop)
  union all select 'I13 paid order without payment', t.id from pay.top_ups t where t.state = 'paid' and not exists (
      select from pay.payments p where p.top_up_id = t.id)
  union all select 'I13 claims of a code disagree', c.code from pay.promo_codes c where c.used <> (
      select count(*) from pay.promo_claims k where k.code = c.code)
  union all select 'I13 claim without its credit', k.code || ':' || k.user_id from pay.promo_claims k where not exists (
      select from pay.ledger_entries l where l.user_id = k.user_id and l.kind = 'bonus' and l.external_ref = 'promo:' || k.code)
  union all select 'I13 credit without its claim', l.user_id || ':' || l.seq from pay.ledger_entries l
      where l.kind = 'bonus' and l.external_ref like 'promo:%' and not exists (
        select from pay.promo_claims k where k.user_id = l.user_id and l.external_ref = 'promo:' || k.code)
  union all select 'I13 invitation without its runs', r.invitee::text from pay.referrals r
      where (r.rewarded_at is null) = exists (select from pay.bonus_grants b
        where b.user_id = r.inviter and b.ref = 'referral:' || r.invitee)
  union all select 'I13 correction without its cause', l.user_id || ':' || l.seq from pay.ledger_entries l where l.kind = 'adjust'
      and l.external_ref like 'admin:%' and not exists (
        select from pay.admin_actions a where a.user_id = l.user_id and a.done_at is not null and l.external_ref = 'admin:' || a.id)
  union all select 'I13 payment without its credit', p.provider || ':' || p.charge_id from pay.payments p where not exists (
      select from pay.ledger_entries l where l.user_id = p.user_id and l.kind = 'topup'
        and l.external_ref = p.provider || ':' || p.charge_id and l.amount_kop = p.amount_kop)
  union all select 'I15 free runs disagree', f.user_id || ':' || f.model_id || ':' || f.window_kind || ':' || f.starts_at from pay.free_usage f
      where f.starts_at > now() - interval '30 days' and f.used <> (
        select count(*) from pay.generations g where g.user_id = f.user_id and g.model_id = f.model_id and g.is_free and g.grant_ref is null
          and g.exec_state not in ('failed', 'timeout') and pay.window_start(f.window_kind, g.created_at) = f.starts_at)
  union all select 'I17 bonus runs disagree', b.user_id || ':' || b.ref from pay.bonus_grants b where b.used <> (
      select count(*) from pay.generations g where g.user_id = b.user_id and g.grant_ref = b.ref
        and g.exec_state not in ('failed', 'timeout'))
  union all select 'I17 bonus run outside its grant', g.id from pay.generations g
      join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
      left join pay.bonus_grants b on b.user_id = g.user_id and b.ref = g.grant_ref
      where (q.full_kop is null) <> (g.grant_ref is null) or q.full_kop > b.cap_kop
  union all select 'I18 kept file with chunks missing', f.generation_id || ':' || f.n from pay.kept_files f
      where f.is_whole and f.expires_at > now() and ceil(f.bytes / 262144.0) <> (
        select count(*) from pay.kept_chunks c where c.user_id = f.user_id and c.generation_id = f.generation_id and c.n = f.n)
  union all select 'I16 top-up without payment', l.user_id || ':' || l.seq from pay.ledger_entries l where l.kind = 'topup' and not exists (
      select from pay.payments p where p.user_id = l.user_id and l.external_ref = p.provider || ':' || p.charge_id);

-- What the books say in one snapshot: each line a question with its two sides, which must be equal.
create view pay.books as
  with entries as (
    select coalesce(sum(amount_kop), 0)::bigint as total,
      coalesce(sum(amount_kop) filter (where kind = 'topup'), 0)::bigint as topped_up,
      coalesce(-sum(amount_kop) filter (where kind = 'debit'), 0)::bigint as debited,
      coalesce(sum(amount_kop) filter (where kind in ('refund', 'part_refund')), 0)::bigint as refunded,
      coalesce(-sum(amount_kop) filter (where kind = 'reversal'), 0)::bigint as reversed,
      coalesce(-sum(amount_kop) filter (where kind = 'repayment'), 0)::bigint as repaid
    from pay.ledger_entries),
  runs as (
    select coalesce(sum(kept_kop), 0)::bigint as kept,
      coalesce(sum(price_kop) filter (where finished_at is null), 0)::bigint as held from pay.generations),
  given as (select coalesce(sum(amount_kop), 0)::bigint as paid from pay.payments),
  back as (select coalesce(sum(amount_kop - debt_kop), 0)::bigint as taken, coalesce(sum(debt_kop - forgiven_kop), 0)::bigint as owed
           from pay.reversals),
  wallets as (select coalesce(sum(balance_kop), 0)::bigint as balance, coalesce(sum(debt_kop), 0)::bigint as debt from pay.wallets)
  select question, left_kop, right_kop from entries, runs, given, back, wallets,
    lateral (values
      ('balances = all entries', balance, total),
      ('debits - refunds = kept + held', debited - refunded, kept + held),
      ('top-ups = payments', topped_up, paid),
      ('reversed entries = taken by reversals', reversed, taken),
      ('debts = owed - repaid', debt, owed - repaid)
    ) as q(question, left_kop, right_kop);

-- The sum of each contra account: what users got from it, negative what they gave to it.
create view pay.contra_sums as
  select contra, count(*) as entries, sum(amount_kop)::bigint as kop from pay.ledger_entries group by contra;

-- What runs of the last 30 days were expected to cost and did, in the provider's credits, where it said so.
create view pay.costs as
  select g.model_id, count(*) as runs, sum(q.credits) as expected, sum(g.cost_credits) as real
  from pay.generations g
  join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
  where g.finished_at > now() - interval '30 days' and g.cost_credits is not null and g.exec_state = 'success'
  group by g.model_id;
grant select on pay.books, pay.contra_sums, pay.costs to pay_app;
