export type Mutant = {
  /** The defect, as a reviewer would name it. */
  what: string
  file: string
  find: string
  replace: string
  /** A test file that must fail with it. */
  test: string
}

const finish = 'sql/0013_bonus_runs.sql'
const move = 'sql/0001_users_and_money.sql'

/** Defects made by hand: each names its place by a text that stands there once. */
export const mutants: Mutant[] = [
  {
    what: 'a debit does not look at the balance, and no constraint does',
    file: move,
    find: 'where w.user_id = p_user and w.balance_kop + p_amount >= 0',
    replace: 'where w.user_id = p_user',
    test: 'orders',
  },
  {
    what: 'a balance of exactly the price is too little',
    file: move,
    find: 'w.balance_kop + p_amount >= 0',
    replace: 'w.balance_kop + p_amount > 0',
    test: 'orders',
  },
  {
    what: 'a wallet is set from what was read before',
    file: move,
    find: 'set balance_kop = w.balance_kop + p_amount, seq',
    replace: 'set balance_kop = (select x.balance_kop from pay.wallets x where x.user_id = p_user) + p_amount, seq',
    test: 'top-ups',
  },
  {
    what: 'the ledger may be rewritten',
    file: move,
    find: 'create trigger ledger_rows   before update or delete',
    replace: 'create trigger ledger_rows   before delete',
    test: 'orders',
  },
  {
    what: 'a run stands without its debit',
    file: 'sql/0002_generations.sql',
    find: 'add constraint paid_needs_debit',
    replace: 'add constraint unused',
    test: 'holds',
  },
  {
    what: 'a run is settled whatever its state',
    file: finish,
    find: 'x.id = p_id and x.finished_at is null',
    replace: 'x.id = p_id',
    test: 'orders-of-endings',
  },
  {
    what: 'a timeout comes before the deadline',
    file: finish,
    find: "and (p_outcome <> 'timeout' or x.deadline_at <= clock_timestamp())",
    replace: '',
    test: 'holds',
  },
  {
    what: 'a run is cancelled after it was sent',
    file: finish,
    find: "and (p_code is distinct from 'cancelled' or x.exec_state = 'queued')",
    replace: '',
    test: 'holds',
  },
  {
    what: 'a failure keeps the money',
    file: finish,
    find: "if g.money_state = 'refunded' or g.kept_kop",
    replace: 'if g.kept_kop',
    test: 'orders',
  },
  {
    what: 'a part is rounded down',
    file: finish,
    find: '(x.price_kop * v_arrived + v_promised - 1) / v_promised',
    replace: 'greatest(1, x.price_kop * v_arrived / v_promised)',
    test: 'orders',
  },
  {
    what: 'an unknown run is settled silently',
    file: finish,
    find: "if not found then raise exception 'unknown_generation' using errcode = 'P0404'; end if;",
    replace: '',
    test: 'orders',
  },
  {
    what: 'a free run goes back to another window',
    file: finish,
    find: 'pay.window_start(v_kind, g.created_at) and f.used > 0',
    replace: 'pay.window_start(v_kind, now()) and f.used > 0',
    test: 'orders',
  },
  {
    what: 'a bonus run is not given back',
    file: finish,
    find: 'update pay.bonus_grants b set used = b.used - 1 where',
    replace: 'update pay.bonus_grants b set used = b.used where',
    test: 'gifts',
  },
  {
    what: 'a settlement queues no message',
    file: finish,
    find: "values ('gen:' || p_id, p_user,",
    replace: "values ('nothing:' || p_id, p_user,",
    test: 'orders',
  },
  {
    what: 'a debit takes a kopeck more than was shown',
    file: finish,
    find: "'debit', -v_quote.price_kop, 'sales'",
    replace: "'debit', -v_quote.price_kop - 1, 'sales'",
    test: 'holds',
  },
  {
    what: 'an expired price is charged',
    file: finish,
    find: "if v_quote.expires_at <= now() then raise exception 'quote_expired' using errcode = 'P0410'; end if;",
    replace: '',
    test: 'orders',
  },
  {
    what: 'the number of open runs is not limited',
    file: finish,
    find: 'g.finished_at is null) > p_open_max',
    replace: 'g.finished_at is null) > p_open_max + 1000',
    test: 'orders',
  },
  {
    what: 'free runs have no limit',
    file: finish,
    find: 'where f.used < excluded.lim',
    replace: 'where f.used < 1000',
    test: 'orders',
  },
  {
    what: 'a debtor starts paid runs',
    file: finish,
    find: 'where w.user_id = p_user) > 0 then',
    replace: 'where w.user_id = p_user) < 0 then',
    test: 'gifts',
  },
  {
    what: 'a submit is repeated by another worker',
    file: 'sql/0004_operations.sql',
    find: "g.exec_state = 'submitting' and g.submit_token = p_token and g.task_id is null)",
    replace: "g.exec_state = 'submitting')",
    test: 'orders',
  },
  {
    what: 'a worker that overslept takes an order back',
    file: 'sql/0004_operations.sql',
    find: "set exec_state = 'queued', next_at = now() + p_look_again\n  where g.user_id = p_user and g.id = p_id and g.attempt = p_attempt",
    replace: "set exec_state = 'queued', next_at = now() + p_look_again\n  where g.user_id = p_user and g.id = p_id",
    test: 'orders',
  },
  {
    what: 'a callback cannot name the lost task',
    file: 'sql/0004_operations.sql',
    find: "where g.id = p_id and g.exec_state = 'submitting' and g.task_id is null;",
    replace: 'where false;',
    test: 'integration',
  },
  {
    what: 'a payment of another sum is credited',
    file: 'sql/0020_payments_of_providers.sql',
    find: ' or t.total <> p_total then',
    replace: ' then',
    test: 'top-ups',
  },
  {
    what: 'a payment by somebody else is credited',
    file: 'sql/0020_payments_of_providers.sql',
    find: "    when t.user_id <> p_user then 'foreign_order'\n",
    replace: '',
    test: 'top-ups',
  },
  {
    what: 'what was spent of a returned payment is forgotten',
    file: 'sql/0010_money_in.sql',
    find: 'set debt_kop = x.debt_kop + p.amount_kop - v_taken',
    replace: 'set debt_kop = x.debt_kop',
    test: 'top-ups',
  },
  {
    what: 'a code is taken more often than it may',
    file: 'sql/0011_bonuses.sql',
    find: "when c.used >= c.uses then 'gone' end;",
    replace: 'end;',
    test: 'gifts',
  },
  {
    what: 'guesses at codes are not counted',
    file: 'sql/0011_bonuses.sql',
    find: 'p_user and t.starts_at = v_hour) >= 5 then',
    replace: 'p_user and t.starts_at = v_hour) >= 5000 then',
    test: 'gifts',
  },
  {
    what: 'a refused order is sent again',
    file: 'src/payments/integration.ts',
    find: "    case 'refused':\n",
    replace:
      "    case 'refused':\n      await untilAnswered(() => genRequeue(sql, ref, attempt, 0), writeMs)\n      return 'later'\n",
    test: 'integration',
  },
  {
    what: 'an unknown submit is taken back',
    file: 'src/payments/integration.ts',
    find: "'submit unknown: a task may exist, never sent again')\n",
    replace:
      "'submit unknown: a task may exist, never sent again')\n      await untilAnswered(() => genRequeue(sql, ref, attempt, 0), writeMs)\n",
    test: 'integration',
  },
  {
    what: 'a callback is believed by its address alone',
    file: 'src/upstream/callbacks.ts',
    find: 'isSame(mac, macOf(generationId, secret))',
    replace: 'mac.length > 0',
    test: 'upstream-callbacks',
  },
  {
    what: 'a run is given up while its result may be on its way',
    file: 'src/payments/generations.ts',
    find: 'graceMs = 15 * 60_000',
    replace: 'graceMs = 5 * 60_000',
    test: 'holds',
  },
  {
    what: 'a price of nothing is sold',
    file: 'src/catalogue/pricing.ts',
    find: '  if (kop < 1) throw',
    replace: '  if (kop < 0) throw',
    test: 'catalogue-pricing',
  },
  {
    what: 'a transfer is paid by the news of a payment',
    file: 'sql/0020_payments_of_providers.sql',
    find: "if p_provider = 'manual' or p_charge",
    replace: 'if p_charge',
    test: 'top-ups',
  },
  {
    what: 'of two payments of one invoice at once neither is the second',
    file: 'sql/0020_payments_of_providers.sql',
    find: 'v_second := exists (',
    replace: "v_second := t.state = 'paid' and exists (",
    test: 'top-ups',
  },
  {
    what: 'a rate may be no number',
    file: 'sql/0019_rates_are_numbers.sql',
    find: "check (usd_rub_rate < 'Infinity')",
    replace: 'check (true)',
    test: 'holds',
  },
  {
    what: 'a default that was priced is not sent',
    file: 'src/catalogue/parameters.ts',
    find: '  const full = withDefaults(model, inputs)\n  const wire',
    replace: '  const full = inputs\n  const wire',
    test: 'catalogue-pricing',
  },
  {
    what: 'our own state is shown as the provider’s',
    file: 'src/bot/admin-find.ts',
    find: "run.taskId === null ? { kind: 'not_found' } : await deps.operator.task(run.taskId)",
    replace: "{ kind: 'not_found' }",
    test: 'verdicts',
  },
]
