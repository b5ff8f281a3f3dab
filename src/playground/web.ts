import { createHash, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import multipart from '@fastify/multipart'
import staticFiles from '@fastify/static'
import {
  type FastifyPluginAsyncTypebox,
  type TypeBoxTypeProvider,
  TypeBoxValidatorCompiler,
} from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify'
import postgres from 'postgres'
import type { BotCall, Person, TelegramStandIn } from './telegram/server.ts'
import type { Behaviour, UpstreamStandIn } from './upstream/server.ts'

type Options = { telegram: TelegramStandIn; upstream: UpstreamStandIn; databaseUrl: string; port?: number }

/**
 * The playground's page and its JSON API, for this machine only: it plays the people of the stand-in Telegram, turns
 * the switches of both stand-ins, and shows what the service has written. The database may be away at any time.
 */
export async function startWeb({ telegram, upstream, databaseUrl, port = 0 }: Options) {
  const books = readBooks(databaseUrl)
  const news = newsRoom()
  const server = fastify({
    forceCloseConnections: true, // a page that listens for news would keep the server open for ever
    requestTimeout: 60_000,
    routerOptions: { maxParamLength: 300 }, // file ids have no size limit of their own
  }).withTypeProvider<TypeBoxTypeProvider>()
  server.setValidatorCompiler(TypeBoxValidatorCompiler)
  server.setErrorHandler(answerError)
  server.setNotFoundHandler((_request, reply) => reply.code(404).send(failure('not_found', 'Здесь ничего нет')))

  server.addHook('onRequest', ownAddressOnly)
  const policy = contentPolicy(await readFile(new URL('index.html', page), 'utf8'))
  server.addHook('onRequest', async (_request, reply) => {
    reply.headers({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-cache',
    })
  })

  await server.register(staticFiles, { root: fileURLToPath(page), cacheControl: false })
  await server.register(vendor, { prefix: '/vendor' })
  await server.register(chats, { prefix: '/api', telegram })
  await server.register(switches, { prefix: '/api', telegram, upstream, news })
  await server.register(backOffice, { prefix: '/api', telegram, upstream, books })
  server.get('/api/events', (request, reply) => news.listen(request, reply))

  const deaf = [
    telegram.on(event => news.tell(event)),
    upstream.on(event => news.tell(event)),
    watchBooks(books, news), // Postgres tells nobody, so it is asked, and only while somebody looks
  ]
  await server.listen({ host: '127.0.0.1', port })
  const url = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`

  return {
    url,
    async close() {
      for (const stop of deaf) stop()
      news.close()
      await server.close()
      await books.close()
    },
  }
}

const page = new URL('page/', import.meta.url)

/** A refusal that the page shows as it is. */
class Refusal extends Error {
  override name = 'Refusal'
  readonly statusCode: number
  readonly code: string
  constructor(statusCode: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.statusCode = statusCode
    this.code = code
  }
}

// ── people and their chats ──────────────────────────────────────────────────────────────────────────────────────────

const UserParams = Type.Object({ userId: Type.String({ pattern: '^[0-9]{1,15}$' }) })
const Language = Type.String({ pattern: '^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$' })
const NewPerson = Type.Object(
  {
    firstName: Type.String({ minLength: 1, maxLength: 64, pattern: '\\S' }),
    username: Type.Optional(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{3,31}$' })),
    languageCode: Type.Optional(Language),
  },
  { additionalProperties: false },
)
const PersonChange = Type.Object(
  { languageCode: Type.Optional(Language), blocked: Type.Optional(Type.Boolean()) },
  { additionalProperties: false, minProperties: 1 },
)
// Longer than one Telegram message on purpose: what the service does with it is worth seeing.
const Say = Type.Object({ text: Type.String({ minLength: 1, maxLength: 20_000 }) }, { additionalProperties: false })
const Open = Type.Object(
  { payload: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })) },
  { additionalProperties: false },
)
const messageId = Type.Integer({ minimum: 1 })
const Push = Type.Object(
  {
    messageId,
    data: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    force: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
const Pay = Type.Object({ messageId }, { additionalProperties: false })
const mediaKinds = ['photo', 'document', 'audio', 'video', 'voice'] as const
type MediaKind = (typeof mediaKinds)[number]

// Past the 20 MB a bot may fetch, so that its answer to a file too big can be seen too. Bytes.
const uploadLimit = 60 * 1024 * 1024
const albumLimit = 10

const chats: FastifyPluginAsyncTypebox<{ telegram: TelegramStandIn }> = async (server, { telegram }) => {
  const { player } = telegram
  await server.register(multipart, {
    limits: { fileSize: uploadLimit, files: albumLimit, fields: 5, fieldSize: 20_000 },
  })

  server.get('/people', async () => ({
    bot: telegram.bot,
    people: player.people().map(person => ({
      ...person,
      last: player.chat(person.id).at(-1) ?? null,
      commands: telegram.commandsFor(person.id),
    })),
  }))
  server.post('/people', { schema: { body: NewPerson } }, async ({ body }, reply) => {
    const { firstName, ...rest } = body
    reply.code(201)
    return await playing(() => player.addPerson({ firstName: firstName.trim(), ...rest }))
  })
  server.patch('/people/:userId', { schema: { params: UserParams, body: PersonChange } }, async ({ params, body }) => {
    const { id } = known(params)
    await playing(() => {
      if (body.languageCode !== undefined) player.setLanguage(id, body.languageCode)
      if (body.blocked !== undefined) player.block(id, body.blocked)
    })
    return known(params)
  })
  server.get('/people/:userId/chat', { schema: { params: UserParams } }, async ({ params }) => ({
    messages: player.chat(known(params).id),
  }))
  server.post('/people/:userId/say', { schema: { params: UserParams, body: Say } }, async ({ params, body }) => {
    const { id } = known(params)
    return await playing(() => player.say(id, body.text))
  })
  server.post('/people/:userId/open', { schema: { params: UserParams, body: Open } }, async ({ params, body }) => {
    const { id } = known(params)
    return await playing(() => player.open(id, body.payload))
  })
  server.post('/people/:userId/press', { schema: { params: UserParams, body: Push } }, async ({ params, body }) => {
    const { id } = known(params)
    const { messageId, data, text, force } = body
    const button = data !== undefined ? { data } : text !== undefined ? { text } : undefined
    if (!button) throw new Refusal(400, 'invalid', 'Нужно data или text кнопки')
    const answer = await playing(() => player.press(id, messageId, button, force))
    return answer === 'expired' ? { expired: true } : { expired: false, ...answer }
  })
  server.post('/people/:userId/pay', { schema: { params: UserParams, body: Pay } }, async ({ params, body }) => {
    const { id } = known(params)
    return await playing(() => player.pay(id, body.messageId))
  })
  server.post('/people/:userId/files', { schema: { params: UserParams } }, async (request, reply) => {
    const { id } = known(request.params)
    const { kind, caption, files } = await readUpload(request)
    const albumId = files.length > 1 ? randomUUID() : undefined
    const messages = []
    for (const [index, file] of files.entries()) {
      const words = index === 0 && caption ? { caption } : {} // the words of an album stand under its first picture
      messages.push(await playing(() => player.send(id, { kind, ...file, ...words, ...(albumId ? { albumId } : {}) })))
    }
    reply.code(201)
    return { messages }
  })

  server.get(
    '/files/:fileId',
    {
      schema: {
        params: Type.Object({ fileId: Type.String({ maxLength: 300 }) }),
        querystring: Type.Object({ download: Type.Optional(Type.String()) }),
      },
    },
    async (request, reply) => {
      const file = player.file(request.params.fileId)
      if (!file) throw new Refusal(404, 'no_file', 'Такого файла нет')
      // A person may upload a page of HTML; opened from here it must stay a file and never become our page.
      const shown = /^(image\/(png|jpeg|webp|gif)|video\/[\w.+-]+|audio\/[\w.+-]+)$/.test(file.mime)
      const place = shown && request.query.download === undefined ? 'inline' : 'attachment'
      reply.headers({
        'content-type': shown ? file.mime : 'application/octet-stream',
        'content-disposition': `${place}; filename*=UTF-8''${encodeURIComponent(file.fileName).replaceAll("'", '%27')}`,
        'content-security-policy': "default-src 'none'; media-src 'self'; img-src 'self'; sandbox",
        'cache-control': 'private, max-age=600',
      })
      return sendRange(request, reply, file.bytes)
    },
  )

  function known({ userId }: { userId: string }): Person {
    const person = player.people().find(({ id }) => id === Number(userId))
    if (!person) throw new Refusal(404, 'no_person', `Человека ${userId} нет`)
    return person
  }
}

/** What the stand-in refuses (no such button now, no such message, a rule of Telegram) is news for the person. */
async function playing<T>(move: () => T | Promise<T>): Promise<T> {
  try {
    return await move()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Refusal(409, 'refused', `Telegram так не даёт: ${reason}`, { cause: error })
  }
}

async function readUpload(request: FastifyRequest) {
  if (!request.isMultipart()) throw new Refusal(415, 'invalid', 'Файлы присылают как multipart/form-data')
  let kind: MediaKind | undefined
  let caption = ''
  const files: { fileName: string; mime: string; bytes: Uint8Array }[] = []
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      files.push({ fileName: part.filename || 'file', mime: part.mimetype, bytes: await part.toBuffer() })
    } else if (part.fieldname === 'kind') kind = mediaKinds.find(known => known === part.value)
    else if (part.fieldname === 'caption') caption = String(part.value)
  }
  if (!kind) throw new Refusal(400, 'invalid', `kind — одно из: ${mediaKinds.join(', ')}`)
  if (files.length === 0) throw new Refusal(400, 'invalid', 'Нет ни одного файла')
  if (files.some(file => file.bytes.length === 0)) throw new Refusal(400, 'invalid', 'Пустой файл не отправить')
  return { kind, caption, files }
}

/** Browsers seek in a video by asking for a part of it. */
function sendRange(request: FastifyRequest, reply: FastifyReply, bytes: Uint8Array) {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  reply.header('accept-ranges', 'bytes')
  const asked = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')
  if (!asked || (asked[1] === '' && asked[2] === '')) return reply.send(whole)
  const last = whole.length - 1
  const [from, to] =
    asked[1] === ''
      ? [Math.max(0, whole.length - Number(asked[2])), last]
      : [Number(asked[1]), asked[2] === '' ? last : Math.min(Number(asked[2]), last)]
  if (from > to) {
    reply.code(416).header('content-range', `bytes */${whole.length}`)
    return reply.send('')
  }
  reply.code(206).header('content-range', `bytes ${from}-${to}/${whole.length}`)
  return reply.send(whole.subarray(from, to + 1))
}

// ── switches of the stand-ins ───────────────────────────────────────────────────────────────────────────────────────

const behaviours = [
  'normal',
  'slow',
  'fail',
  'moderation',
  'silent',
  'ambiguous',
  'http_502',
  'no_task_id',
  'no_credit',
  'rate_limited',
  'maintenance',
  'server_error',
  'unauthorized',
  'callback_lost',
  'callback_twice',
  'callback_forged',
  'callback_early',
  'empty_result',
  'odd_state',
  'dead_result',
  'wrong_result',
  'truncated_result',
] as const satisfies readonly Behaviour[]

const ABehaviour = Type.Union(behaviours.map(name => Type.Literal(name)))
const waitMs = Type.Integer({ minimum: 0, maximum: 3_600_000 })
const times = Type.Integer({ minimum: 0, maximum: 1_000 })
const UpstreamChange = Type.Object(
  {
    behaviour: Type.Optional(ABehaviour),
    credit: Type.Optional(Type.Number({ minimum: 0, maximum: 1e9 })),
    speed: Type.Optional(
      Type.Partial(Type.Object({ runMs: waitMs, slowMs: waitMs, visibleMs: waitMs }), { additionalProperties: false }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
)
const NextTasks = Type.Object(
  { behaviour: ABehaviour, times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })) },
  { additionalProperties: false },
)
const FaultChange = Type.Partial(
  Type.Object({
    status429: times,
    retryAfterS: Type.Integer({ minimum: 0, maximum: 3_600 }),
    serverError: times,
    answerLost: times,
    htmlAnswer: times,
    slowMs: waitMs,
    deliveryPaused: Type.Boolean(),
    paymentLost: times,
  }),
  { additionalProperties: false, minProperties: 1 },
)

type SwitchOptions = { telegram: TelegramStandIn; upstream: UpstreamStandIn; news: NewsRoom }

const switches: FastifyPluginAsyncTypebox<SwitchOptions> = async (server, { telegram, upstream, news }) => {
  const now = () => ({
    upstream: { behaviours, behaviour: upstream.behaviour, credit: upstream.credit, speed: upstream.speed },
    faults: telegram.faults,
  })
  const turned = () => {
    news.tell({ type: 'switches' })
    return now()
  }
  server.get('/switches', async () => now())
  server.patch('/upstream', { schema: { body: UpstreamChange } }, async ({ body }) => {
    if (body.behaviour !== undefined) upstream.behaviour = body.behaviour
    if (body.credit !== undefined) upstream.credit = body.credit
    Object.assign(upstream.speed, body.speed)
    return turned()
  })
  server.post('/upstream/next', { schema: { body: NextTasks } }, async ({ body }) => {
    upstream.next(body.behaviour, body.times ?? 1)
    return turned()
  })
  server.patch('/faults', { schema: { body: FaultChange } }, async ({ body }) => {
    Object.assign(telegram.faults, body)
    return turned()
  })
  server.post(
    '/updates/:updateId/redeliver',
    { schema: { params: Type.Object({ updateId: Type.String({ pattern: '^[0-9]{1,15}$' }) }) } },
    async ({ params }) => {
      await playing(() => telegram.player.redeliver(Number(params.updateId)))
      return { ok: true }
    },
  )
}

// ── the back office ─────────────────────────────────────────────────────────────────────────────────────────────────

const shownRows = 200
const OrderParams = Type.Object({
  userId: Type.String({ pattern: '^[0-9]{1,15}$' }),
  id: Type.String({ minLength: 1, maxLength: 100 }),
})

type OfficeOptions = { telegram: TelegramStandIn; upstream: UpstreamStandIn; books: Books }

const backOffice: FastifyPluginAsyncTypebox<OfficeOptions> = async (server, { telegram, upstream, books }) => {
  server.get('/ledger', async () => await books.ledger())
  server.get('/generation-events', async () => await books.events())
  server.get('/orders', async () => await books.orders())
  server.get('/broken', async () => await books.broken())
  server.get('/orders/:userId/:id', { schema: { params: OrderParams } }, async ({ params }) => {
    const parts = await books.order(params.userId, params.id)
    if (parts.available && !parts.order) throw new Refusal(404, 'no_order', `Заказа ${params.id} нет`)
    const task = upstream.tasks.find(({ taskId }) => taskId === parts.order?.task_id)
    return { ...parts, task: task ? brief(task) : null }
  })
  server.get('/tasks', async () => ({
    rows: upstream.tasks.slice(-shownRows).reverse().map(brief),
    refusals: upstream.refusals.slice(-50).reverse().map(brief),
  }))
  server.get('/calls', async () => ({ rows: telegram.calls.slice(-shownRows).reverse().map(briefCall) }))
  server.get('/updates', async () => ({ rows: telegram.updates.slice(-shownRows).reverse().map(brief) }))
}

const briefCall = (call: BotCall) => ({ ...call, fields: brief(call.fields) })

/** The same value with long texts cut: a list of 200 is read again on each change. */
function brief<T>(value: T): T {
  const text = JSON.stringify(value, (_key, part) =>
    typeof part === 'string' && part.length > 600 ? `${part.slice(0, 600)}… (${part.length})` : part,
  )
  return JSON.parse(text)
}

type Row = Record<string, unknown>
type Books = ReturnType<typeof readBooks>

/**
 * Reads the service's tables as they are, whatever columns they have. `available: false` says that the answer is
 * missing (no server, no table yet), so an empty list is never taken for good news.
 */
function readBooks(databaseUrl: string) {
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

// ── news for the open pages ─────────────────────────────────────────────────────────────────────────────────────────

type News = { type: string; userId?: number; messageId?: number; taskId?: string; changed?: string[] }
type NewsRoom = ReturnType<typeof newsRoom>

function newsRoom() {
  const listeners = new Set<ServerResponse>()
  const write = (text: string) => {
    for (const listener of listeners) listener.write(text)
  }
  const beat = setInterval(() => write(': still here\n\n'), 15_000) // or a proxy and a laptop's sleep end it unseen
  beat.unref()
  return {
    tell: (news: News) => write(`data: ${JSON.stringify(news)}\n\n`),
    listening: () => listeners.size > 0,
    listen(request: FastifyRequest, reply: FastifyReply) {
      reply.hijack()
      const response = reply.raw
      response.writeHead(200, {
        ...reply.getHeaders(),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
      } as Record<string, string>)
      response.write('retry: 1000\n\n')
      listeners.add(response)
      request.raw.on('close', () => listeners.delete(response))
    },
    close() {
      clearInterval(beat)
      for (const listener of listeners) listener.end()
      listeners.clear()
    },
  }
}

function watchBooks(books: Books, news: NewsRoom) {
  let last: Record<string, string> = {}
  let timer: NodeJS.Timeout
  let stopped = false
  async function look() {
    if (news.listening()) {
      const pulse = await books.pulse()
      const changed = Object.entries(pulse).flatMap(([part, text]) => (last[part] === text ? [] : [part]))
      last = pulse
      if (changed.length > 0 && !stopped) news.tell({ type: 'books', changed })
    }
    if (!stopped) wait()
  }
  function wait() {
    timer = setTimeout(() => void look(), 1_000)
    timer.unref()
  }
  wait()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

// ── only this machine, only this page ───────────────────────────────────────────────────────────────────────────────

/**
 * A web site the developer visits may reach 127.0.0.1 too, and may point a name of its own at it. So the name asked for
 * must be ours, a page that asks must be ours, and a browser that says where the question comes from must name us.
 */
async function ownAddressOnly(request: FastifyRequest) {
  const { port } = request.server.server.address() as AddressInfo
  const { host, origin } = request.headers
  const own = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (!host || !own.includes(host)) {
    throw new Refusal(421, 'wrong_host', `Откройте страницу по адресу http://127.0.0.1:${port}`)
  }
  const asking = request.headers['sec-fetch-site'] ?? 'none'
  const stranger = request.url.startsWith('/api/') && asking !== 'same-origin' && asking !== 'none'
  if (stranger || (origin !== undefined && origin !== `http://${host}`)) {
    throw new Refusal(403, 'wrong_origin', 'Запросы принимаются только со страницы самой песочницы')
  }
}

