-- The ledger as an accountant checks it, and the base of the models' figures.

-- Each account with the sum of its legs: an entry adds its amount to a wallet and takes it from the account of its kind, so
-- all of them together are zero.
create or replace view pay.accounts as
  with sums as materialized (
    select contra, count(*) as entries, sum(amount_kop)::bigint as kop from pay.ledger_entries group by contra)
  select 'wallets' as account, coalesce(sum(entries), 0)::bigint as entries, coalesce(sum(kop), 0)::bigint as kop from sums
  union all
  select contra, entries, -kop from sums;
grant select on pay.accounts to pay_app;

-- What the books say in one snapshot: each line a question with its two sides, which must be equal. What the owner of the
-- books could write by hand, with every entry, balance and chain in order, still lacks its cause: that is asked too. The
-- balance of each account, from the rows that stand for it, is the sum of its entries.
create or replace view pay.books as
  with entries as (
    select coalesce(sum(amount_kop), 0)::bigint as total,
      coalesce(sum(amount_kop) filter (where kind = 'topup'), 0)::bigint as topped_up,
      coalesce(-sum(amount_kop) filter (where kind = 'debit'), 0)::bigint as debited,
      coalesce(sum(amount_kop) filter (where kind in ('refund', 'part_refund')), 0)::bigint as refunded,
      coalesce(-sum(amount_kop) filter (where kind = 'reversal'), 0)::bigint as reversed,
      coalesce(-sum(amount_kop) filter (where kind = 'repayment'), 0)::bigint as repaid,
      coalesce(sum(amount_kop) filter (where kind in ('bonus', 'referral') and external_ref <> 'start'), 0)::bigint as given,
      coalesce(sum(amount_kop) filter (where kind in ('bonus', 'referral') and external_ref = 'start'), 0)::bigint as welcome,
      coalesce(sum(amount_kop) filter (where contra = 'sales'), 0)::bigint as sales,
      coalesce(sum(amount_kop) filter (where contra = 'cash'), 0)::bigint as cash,
      coalesce(sum(amount_kop) filter (where contra = 'promo'), 0)::bigint as promo,
      coalesce(sum(amount_kop) filter (where contra = 'adjust'), 0)::bigint as adjusted,
      coalesce(sum(amount_kop) filter (where contra = 'groups'), 0)::bigint as in_groups
    from pay.ledger_entries),
  runs as (
    select coalesce(sum(kept_kop), 0)::bigint as kept,
      coalesce(sum(price_kop) filter (where finished_at is null), 0)::bigint as held from pay.generations),
  -- A payment belongs to an order that was paid, or to an admin's decision about one that matched no order.
  payments as (
    select coalesce(sum(p.amount_kop), 0)::bigint as paid,
      coalesce(sum(p.amount_kop) filter (where t.state = 'paid' or a.id is not null), 0)::bigint as caused
    from pay.payments p
    left join pay.top_ups t on t.id = p.top_up_id
    left join (select x.id, x.subject, x.user_id from pay.admin_actions x join pay.audit_log l on l.action_id = x.id
               where x.outcome = 'parked_credited') a on a.subject = p.charge_id and a.user_id = p.user_id),
  codes as (
    select coalesce(sum(c.amount_kop), 0)::bigint as claimed from pay.promo_claims k join pay.promo_codes c using (code)),
  acts as (
    select coalesce(sum(case a.outcome when 'credited' then a.amount_kop when 'taken' then -a.amount_kop end), 0)::bigint as moved
    from pay.admin_actions a join pay.audit_log l on l.action_id = a.id),
  back as (
    select coalesce(sum(amount_kop - debt_kop), 0)::bigint as taken, coalesce(sum(debt_kop - forgiven_kop), 0)::bigint as owed,
      coalesce(sum(amount_kop - forgiven_kop) filter (where state = 'refused'), 0)::bigint as refused
    from pay.reversals),
  wallets as (select coalesce(sum(balance_kop), 0)::bigint as balance, coalesce(sum(debt_kop), 0)::bigint as debt from pay.wallets)
  select question, left_kop, right_kop from entries, runs, payments, codes, acts, back, wallets,
    lateral (values
      ('all accounts together = 0', balance - sales - cash - promo - adjusted - in_groups, 0),
      ('account groups = 0', in_groups, 0),
      ('balances = all entries', balance, total),
      ('account sales = kept + held', -sales, kept + held),
      ('account cash = payments - given back + refused', cash, paid - taken - (owed - debt) + refused),
      ('account promo = welcome + codes claimed', promo, welcome + claimed),
      ('account adjust = admins'' acts in the audit log', adjusted, moved),
      ('debits - refunds = kept + held', debited - refunded, kept + held),
      ('top-ups = payments', topped_up, paid),
      ('payments = orders paid + admins'' decisions', paid, caused),
      ('bonuses after the welcome = codes claimed', given, claimed),
      ('reversed entries = taken by reversals', reversed, taken),
      ('debts = owed - repaid', debt, owed - repaid)
    ) as q(question, left_kop, right_kop);
grant select on pay.books to pay_app;

-- The expected and the real cost of runs in the last 30 days, in the provider's credits, if the provider reported it.
create or replace view pay.costs as
  select g.model_id, count(*) as runs, sum(q.credits) as expected, sum(g.cost_credits) as real
  from pay.generations g
  join pay.quotes q on q.user_id = g.user_id and q.id = g.quote_id
  where g.finished_at > now() - interval '30 days' and g.cost_credits is not null and g.exec_state = 'success'
  group by g.model_id;
grant select on pay.costs to pay_app;

-- Runs that say something about a model: failures of the person's own (inputs, refused content, cancels) are left out.
create or replace view pay.judged_events as
  select model_id, created_at, status, duration_ms from pay.generation_events
  where status <> 'started' and (error_code is null or error_code not in ('invalid_input', 'moderation', 'cancelled'));
grant select on pay.judged_events to pay_app;
