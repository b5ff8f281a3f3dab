import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Telegram } from 'telegraf'
import { type Access, accessTo, rolesAdvice, togetherWarning } from './access.ts'
import { createBot } from './bot/bot.ts'
import { commandsFor } from './bot/commands.ts'
import type { BotDeps } from './bot/deps.ts'
import { readDraft } from './bot/drafts.ts'
import { createIntake } from './bot/files/intake.ts'
import { createUserFiles } from './bot/files/user-files.ts'
import { requestOf } from './bot/routes.ts'
import { createMessages } from './bot/runs/reports.ts'
import { onSale, openCatalogue } from './catalogue/models.ts'
import type { Config } from './config.ts'
import { crash } from './crash.ts'
import { connect } from './db.ts'
import { filePath, linkLifeMs } from './delivery/file-links.ts'
import { pause, sqlState } from './errors.ts'
import { createStats } from './events/stats.ts'
import { createAccountBreaker } from './health/account-breaker.ts'
import { modelCosts } from './health/model-costs.ts'
import { createModelHealth } from './health/model-health.ts'
import { kieCallbacks } from './http/callbacks.ts'
import { files } from './http/files.ts'
import { health, type Readiness } from './http/health.ts'
import { createMetrics, serveMetrics, timed } from './http/metrics.ts'
import { createServer } from './http/server.ts'
import { addressBy, createStrangers } from './http/strangers.ts'
import { telegramWebhook } from './http/webhook.ts'
import { notifyOfAccount } from './jobs/alarms.ts'
import { type Jobs, migrateJobs, startJobs } from './jobs/queue.ts'
import { endReversals, findPayment, ownerBot } from './jobs/reconcile.ts'
import { resend, sendOriginals } from './jobs/resend.ts'
import { createFastPath } from './jobs/updates/fast-path.ts'
import { createFetcher } from './jobs/updates/intake.ts'
import { createLanes } from './jobs/updates/lanes.ts'
import { webhookCheck } from './jobs/webhook.ts'
import { startWorkers } from './jobs/workers.ts'
import { droppedLines, type Log, scrubber } from './log.ts'
import { createConverter } from './media/convert/convert.ts'
import { createInspector } from './media/inspector.ts'
import { appliedMigrations, grantAccess, mayMakeRoles, migrate, migrations } from './migrate.ts'
import { alarmRows, alarmsNow } from './operations/alarms.ts'
import { backlog, brokenPromises } from './operations/overview.ts'
import { openLedger } from './payments/audit.ts'
import { cancel, news, place } from './payments/integration.ts'
import type { Deps, Wake } from './payments/order.ts'
import { graceProblem } from './payments/timing.ts'
import { createTelegram } from './telegram/client.ts'
import { createStore, type Incoming, readUpdate } from './telegram/inbox.ts'
import { createPace } from './telegram/pace.ts'
import { pollUpdates } from './telegram/polling.ts'
import { registerWebhook, untilDone } from './telegram/webhook.ts'
import { type WebhookRow, webhookRow } from './telegram/webhook-state.ts'
import { createTracing, span, tracedSql } from './trace.ts'
import { createBudget } from './upstream/budget.ts'
import { callbackPath } from './upstream/callbacks.ts'
import { createUpstream, type Upstream } from './upstream/client.ts'
import { createDownloader } from './upstream/download.ts'
import { createResultStore } from './upstream/results.ts'

export type App = {
  /** Where it listens; known after `start`. */
  address(): string
  /** Listens first, then migrates, learns who the bot is, registers the webhook and starts the workers. Resolves when ready. */
  start(): Promise<void>
  /** Not ready, nothing new begins, what is short is finished, the rest is handed back: within `graceMs` milliseconds. */
  stop(graceMs?: number): Promise<void>
}
export type Build = { version: string; commit: string }

