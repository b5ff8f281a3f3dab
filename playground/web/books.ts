import postgres from 'postgres'

/** Rows of one list on the page. */
export const shownRows = 200

type Row = Record<string, unknown>
export type Books = ReturnType<typeof readBooks>

/**
 * Reads the service's tables as they are, whatever columns they have. `available: false` says that the answer is
 * missing (no server, no table yet), so an empty list is never taken for good news.
 */
export function readBooks(databaseUrl: string) {
  // No statement of ours is worth waiting longer for; a silent connection never answers again. Milliseconds.
  const deadlineMs = 3_000
  let pool = open()

  function open() {
    return postgres(databaseUrl, {
      max: 2,
      connect_timeout: 2,
      backoff: () => 0.2, // the default grows to tens of seconds, long after the database is back
      onnotice: () => {},
      connection: { application_name: 'telegen-playground', statement_timeout: deadlineMs },
    })
  }

  async function ask(question: (sql: postgres.Sql) => PromiseLike<readonly { row: Row }[]>) {
    const used = pool
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        if (pool === used) {
          pool = open()
          void used.end({ timeout: 0 }).catch(() => {})
        }
        reject(new Error(`no answer in ${deadlineMs} ms`))
      }, deadlineMs)
    })
    try {
      const found = await Promise.race([question(used), late])
      return { available: true, rows: found.map(({ row }) => row) }
    } catch (error) {
      const missing = error instanceof postgres.PostgresError && ['42P01', '3F000'].includes(error.code)
      return { available: false, rows: [], reason: missing ? 'Таблиц ещё нет' : 'Нет связи с базой' }
    } finally {
      clearTimeout(timer)
    }
  }

  return {
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
    async broken() {
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
    },
    /** One order with everything that was written about it; parts that are missing are empty. */
    async order(userId: string, id: string) {
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
    },
    /** Changes when the rows do; one text for each part of the books. */
    async pulse() {
      const [broken, ledger, events, orders] = await Promise.all([
        // A promise may break by time alone, without a new row.
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
      const text = (answer: { available: boolean; rows: Row[]; reason?: string }) =>
        String(answer.rows[0]?.text ?? answer.reason)
      return { broken: text(broken), ledger: text(ledger), events: text(events), orders: text(orders) }
    },
    close: () => pool.end({ timeout: 1 }),
  }
}
