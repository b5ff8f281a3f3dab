-- Every promise as a query. For books of ten million entries: joining tables of that size with each other takes minutes. So
-- first each table is read once, and only of people whose sums disagree are the rows compared.

-- People with a row on one side of a promise that the other side lacks. Each side of each promise is folded into the xor of
-- its rows' hashes: rows that are alike on both sides cancel each other. Whether
-- there are too many of them, `books` tells by its sums as well.
create or replace view pay.suspects as
  select user_id from (
    -- The chain of the ledger: what an entry began with ended the one before; it begins with nothing and ends in the wallet.
    select user_id, hashint8extended(0, 1) # hashint8extended(balance_kop, seq + 1) as chain, null::bigint as debits,
      null::bigint as returns, null::bigint as starts, null::bigint as endings, null::bigint as messages from pay.wallets
    union all
    select user_id,
      hashint8extended(balance_before, seq) # hashint8extended(balance_before + amount_kop, seq + 1)
        # (balance_after - balance_before - amount_kop),
      case kind when 'debit' then hashtextextended(generation_id, -amount_kop) end,
      case kind when 'refund' then hashtextextended(generation_id, amount_kop)
        when 'part_refund' then hashtextextended(generation_id, -amount_kop) end,
      null, null, null from pay.ledger_entries
    union all
    select user_id, null,
      case when not is_free then hashtextextended(id, price_kop) end,
      case when money_state = 'refunded' then hashtextextended(id, price_kop)
        when kept_kop < price_kop then hashtextextended(id, kept_kop - price_kop) end,
      hashtextextended(id, 2 * price_kop + is_free::int),
      case when finished_at is not null then hashtextextended(id || exec_state, coalesce(kept_kop, price_kop)) end,
      case when finished_at is not null then hashtextextended(id, 0) end from pay.generations
    union all
    select user_id, null, null, null,
      case status when 'started' then hashtextextended(request_id, (200 * price_rub)::bigint + is_free_applied::int) end,
      case when status <> 'started' then hashtextextended(request_id || status, (100 * price_rub)::bigint) end,
      null from pay.generation_events
    union all
    select user_id, null, null, null, null, null, hashtextextended(substr(dedupe, 5), 0) from pay.outbox
      where dedupe like 'gen:%') x
  group by user_id
  having bit_xor(chain) <> 0 or bit_xor(debits) <> 0 or bit_xor(returns) <> 0 or bit_xor(starts) <> 0 or bit_xor(endings) <> 0
    or bit_xor(messages) <> 0;