/** The whole service, by plain arguments. Throws when the catalogue is not fit to sell from. */
export function createApp(config: Config & { databaseUrl: string }, log: Log, build: Build): App {
  const scrub = scrubber(config.secrets)
  const catalogue = openCatalogue({
    rates: config.rates,
    contentFilter: config.contentFilter,
    ...(config.freeModelIds ? { freeModelIds: config.freeModelIds } : {}),
  })
  const limits = {
    maxOpen: config.maxActivePerUser,
    freeDaily: config.freeDailyLimit,
    freeHourly: config.freeHourlyLimit,
    newFreeDaily: config.newFreeDailyLimit,
  }
  const wrong = graceProblem()
  if (wrong) throw new Error(wrong)
  const ending = new AbortController()
  const metrics = createMetrics()
  const tracing = createTracing({
    ...config.traces,
    version: build.version,
    failed: error => log.warn({ err: error }, 'traces were not sent'),
  })

  // The world. The service works by a login that owns nothing; the owner's migrates.
  const { ownerUrl = config.databaseUrl } = config
  const access = accessTo(ownerUrl, config.botToken, config.ownerUrl && config.databaseUrl)
  const { sealKey } = access
  const db = connect(access.app, { sealKey })
  const sql = tracedSql(db.sql)
  // What must be quick has connections of its own: updates, callbacks and health do not queue behind the work.
  const front = connect(access.app, { max: 4, sealKey })
  // Whether the database answers is asked on a connection that nothing else can fill.
  const probe = connect(access.app, { max: 1, deadlineMs: 2_000 })
  // The view of broken promises reads everything there is: neither its time nor its end may concern others.
  const oracle = connect(access.app, { max: 1, deadlineMs: 15_000 })
  const admins = connect(access.admin, { max: 2, sealKey })
  // The hourly audit reads every row there is.
  const ledger = openLedger(access.app)
  const telegram = createTelegram({
    token: config.botToken,
    apiRoot: config.telegramApiRoot,
    pace: createPace(sql),
    log,
  })
  const callApi = telegram.callApi.bind(telegram) as (method: string, ...rest: unknown[]) => Promise<unknown>
  telegram.callApi = ((method: string, ...rest: unknown[]) => {
    const kind = /^(send|edit|answer|getUpdates)/.exec(method)?.[0] ?? 'other'
    return timed(metrics.telegramS, { kind }, () => span(`telegram ${method}`, () => callApi(method, ...rest)))
  }) as Telegram['callApi']
  const account = createAccountBreaker({
    sql,
    log,
    scrub,
    credit: () => upstream.credit(),
    opened: () => notifyOfAccount({ sql, telegram, adminIds: config.adminIds, log }),
  })
  const provider = createUpstream({
    baseUrl: config.kieBaseUrl,
    uploadUrl: config.kieUploadUrl,
    apiKey: config.kieApiKey,
    log,
    heardOfAccount: account.heard,
  })
  const asked = <T>(call: string, ask: () => Promise<T>) =>
    timed(metrics.upstreamS, { call }, () => span(`upstream ${call}`, ask))
  const upstream: Upstream = {
    createTask: order => asked('createTask', () => provider.createTask(order)),
    recordInfo: taskId => asked('recordInfo', () => provider.recordInfo(taskId)),
    upload: file => asked('upload', () => provider.upload(file)),
    credit: () => asked('credit', () => provider.credit()),
    close: () => provider.close(),
  }
  const trustedOrigins = [new URL(config.kieBaseUrl).origin, new URL(config.kieUploadUrl).origin]
  // Both kinds of folders in which files lie for a moment begin so.
  const folders = [join(tmpdir(), 'telegen-*')]
  const inspector = createInspector({ folders, log })
  const { inspect } = inspector
  const converter = createConverter({ inspect, folders, log })
  const downloader = createDownloader({ trustedOrigins, inspect })
  const results = createResultStore({
    ...downloader,
    fetch: (link, limits) => span('download', () => downloader.fetch(link, limits)),
  })

  // Wake-ups go through the job engine, which is there once the service has started.
  let jobs: Jobs | undefined
  const wake: Pick<Jobs['wake'], keyof Wake | 'lane' | 'intake'> = {
    submit: async (ref, afterMs, hasPlace) => jobs?.wake.submit(ref, afterMs, hasPlace),
    check: async ref => jobs?.wake.check(ref),
    poll: async (ref, pollAttempt, afterMs, sinceMs) => jobs?.wake.poll(ref, pollAttempt, afterMs, sinceMs),
    deliver: async (outboxId, afterMs) => jobs?.wake.deliver(outboxId, afterMs),
    lane: async lane => jobs?.wake.lane(lane),
    intake: async (updateId, source) => jobs?.wake.intake(updateId, source),
  }

  // Orders and messages.
  const { publicUrl, callbackSecret } = config
  const callbackUrl = (id: string) =>
    publicUrl && callbackSecret ? `${publicUrl}${callbackPath(id, callbackSecret)}` : undefined
  const ended = (outcome: string, code: string) => metrics.outcomes.inc({ outcome, code })
  const orders: Deps = { sql, upstream, results, budget: createBudget(sql), callbackUrl, wake, scrub, log, ended }
  const messages = createMessages({ catalogue, limits })
  const linkTo = (secret: string) => (id: string, n: number, keptUntil: Date) => {
    const until = new Date(Math.min(Date.now() + linkLifeMs, keptUntil.getTime()))
    return { url: `${publicUrl}${filePath(id, n, until, secret)}`, until }
  }
  const delivery = {
    sql,
    telegram,
    results,
    messages,
    limits,
    linkTo: publicUrl && callbackSecret ? linkTo(callbackSecret) : undefined,
    wake,
    tracing,
    log,
  }
  const stats = createStats(sql, log)
  const modelHealth = createModelHealth(sql, log)
  const modelIds = catalogue.models.map(({ id }) => id)
  const costs = () => modelCosts(sql, modelIds, config.rates.usdRubRate)
  const healthJob = { modelIds, adminIds: config.adminIds, costs, modelHealth }

  // The bot. What a handler needs of other hosts is fetched outside of its person's lane.
  const fetcher = createFetcher({
    sql,
    telegram,
    files: {
      fromTelegram: (fileId, size, whose) => userFiles().fromTelegram(fileId, size, whose),
      fromLink: (url, whose) => userFiles().fromLink(url, whose),
      look: (fileId, size, whose) => userFiles().look(fileId, size, whose),
    },
    draftOf: async userId => (await readDraft(sql, userId))?.id,
    wake: { lane: runLane },
    log,
  })
  const intake = createIntake({ sql, wake: { ...wake, lane: runLane }, moved: fetcher.moved })
  let botUsername = ''
  let bot: ReturnType<typeof createBot> | undefined
  let filesDir = ''
  const deps: BotDeps = {
    sql,
    adminSql: tracedSql(admins.sql),
    catalogue,
    forSale: onSale(catalogue, modelHealth.isOff),
    modelHealth,
    log,
    limits,
    startBonusKop: config.startBonusKop,
    adminIds: config.adminIds,
    packsKop: config.packsKop,
    starRateRub: config.starRateRub,
    card: config.card,
    transferDetails: config.transferDetails,
    botUsername: () => botUsername,
    integration: { place: order => place(sql, order, limits), cancel: ref => cancel(orders, ref) },
    wake,
    files: intake.files,
    stats,
    resend: ref => resend(delivery, ref),
    original: ref => sendOriginals(delivery, ref),
    findPayment: (userId, orderId) => findPayment({ sql, telegram, log }, userId, orderId),
    operator: {
      build,
      scrub,
      broken: () => brokenPromises(oracle.sql),
      task: taskId => upstream.recordInfo(taskId),
      endReversals: () => endReversals({ sql, telegram, log }),
    },
  }
  const userFiles = () =>
    createUserFiles({
      telegram,
      token: config.botToken,
      apiRoot: config.telegramApiRoot,
      upstream,
      downloader,
      converter,
      dir: filesDir,
    })
  const fastPath = createFastPath({ sql: front.sql, telegram, log })
  const lanes = createLanes({
    sql,
    log,
    async handle(payload, attempt) {
      const known = bot
      if (!known) throw new Error('the bot is not known yet')
      await intake.handle(payload, update => {
        const id = 'update_id' in update ? Number(update.update_id) : -1
        fastPath.begun(id)
        return tracing.request(requestOf(id, update), 'update', () => known.handle(update, attempt))
      })
    },
  })

  const store = createStore(front.sql)
  /** An update came in: it is stored before it is acknowledged, and woken after. */
  async function receive(body: string) {
    const incoming = readUpdate(body)
    const { updateId, payload, dead } = incoming
    const request = dead ? `update ${updateId}` : requestOf(updateId, payload as object)
    await tracing.request(request, 'webhook', () => storeUpdate(incoming))
  }
  async function storeUpdate(incoming: Incoming) {
    crash('update_received')
    if (!incoming.dead) fastPath.checkout(incoming.payload as object)
    const isNew = await span('store', () => store(incoming))
    crash('inbox_committed')
    metrics.updates.inc({ outcome: incoming.dead ? 'odd' : isNew ? 'new' : 'repeated' })
    if (!isNew || incoming.dead) return
    fastPath.arrived(incoming.payload as object)
    await runLane(incoming.lane)
  }
  async function runLane(lane: string) {
    if (config.roles.worker && bot && !ending.signal.aborted) lanes.run(lane)
    else await wake.lane(lane)
  }

  // HTTP.
  const addressOf = addressBy(config.clientAddressHeader)
  const strangers = createStrangers(addressOf)
  const server = createServer(log, { strangers, isProxied: config.clientAddressHeader !== undefined })
  server.register(health, { ...build, look, alarms: alarmsOn, isDraining: () => ending.signal.aborted, strangers })
  const [webhookSecret] = config.webhookSecrets
  if (config.roles.web && webhookSecret) {
    server.register(telegramWebhook, { secrets: config.webhookSecrets, receive, strangers })
  }
  if (config.roles.web && publicUrl && callbackSecret) {
    server.register(files, { secret: callbackSecret, sql, strangers, addressOf })
  }
  if (config.roles.web && callbackSecret) {
    server.register(kieCallbacks, {
      secret: callbackSecret,
      webhookKey: config.kieWebhookKey,
      strangers,
      async receive(id, taskId) {
        const isNews = await tracing.request(id, 'callback', () =>
          news({ sql: tracedSql(front.sql), wake }, id, taskId),
        )
        metrics.callbacks.inc({ outcome: isNews ? 'news' : 'old' })
      },
    })
  }

  // Readiness.
  let isWebhookSet = false
  const hook = publicUrl && webhookSecret ? { url: `${publicUrl}/webhook`, secret: webhookSecret } : undefined
  function soon<T>(what: Promise<T>): Promise<T | undefined> {
    return Promise.race([what, pause(1_000).then(() => undefined)]).catch(() => undefined)
  }
  async function alarmsOn() {
    const rows = await soon(alarmRows(probe.sql))
    return rows && alarmsNow(rows).on.length
  }
  async function look(): Promise<Readiness> {
    const late = { ok: false, detail: 'no answer within 1 s' }
    const isEngineUp = jobs?.answers().then(() => true)
    const [state, queue] = await Promise.all([soon(readState()), isEngineUp && soon(isEngineUp)])
    return {
      database: state ? { ok: true } : late,
      schema: state ? state.schema : late,
      jobs: queue ? { ok: true } : jobs ? late : { ok: false, detail: 'not started' },
      bot: botUsername ? { ok: true, detail: `@${botUsername}` } : { ok: false, detail: 'getMe has not answered' },
      webhook: webhookReadiness(state?.hook),
    }
  }
  function webhookReadiness(row: WebhookRow | undefined) {
    if (!hook || !config.roles.web) return { ok: true }
    if (!isWebhookSet) return { ok: false, detail: 'not registered' }
    // Without the database there is nothing to judge by, and that is said already.
    return row ? webhookCheck(row, hook) : { ok: true }
  }
  async function readState() {
    // A newer build may have migrated already while this one still serves.
    const [applied, files] = await Promise.all([appliedMigrations(probe.sql), migrations()])
    const isReady = files.every(file => applied.some(row => row.name === file.name))
    if (!isReady) return { schema: { ok: false, detail: 'migrations of this build are missing' }, hook: undefined }
    const [row] = await webhookRow(probe.sql)
    return { schema: { ok: true }, hook: row }
  }

  let metricsServer: Awaited<ReturnType<typeof serveMetrics>> | undefined
  const refreshing: NodeJS.Timeout[] = []
  let polling: Promise<unknown> | undefined
  let workers: Awaited<ReturnType<typeof startWorkers>> | undefined

  return {
    address: () => {
      const address = server.server.address()
      return address && typeof address === 'object' ? `http://127.0.0.1:${address.port}` : ''
    },

    async start() {
      const { signal } = ending
      await server.listen({ port: config.port, host: config.host })
      metricsServer = await serveMetrics(metrics, {
        port: config.metricsPort,
        host: config.host,
        refresh: refreshMetrics,
      })
      await tracing.start()
      filesDir = await mkdtemp(join(tmpdir(), 'telegen-'))

      // A database that is away is waited for: the process stays up, answers /healthz and says why it is not ready.
      const reached = await untilDone('the migration', () => migrateAll(ownerUrl, access, log), log, signal)
      if (!reached) return
      for (const one of [db, front, probe, oracle, ledger]) one.moveTo(reached.app)
      admins.moveTo(reached.admin)
      jobs = await untilDone('the job engine', () => startJobs(reached.app, log, config.roles.worker), log, signal)
      const me = await untilDone('getMe', () => telegram.getMe(), log, signal)
      if (!me || !jobs || signal.aborted) return
      const owner = await untilDone('the owner of the database', () => ownerBot(sql, me.id), log, signal)
      if (owner === undefined) return
      // The token or the database of another environment would mix the people and the money of two bots.
      if (owner !== me.id)
        throw new Error(`the database is of the bot ${owner}, TELEGRAM_BOT_TOKEN of the bot ${me.id}`)
      botUsername = me.username
      bot = createBot({ telegram, botInfo: me, deps })
      await Promise.all([stats.refresh(), modelHealth.refresh()])
      refreshing.push(setInterval(() => void stats.refresh(), 60_000))
      // Money asks the rows; this is how long a screen may offer what another machine switched off.
      refreshing.push(setInterval(() => void modelHealth.refresh(), 10_000))

      if (config.roles.worker) {
        workers = await startWorkers({
          ...orders,
          ...delivery,
          ...healthJob,
          ledger: ledger.sql,
          lanes,
          jobs,
          fetcher,
          hook,
        })
        void untilDone('setMyCommands', () => setCommands(), log, signal) // nobody waits for a list of commands
      }
      if (config.roles.web && hook) {
        await untilDone('setWebhook', () => registerWebhook(telegram, sql, hook), log, signal)
        isWebhookSet = !signal.aborted
      } else if (config.roles.web && !publicUrl) {
        polling = untilDone('long polling', () => pollUpdates({ telegram, receive, log, signal }), log, signal)
      }
      log.info({ bot: botUsername, ...build, roles: config.roles, webhook: publicUrl ?? 'long polling' }, 'ready')
    },

    async stop(graceMs = 20_000) {
      if (ending.signal.aborted) return
      ending.abort()
      crash('shutdown_begin')
      log.info('draining')
      for (const timer of refreshing) clearInterval(timer)
      fastPath.close()
      fetcher.stop()
      const patience = pause(graceMs)
      // Until the end it answers: 503 on /readyz, and what still comes is stored for another machine.
      await Promise.race([
        Promise.allSettled([lanes.drain(), workers?.drain(), jobs?.stop(graceMs), polling]),
        patience,
      ])
      await Promise.race([server.close(), pause(2_000)])
      metricsServer?.close()
      inspector.close()
      converter.close()
      await Promise.race([
        Promise.allSettled([
          upstream.close(),
          results.close(),
          db.close(),
          front.close(),
          probe.close(),
          oracle.close(),
          admins.close(),
          ledger.close(),
          tracing.close(),
          filesDir && rm(filesDir, { recursive: true, force: true }),
        ]),
        pause(2_000),
      ])
      log.info('stopped')
    },
  }

  async function setCommands() {
    await telegram.setMyCommands(commandsFor('ru', false))
    await telegram.setMyCommands(commandsFor('en', false), { language_code: 'en' })
    for (const id of config.adminIds) {
      const scope = { type: 'chat' as const, chat_id: id }
      // An admin who never opened the bot has no chat yet.
      await telegram
        .setMyCommands(commandsFor('ru', true), { scope })
        .catch(error => log.debug({ err: error }, 'admin commands'))
    }
  }

  async function refreshMetrics() {
    metrics.logDropped.set(droppedLines())
    const [row] = await backlog(sql)
    if (!row) return
    metrics.waiting.set({ what: 'inbox' }, row.inbox)
    metrics.waiting.set({ what: 'inbox_parked' }, row.inboxParked)
    metrics.waiting.set({ what: 'outbox' }, row.outbox)
    metrics.waiting.set({ what: 'outbox_dead' }, row.outboxDead)
    metrics.waiting.set({ what: 'generations' }, row.open)
    metrics.heldKop.set(row.heldKop)
    metrics.keptBytes.set(row.keptBytes)
    metrics.oldestOpenS.set(row.oldestOpenS)
    metrics.statsAgeS.set(row.statsAgeS)
    metrics.poolReplaced.set(db.replaced() + front.replaced())
    for (const { name, isOn, seenS } of await alarmRows(sql)) {
      metrics.alarm.set({ name }, isOn ? 1 : 0)
      metrics.alarmAgeS.set({ name }, seenS)
    }
    const dead = await jobs?.queue.getQueue('dead')
    metrics.waiting.set({ what: 'dead_jobs' }, dead?.totalCount ?? 0)
  }
}

