import type { Mutant } from './mutant.ts'

const finish = 'sql/functions/endings.sql'

/** Settlements, refunds and events. */
export const endings: Mutant[] = [
  {
    what: 'a run is settled whatever its state',
    file: finish,
    find: 'x.id = p_id and x.finished_at is null',
    replace: 'x.id = p_id',
    test: 'money/orders-of-endings',
  },
  {
    what: 'a timeout comes before the deadline',
    file: finish,
    find: "and (p_outcome <> 'timeout' or x.deadline_at <= clock_timestamp())",
    replace: '',
    test: 'money/holds',
  },
  {
    what: 'a run is cancelled after it was sent',
    file: finish,
    find: "and (p_code is distinct from 'cancelled' or x.exec_state = 'queued')",
    replace: '',
    test: 'money/holds',
  },
  {
    what: 'a failure keeps the money',
    file: finish,
    find: "if g.money_state = 'refunded' or g.kept_kop",
    replace: 'if g.kept_kop',
    test: 'money/orders',
  },
  {
    what: 'a part is rounded down',
    file: finish,
    find: '(x.price_kop * v_arrived + v_promised - 1) / v_promised',
    replace: 'greatest(1, x.price_kop * v_arrived / v_promised)',
    test: 'money/orders',
  },
  {
    what: 'an unknown run is settled silently',
    file: finish,
    find: "if not found then raise exception 'unknown_generation' using errcode = 'P0404'; end if;",
    replace: '',
    test: 'money/orders',
  },
  {
    what: 'a free run goes back to another window',
    file: finish,
    find: 'pay.window_start(v_kind, g.created_at) and f.used > 0',
    replace: 'pay.window_start(v_kind, now()) and f.used > 0',
    test: 'money/orders',
  },
  {
    what: 'a bonus run is not given back',
    file: finish,
    find: 'set used = b.used - 1, returned = b.returned + 1',
    replace: 'set used = b.used, returned = b.returned',
    test: 'money/gifts',
  },
  {
    what: 'a settlement queues no message',
    file: finish,
    find: "values ('gen:' || p_id, p_user,",
    replace: "values ('nothing:' || p_id, p_user,",
    test: 'money/orders',
  },
  {
    what: 'a run is given up while its result may be on its way',
    file: 'src/payments/timing.ts',
    find: 'graceMs = 15 * 60_000',
    replace: 'graceMs = 5 * 60_000',
    test: 'money/holds',
  },
  {
    what: 'a run that goes on is given back by hand',
    file: finish,
    find: 'from pay.run_trouble(g) as trouble where trouble is not null;',
    replace: 'from pay.run_trouble(g) as trouble;',
    test: 'bot/admin',
  },
  {
    what: 'the price of an event need not be what moved',
    file: finish,
    find: "when r.price_rub is distinct from p_price_kop / 100.0 then 'price_rub'",
    replace: "when false then 'price_rub'",
    test: 'money/events',
  },
  {
    what: 'an event goes out whatever its shape',
    file: 'src/events/repository.ts',
    find: 'if (wrong !== undefined) throw',
    replace: 'if (wrong === null) throw',
    test: 'money/events',
  },
]