-- Each row is a violated invariant. Read it in one REPEATABLE READ snapshot, on the primary. The promises are those of
-- docs/reliability.md. If a person's sums agree, their rows are not compared.
create or replace view pay.broken as
  select b.promise, b.key from pay.suspects s, lateral (
    select 'balance <> ledger' as promise, w.user_id::text as key from pay.wallets w,
        (select coalesce(sum(amount_kop), 0) as total, coalesce(max(seq), 0) as top, count(*) as n
         from pay.ledger_entries where user_id = s.user_id) l
      where w.user_id = s.user_id and (w.balance_kop <> l.total or w.seq <> l.top or l.top <> l.n)
    union all select 'chain gap', s.user_id || ':' || seq from (
        select seq, amount_kop, balance_before, balance_after, lag(balance_after, 1, 0::bigint) over (order by seq) as prev
        from pay.ledger_entries where user_id = s.user_id) x
      where balance_before <> prev or balance_after <> balance_before + amount_kop
    union all select case when g.id is null then 'entry without generation' else 'paid without its debit' end,
        coalesce(g.id, s.user_id || ':' || l.seq) from (select * from pay.generations where user_id = s.user_id) g
      full join (select * from pay.ledger_entries where user_id = s.user_id and kind = 'debit') l on l.generation_id = g.id
      where g.id is null or coalesce(-l.amount_kop, 0) <> g.price_kop
    union all select case when g.id is null then 'entry without generation'
        when g.money_state = 'refunded' then 'refunded without its refund'
        when l.kind = 'refund' then 'refund of a generation that stands'
        else 'kept and returned <> price' end,
        coalesce(g.id, s.user_id || ':' || l.seq) from (select * from pay.generations where user_id = s.user_id) g
      full join (select * from pay.ledger_entries where user_id = s.user_id and kind in ('refund', 'part_refund')) l
        on l.generation_id = g.id
      where case when g.id is null then true
        when g.money_state = 'refunded' then l.kind is distinct from 'refund' or l.amount_kop <> g.price_kop
        when l.kind = 'refund' then true
        else coalesce(l.amount_kop, 0) <> g.price_kop - coalesce(g.kept_kop, g.price_kop) end
    union all select 'entry twice', generation_id || ' ' || kind from pay.ledger_entries
      where user_id = s.user_id and generation_id is not null group by generation_id, kind having count(*) > 1
    union all select case when g.id is null then 'event without generation' else 'no started event' end, coalesce(g.id, e.id::text)
      from (select * from pay.generations where user_id = s.user_id) g
      full join (select * from pay.generation_events where user_id = s.user_id and status = 'started') e on e.request_id = g.id
      where g.id is null or e.id is null or e.price_rub * 100 <> g.price_kop or e.is_free_applied <> g.is_free
    union all select case when g.id is null then 'event without generation' else 'final event disagrees' end, coalesce(g.id, e.id::text)
      from (select * from pay.generations where user_id = s.user_id) g
      full join (select * from pay.generation_events where user_id = s.user_id and status <> 'started') e on e.request_id = g.id
      where g.id is null or (g.finished_at is null) <> (e.id is null) or e.status <> g.exec_state
        or e.price_rub * 100 <> coalesce(g.kept_kop, g.price_kop)
    union all select 'event twice', request_id from pay.generation_events
      where user_id = s.user_id group by request_id, status = 'started' having count(*) > 1
    union all select 'finished without outbox', g.id from pay.generations g
      where g.user_id = s.user_id and g.finished_at is not null and not exists (
        select from pay.outbox o where o.dedupe = 'gen:' || g.id and o.user_id = g.user_id)
    union all select 'message of no ending', o.dedupe from pay.outbox o
      where o.user_id = s.user_id and o.dedupe like 'gen:%' and not exists (
        select from pay.generations g where g.user_id = o.user_id and 'gen:' || g.id = o.dedupe and g.finished_at is not null)) b
  union all select 'negative balance', user_id::text from pay.wallets where balance_kop < 0
  union all select promise, key from (
    select case
      when g.finished_at is null and g.deadline_at < now() - interval '20 minutes' then 'open past its deadline'
      when g.money_state = 'captured' and g.exec_state <> 'success'
        or g.exec_state = 'success' and g.money_state not in ('captured', 'free') then 'captured without success'
      when g.kept_kop < g.price_kop and g.promised <= (
        select count(*) from pay.results r where r.user_id = g.user_id and r.generation_id = g.id)
        then 'kept in part with all results' end as promise, g.id as key from pay.generations g) x
    where promise is not null
  union all select 'success without result', g.id from pay.generations g where exec_state = 'success' and not exists (
      select from pay.results r where r.user_id = g.user_id and r.generation_id = g.id)
  union all select promise, key from (
    select case
      when q.price_kop <> g.price_kop then 'charged other than quoted'
      when (q.full_kop is null) <> (g.grant_ref is null) or q.full_kop > b.cap_kop then 'bonus run outside its grant' end as promise,
      g.id as key
    from pay.generations g
    join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
    left join pay.bonus_grants b on b.user_id = g.user_id and b.ref = g.grant_ref) x
    where promise is not null
  union all select 'late result other than its run', g.id from pay.generations g
      left join pay.generations o on o.user_id = g.user_id and o.id = g.late_of and o.money_state in ('refunded', 'free')
        and o.exec_state <> 'success' and o.is_free = g.is_free and o.price_kop >= g.price_kop
      where g.late_of is not null and o.id is null
  union all select 'late result taken without its run', l.generation_id from pay.late_results l where l.state = 'taken' and not exists (
      select from pay.generations g where g.user_id = l.user_id and g.late_of = l.generation_id and g.id = l.take_id)
  union all select 'debt <> reversals', w.user_id::text from pay.wallets w
      left join (select user_id, sum(debt_kop - forgiven_kop) as owed from pay.reversals group by user_id) r using (user_id)
      left join (select user_id, sum(amount_kop) as repaid from pay.ledger_entries where kind = 'repayment' group by user_id) l using (user_id)
      where w.debt_kop <> coalesce(r.owed, 0) + coalesce(l.repaid, 0)
  union all select 'reversal without its entry', r.provider || ':' || r.charge_id from pay.reversals r
      where r.amount_kop - r.debt_kop <> coalesce((select -sum(l.amount_kop) from pay.ledger_entries l
        where l.user_id = r.user_id and l.kind = 'reversal' and l.external_ref = r.provider || ':' || r.charge_id), 0)
  union all select 'entry without its reversal', l.user_id || ':' || l.seq from pay.ledger_entries l where l.kind = 'reversal' and not exists (
      select from pay.reversals r where r.user_id = l.user_id and l.external_ref = r.provider || ':' || r.charge_id)
  union all select 'payment other than its order', p.provider || ':' || p.charge_id from pay.payments p
      join pay.top_ups t on t.id = p.top_up_id
      where t.user_id <> p.user_id or t.provider <> p.provider or t.currency <> p.currency
        or p.provider <> 'manual' and (t.total, t.amount_kop) is distinct from (p.total, p.amount_kop)
  union all select 'paid order without payment', t.id from pay.top_ups t where t.state = 'paid' and not exists (
      select from pay.payments p where p.top_up_id = t.id)
  union all select 'month without its plan', p.provider || ':' || p.charge_id from pay.payments p
      left join pay.top_ups t on t.id = p.top_up_id
      where (p.until_at is null) <> (t.plan_id is null)
  union all select 'plan without its terms', t.id from pay.top_ups t where t.plan_id is not null and not exists (
      select from pay.subscriptions s where s.user_id = t.user_id and s.id = t.id)
  union all select 'plan goes on unpaid', s.id from pay.subscriptions s where s.state in ('active', 'stopping', 'stopped')
      and not exists (select from pay.payments p where p.user_id = s.user_id and p.top_up_id = s.id)
  union all select 'claims of a code disagree', c.code from pay.promo_codes c where c.used <> (
      select count(*) from pay.promo_claims k where k.code = c.code)
  union all select 'claim without its credit', k.code || ':' || k.user_id from pay.promo_claims k where not exists (
      select from pay.ledger_entries l where l.user_id = k.user_id and l.kind = 'bonus' and l.external_ref = 'promo:' || k.code)
  union all select 'credit without its claim', l.user_id || ':' || l.seq from pay.ledger_entries l
      where l.kind = 'bonus' and l.external_ref like 'promo:%' and not exists (
        select from pay.promo_claims k where k.user_id = l.user_id and l.external_ref = 'promo:' || k.code)
  union all select 'invitation without its runs', r.invitee::text from pay.referrals r
      where (r.rewarded_at is null) = exists (select from pay.bonus_grants b
        where b.user_id = r.inviter and b.ref = 'referral:' || r.invitee)
  union all select 'correction without its cause', l.user_id || ':' || l.seq from pay.ledger_entries l where l.kind = 'adjust'
      and l.external_ref like 'admin:%' and not exists (
        select from pay.admin_actions a where a.user_id = l.user_id and a.done_at is not null and l.external_ref = 'admin:' || a.id)
  union all select 'payment without its credit', p.provider || ':' || p.charge_id from pay.payments p where not exists (
      select from pay.ledger_entries l where l.user_id = p.user_id and l.kind = 'topup'
        and l.external_ref = p.provider || ':' || p.charge_id and l.amount_kop = p.amount_kop)
  union all select 'free runs disagree', f.user_id || ':' || f.model_id || ':' || f.window_kind || ':' || f.starts_at from pay.free_usage f
      where f.starts_at > now() - interval '30 days' and f.used + f.returned <> (
        select count(*) from pay.generations g where g.user_id = f.user_id and g.model_id = f.model_id and g.is_free and g.grant_ref is null and g.late_of is null
          and pay.window_start(f.window_kind, g.created_at) = f.starts_at)
  union all select 'bonus runs disagree', b.user_id || ':' || b.ref from pay.bonus_grants b where b.used + b.returned <> (
      select count(*) from pay.generations g where g.user_id = b.user_id and g.grant_ref = b.ref)
  union all select 'kept file with chunks missing', f.generation_id || ':' || f.n from pay.kept_files f
      where f.is_whole and f.expires_at > now() and ceil(f.bytes / 262144.0) <> (
        select count(*) from pay.kept_chunks c where c.user_id = f.user_id and c.generation_id = f.generation_id and c.n = f.n)
  union all select 'gift to a group without its other entry', l.user_id || ':' || l.seq from pay.ledger_entries l
      where l.kind in ('to_group', 'from_member') and 1 <> (
        select count(*) from pay.ledger_entries o where o.kind in ('to_group', 'from_member') and o.kind <> l.kind
          and o.external_ref = l.external_ref and o.amount_kop = -l.amount_kop)
  union all select 'order of a group paid by a stranger', o.quote_id from pay.group_orders o
      where o.payer_id <> o.asked_by and not exists (select from pay.groups g where g.account_id = o.payer_id)
  union all select 'top-up without payment', l.user_id || ':' || l.seq from pay.ledger_entries l where l.kind = 'topup' and not exists (
      select from pay.payments p where p.user_id = l.user_id and l.external_ref = p.provider || ':' || p.charge_id);
grant select on pay.broken to pay_app;