/**
 * Brings the whole database up to this build as its owner: our schema, the job engine's, and the logins that the service
 * works by. Gives how it is reached: by the owner's address where there are no such logins and the owner may not make them.
 * Throws when a login that is there is not let in, with what to do.
 */
export async function migrateAll(ownerUrl: string, access: Access, log: Log): Promise<Access> {
  await migrateSchema(ownerUrl, log)
  const missing = await grantAccess(ownerUrl, access)
  const reached = { ...access }
  for (const [kind, group] of [
    ['app', 'pay_app'],
    ['admin', 'pay_admin'],
  ] as const) {
    const isIn = !missing.includes(group) && (await letsIn(access[kind], ownerUrl))
    if (isIn) continue
    // Whoever names a login of his own does not want another to be used.
    if (kind === 'app' && access.isOwn)
      throw new Error(`the login of DATABASE_URL is no member of pay_app: ${rolesAdvice}`)
    reached[kind] = ownerUrl
  }
  if (reached.app === ownerUrl || reached.admin === ownerUrl) log.warn(`${togetherWarning} ${rolesAdvice}`)
  return reached
}

/** Our schema and the job engine's, without the logins. */
export async function migrateSchema(ownerUrl: string, log: Log): Promise<void> {
  const applied = await migrate(ownerUrl)
  if (applied.length > 0) log.info({ applied }, 'migrated')
  await migrateJobs(ownerUrl, log)
}

/** Whether the login is let in; where it is not and the owner may change that, throws what to do. */
async function letsIn(url: string, ownerUrl: string): Promise<boolean> {
  const db = connect(url, { max: 1 })
  try {
    await db.sql`select 1 as one`
    return true
  } catch (cause) {
    // 28: refused for its password. Made by an administrator, for the token of before.
    if (sqlState(cause)?.startsWith('28') && !(await mayMakeRoles(ownerUrl))) return false
    const { username } = new URL(url)
    throw new Error(
      `the login ${username} is not let in: allow it in pg_hba.conf or in the pooler, or give the service a login of its own by DATABASE_URL and the owner's by DATABASE_OWNER_URL`,
      { cause },
    )
  } finally {
    await db.close()
  }
}
