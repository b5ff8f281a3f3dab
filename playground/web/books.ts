import { type Answer, type Ask, openReader } from './reader.ts'

/** Rows of one list on the page. */
export const shownRows = 200

export type Books = ReturnType<typeof readBooks>

/**
 * Reads the service's tables as they are, with all their columns. `available: false` says that the answer is missing
 * (no server, no table yet), so that an empty list is never mistaken for "no rows".
 */
export function readBooks(databaseUrl: string) {
  const { ask, close } = openReader(databaseUrl)
  return {
    ...listsOf(ask),
    broken: () => brokenPromises(ask),
    /** One order with everything that was written about it; parts that are missing are empty. */
    order: (userId: string, id: string) => orderParts(ask, userId, id),
    /** One text for each part of the ledger page; it changes when the rows do. */
    pulse: () => pulseOf(ask),
    close,
  }
}

const listsOf = (ask: Ask) => ({
  ledger: () =>
    ask(
      sql => sql`
          select json_build_object('entry', e, 'model_id', g.model_id) as row
          from (select * from pay.ledger_entries order by created_at desc, seq desc limit ${shownRows}) e
          left join pay.generations g on g.user_id = e.user_id and g.id = e.generation_id
          order by e.created_at desc, e.seq desc`,
    ),
  events: () =>
    ask(
      sql => sql`
          select row_to_json(e) as row
          from (select * from pay.generation_events order by id desc limit ${shownRows}) e order by e.id desc`,
    ),
  orders: () =>
    ask(
      sql => sql`
          select row_to_json(g) as row
          from (select * from pay.generations order by created_at desc limit ${shownRows}) g
          order by g.created_at desc`,
    ),
})

async function brokenPromises(ask: Ask) {
  const [promises, wallets] = await Promise.all([
    ask(sql => sql`select row_to_json(b) as row from (select promise, key from pay.broken limit 50) b`),
    ask(
      sql => sql`
          select json_build_object('wallets', count(*), 'balance_kop', coalesce(sum(balance_kop), 0),
                                   'entries', (select count(*) from pay.ledger_entries)) as row
          from pay.wallets`,
    ),
  ])
  return { ...promises, sums: wallets.rows[0] ?? null }
}

async function orderParts(ask: Ask, userId: string, id: string) {
  const [orders, ledger, events, outbox] = await Promise.all([
    ask(
      sql =>
        sql`select row_to_json(g) as row from pay.generations g where g.user_id = ${userId} and g.id::text = ${id}`,
    ),
    ask(
      sql => sql`
            select row_to_json(e) as row from pay.ledger_entries e
            where e.user_id = ${userId} and e.generation_id::text = ${id} order by e.seq`,
    ),
    ask(
      sql => sql`
            select row_to_json(e) as row from pay.generation_events e
            where e.user_id = ${userId} and e.request_id = ${id} order by e.id`,
    ),
    ask(
      sql => sql`
            select json_build_object('created_at', o.created_at, 'done_at', o.done_at, 'attempts', o.attempts,
                                     'dead_reason', o.dead_reason) as row
            from pay.outbox o where o.dedupe like ${`%${id}%`} order by o.id limit 20`,
    ),
  ])
  return {
    available: orders.available,
    order: orders.rows[0],
    ledger: ledger.rows,
    events: events.rows,
    outbox: outbox.rows,
  }
}

async function pulseOf(ask: Ask) {
  const [broken, ledger, events, orders] = await Promise.all([
    // A promise may break by the passing of time, without a new row.
    ask(
      sql => sql`
          select json_build_object('text', count(*) || ' ' || coalesce(min(promise || key), '')) as row from pay.broken`,
    ),
    ask(
      sql => sql`
          select json_build_object('text', count(*) || ' ' || coalesce(max(created_at)::text, '')) as row
          from pay.ledger_entries`,
    ),
    ask(
      sql => sql`
          select json_build_object('text', coalesce(max(id), 0)::text) as row from pay.generation_events`,
    ),
    ask(
      sql => sql`
            select json_build_object('text', md5(coalesce(string_agg(
              concat_ws(' ', id, exec_state, money_state, attempt, task_id, finished_at), ',' order by created_at, id), ''))) as row
            from (select * from pay.generations order by created_at desc limit ${shownRows}) g`,
    ),
  ])
  const text = (answer: Answer) => String(answer.rows[0]?.text ?? answer.reason)
  return { broken: text(broken), ledger: text(ledger), events: text(events), orders: text(orders) }
}
