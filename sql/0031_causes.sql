-- What the owner of the books could write by hand, with every entry, balance and chain in order, still lacks its cause: an
-- accountant asks for that too. As in 0016, with three more questions.
create or replace view pay.books as
  with entries as (
    select coalesce(sum(amount_kop), 0)::bigint as total,
      coalesce(sum(amount_kop) filter (where kind = 'topup'), 0)::bigint as topped_up,
      coalesce(-sum(amount_kop) filter (where kind = 'debit'), 0)::bigint as debited,
      coalesce(sum(amount_kop) filter (where kind in ('refund', 'part_refund')), 0)::bigint as refunded,
      coalesce(-sum(amount_kop) filter (where kind = 'reversal'), 0)::bigint as reversed,
      coalesce(-sum(amount_kop) filter (where kind = 'repayment'), 0)::bigint as repaid,
      coalesce(sum(amount_kop) filter (where kind in ('bonus', 'referral') and external_ref <> 'start'), 0)::bigint as given,
      coalesce(sum(amount_kop) filter (where kind = 'adjust' and contra = 'adjust'), 0)::bigint as adjusted
    from pay.ledger_entries),
  runs as (
    select coalesce(sum(kept_kop), 0)::bigint as kept,
      coalesce(sum(price_kop) filter (where finished_at is null), 0)::bigint as held from pay.generations),
  -- A payment stands for an order that was paid, or for an admin's decision about one that fitted none.
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
  back as (select coalesce(sum(amount_kop - debt_kop), 0)::bigint as taken, coalesce(sum(debt_kop - forgiven_kop), 0)::bigint as owed
           from pay.reversals),
  wallets as (select coalesce(sum(balance_kop), 0)::bigint as balance, coalesce(sum(debt_kop), 0)::bigint as debt from pay.wallets)
  select question, left_kop, right_kop from entries, runs, payments, codes, acts, back, wallets,
    lateral (values
      ('balances = all entries', balance, total),
      ('debits - refunds = kept + held', debited - refunded, kept + held),
      ('top-ups = payments', topped_up, paid),
      ('payments = orders paid + admins'' decisions', paid, caused),
      ('bonuses after the welcome = codes claimed', given, claimed),
      ('adjustments = admins'' acts in the audit log', adjusted, moved),
      ('reversed entries = taken by reversals', reversed, taken),
      ('debts = owed - repaid', debt, owed - repaid)
    ) as q(question, left_kop, right_kop);
