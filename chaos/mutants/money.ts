import type { Mutant } from './mutant.ts'

const payments = 'sql/functions/payments.sql'
const move = 'sql/functions/wallets.sql'

/** Wallets, the ledger, payments and gifts. */
export const money: Mutant[] = [
  {
    what: 'a debit does not look at the balance, and no constraint does',
    file: move,
    find: 'where w.user_id = p_user and w.balance_kop + p_amount >= 0',
    replace: 'where w.user_id = p_user',
    test: 'money/orders',
  },
  {
    what: 'a balance of exactly the price is too little',
    file: move,
    find: 'w.balance_kop + p_amount >= 0',
    replace: 'w.balance_kop + p_amount > 0',
    test: 'money/orders',
  },
  {
    what: 'a wallet is set from what was read before',
    file: move,
    find: 'set balance_kop = w.balance_kop + p_amount, seq',
    replace: 'set balance_kop = (select x.balance_kop from pay.wallets x where x.user_id = p_user) + p_amount, seq',
    test: 'money/top-ups',
  },
  {
    what: 'the ledger may be rewritten',
    file: 'sql/functions/triggers.sql',
    find: 'trigger ledger_rows   before update or delete',
    replace: 'trigger ledger_rows   before delete',
    test: 'money/orders',
  },
  {
    what: 'a payment of another sum is credited',
    file: payments,
    find: ' or t.total <> p_total then',
    replace: ' then',
    test: 'money/top-ups',
  },
  {
    what: 'a payment by somebody else is credited',
    file: payments,
    find: "    when t.user_id <> p_user then 'foreign_order'\n",
    replace: '',
    test: 'money/top-ups',
  },
  {
    what: 'what was spent of a returned payment is forgotten',
    file: payments,
    find: 'set debt_kop = x.debt_kop + p.amount_kop - v_taken',
    replace: 'set debt_kop = x.debt_kop',
    test: 'money/top-ups',
  },
  {
    what: 'a code is taken more often than it may',
    file: 'sql/functions/gifts.sql',
    find: "when c.used >= c.uses then 'gone' end;",
    replace: 'end;',
    test: 'money/gifts',
  },
  {
    what: 'guesses at codes are not counted',
    file: 'sql/functions/gifts.sql',
    find: 'p_user and t.starts_at = v_hour) >= 5 then',
    replace: 'p_user and t.starts_at = v_hour) >= 5000 then',
    test: 'money/gifts',
  },
  {
    what: 'a transfer is paid by the news of a payment',
    file: payments,
    find: "if p_provider = 'manual' or p_charge",
    replace: 'if p_charge',
    test: 'money/top-ups',
  },
  {
    what: 'of two payments of one invoice at once neither is the second',
    file: payments,
    find: 'v_second := t.plan_id is null and exists (',
    replace: "v_second := t.plan_id is null and t.state = 'paid' and exists (",
    test: 'money/top-ups',
  },
  {
    what: 'an entry may stand against any account',
    file: 'sql/migrations/0001_users_and_wallets.sql',
    find: 'constraint entry_account check (contra = case kind',
    replace: 'constraint entry_account check (true or contra = case kind',
    test: 'money/audit',
  },
]
