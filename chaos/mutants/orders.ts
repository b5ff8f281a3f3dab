import type { Mutant } from './mutant.ts'

const start = 'sql/functions/orders.sql'
const run = 'sql/functions/runs.sql'

/** Quotes and prices, the start of a run and its way through the provider. */
export const orders: Mutant[] = [
  {
    what: 'a run stands without its debit',
    file: 'sql/migrations/0004_quotes_and_runs.sql',
    find: 'add constraint paid_needs_debit',
    replace: 'add constraint unused',
    test: 'money/holds',
  },
  {
    what: 'a debit takes a kopeck more than was shown',
    file: start,
    find: "'debit', -v_quote.price_kop, 'sales'",
    replace: "'debit', -v_quote.price_kop - 1, 'sales'",
    test: 'money/holds',
  },
  {
    what: 'an expired price is charged',
    file: start,
    find: "if v_quote.expires_at <= now() then raise exception 'quote_expired' using errcode = 'P0410'; end if;",
    replace: '',
    test: 'money/orders',
  },
  {
    what: 'the number of open runs is not limited',
    file: start,
    find: 'if v_open > p_open_max and',
    replace: 'if v_open > p_open_max + 1000 and',
    test: 'money/orders',
  },
  {
    what: 'free runs have no limit',
    file: start,
    find: 'where f.used < excluded.lim',
    replace: 'where f.used < 1000',
    test: 'money/orders',
  },
  {
    what: 'a debtor starts paid runs',
    file: start,
    find: 'where w.user_id = p_user) > 0 then',
    replace: 'where w.user_id = p_user) < 0 then',
    test: 'money/gifts',
  },
  {
    what: 'a submit is repeated by another worker',
    file: run,
    find: "g.exec_state = 'submitting' and g.submit_token = p_token and g.task_id is null)",
    replace: "g.exec_state = 'submitting')",
    test: 'money/orders',
  },
  {
    what: 'a worker that overslept takes an order back',
    file: run,
    find: "set exec_state = 'queued', next_at = now() + p_look_again\n  where g.user_id = p_user and g.id = p_id and g.attempt = p_attempt",
    replace: "set exec_state = 'queued', next_at = now() + p_look_again\n  where g.user_id = p_user and g.id = p_id",
    test: 'money/orders',
  },
  {
    what: 'a callback cannot name the lost task',
    file: run,
    find: "where g.id = p_id and g.exec_state = 'submitting' and g.task_id is null;",
    replace: 'where false;',
    test: 'money/integration',
  },
  {
    what: 'a refused order is sent again',
    file: 'src/payments/integration.ts',
    find: "    case 'refused':\n",
    replace:
      "    case 'refused':\n      await untilAnswered(() => genRequeue(sql, ref, attempt, 0), writeMs)\n      return 'later'\n",
    test: 'money/integration',
  },
  {
    what: 'an unknown submit is taken back',
    file: 'src/payments/integration.ts',
    find: "'submit unknown: a task may exist, never sent again')\n",
    replace:
      "'submit unknown: a task may exist, never sent again')\n      await untilAnswered(() => genRequeue(sql, ref, attempt, 0), writeMs)\n",
    test: 'money/integration',
  },
  {
    what: 'a callback is believed by its address alone',
    file: 'src/upstream/callbacks.ts',
    find: 'isSame(mac, macOf(generationId, secret))',
    replace: 'mac.length > 0',
    test: 'upstream/callbacks',
  },
  {
    what: 'a price of nothing is sold',
    file: 'src/catalogue/pricing.ts',
    find: '  if (kop < 1) throw',
    replace: '  if (kop < 0) throw',
    test: 'catalogue/pricing',
  },
  {
    what: 'a rate may be no number',
    file: 'sql/migrations/0004_quotes_and_runs.sql',
    find: "check (usd_rub_rate < 'Infinity')",
    replace: 'check (true)',
    test: 'money/holds',
  },
  {
    what: 'a default that was priced is not sent',
    file: 'src/catalogue/parameters.ts',
    find: '  const full = withDefaults(model, inputs)\n  const wire',
    replace: '  const full = inputs\n  const wire',
    test: 'catalogue/pricing',
  },
]