/** Nothing but our own files; the one inline script, the import map, is named by its hash. */
function contentPolicy(index: string) {
  const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(index)?.[1] ?? ''
  const hash = createHash('sha256').update(map).digest('base64')
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Preact and htm as their packages ship them; the page's import map names these addresses. */
const vendor: FastifyPluginAsyncTypebox = async server => {
  const modules = { 'preact.mjs': 'preact', 'hooks.mjs': 'preact/hooks', 'htm.mjs': 'htm' }
  for (const [name, specifier] of Object.entries(modules)) {
    const text = await readFile(new URL(import.meta.resolve(specifier)), 'utf8')
    server.get(`/${name}`, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(text))
  }
}

const Failure = Type.Object({ error: Type.Object({ code: Type.String(), message: Type.String() }) })
const failure = (code: string, message: string): Static<typeof Failure> => ({ error: { code, message } })

function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof Refusal) return reply.code(error.statusCode).send(failure(error.code, error.message))
  if (error.validation) {
    const [first] = error.validation
    const field = first?.instancePath.replaceAll('/', '.').replace(/^\./, '') || error.validationContext || 'тело'
    return reply.code(400).send(failure('invalid', `Не подходит ${field}: ${first?.message ?? error.message}`))
  }
  const status = error.statusCode ?? 500
  if (status < 500) return reply.code(status).send(failure(error.code ?? 'invalid', error.message))
  console.error(`playground page: ${request.method} ${request.url}`, error)
  return reply.code(500).send(failure('broken', 'Ошибка песочницы, подробности в её выводе'))
}
