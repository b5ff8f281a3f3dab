import { type Bot, createBot } from '../bot/bot.ts'
import { setCommands } from '../bot/commands.ts'
import { requestOf } from '../bot/context.ts'
import type { BotDeps } from '../bot/deps.ts'
import { readDraft } from '../bot/drafts.ts'
import { createIntake } from '../bot/files/intake.ts'
import { createUserFiles, fileReader } from '../bot/files/user-files.ts'
import { createInline } from '../bot/home/inline.ts'
import { profileSettings, writeProfile } from '../bot/home/profile.ts'
import { stopPlans } from '../jobs/plans.ts'
import { endReversals, findPayment } from '../jobs/reconcile.ts'
import { resend, sendOriginals } from '../jobs/resend.ts'
import { createFetcher } from '../jobs/updates/intake.ts'
import type { LaneDispatch } from '../jobs/updates/lane-dispatch.ts'
import { createLanes } from '../jobs/updates/lanes.ts'
import type { Log, Scrub } from '../log.ts'
import { brokenPromises } from '../operations/overview.ts'
import { cancel, place } from '../payments/integration.ts'
import { takeLate } from '../payments/late-results.ts'
import { untilDone } from '../until-done.ts'
import type { Database } from './database.ts'
import type { Inbox } from './inbox.ts'
import type { LateEnqueue } from './jobs.ts'
import type { Media } from './media.ts'
import type { Orders } from './orders.ts'
import type { Build, Part, Settings } from './part.ts'
import type { TelegramPart } from './telegram.ts'
import type { Telemetry } from './telemetry.ts'
import type { UpstreamPart } from './upstream.ts'

type Options = {
  config: Settings
  build: Build
  database: Database
  media: Media
  telegram: TelegramPart
  upstream: UpstreamPart
  orders: Orders
  inbox: Inbox
  telemetry: Telemetry
  enqueue: LateEnqueue
  dispatch: LaneDispatch
  scrub: Scrub
  log: Log
}

/** The handlers of updates, one update of a person at a time, and the fetcher of their files. */
export function openBot(options: Options) {
  const { config, database, telegram, inbox, telemetry, enqueue, dispatch, log } = options
  const { sql } = database
  // Files from other hosts are fetched outside the lanes.
  const fetcher = createFetcher({
    sql,
    telegram: telegram.client,
    files: userFiles(options),
    draftOf: async userId => (await readDraft(sql, userId))?.id,
    enqueue: { lane: dispatch.enqueue },
    log,
  })
  const intake = createIntake({ sql, enqueue: { ...enqueue, lane: dispatch.enqueue }, moved: fetcher.moved })
  const deps = botDeps(options, intake.files)
  // Set at the start: Telegraf needs the answer of getMe.
  let bot: Bot | undefined
  const lanes = createLanes({
    sql,
    log,
    async handle(payload, attempt) {
      const known = bot
      if (!known) throw new Error('the bot is not known yet')
      await intake.handle(payload, update => {
        const id = 'update_id' in update ? Number(update.update_id) : -1
        inbox.begun(id)
        return telemetry.tracing.request(requestOf(id, update), 'update', () => known.handle(update, attempt))
      })
    },
  })
  return {
    fetcher,
    lanes,
    async start(signal) {
      const botInfo = telegram.me()
      if (!botInfo) throw new Error('the bot starts after Telegram has said who it is')
      bot = createBot({ telegram: telegram.client, botInfo, deps })
      inbox.handleInline(createInline({ telegram: telegram.client, deps }))
      if (!config.roles.worker) return
      dispatch.handleHere(lanes.run)
      // In the background: the start does not depend on how the bot looks.
      const commands = { telegram: telegram.client, sql, adminIds: config.adminIds, log }
      void untilDone('setMyCommands', () => setCommands(commands), log, signal)
      const profile = { telegram: telegram.client, botId: botInfo.id, ...profileSettings(config), log }
      void untilDone('the profile', () => writeProfile(profile), log, signal)
    },
    drain() {
      dispatch.stop()
      fetcher.stop()
      return lanes.drain()
    },
  } satisfies Part
}

export type BotPart = ReturnType<typeof openBot>

function botDeps(options: Options, files: BotDeps['files']): BotDeps {
  const { config, build, database, telegram, upstream, orders, enqueue, scrub, log } = options
  const { sql } = database
  const { catalogue, forSale, limits, stats, modelHealth, running, delivery } = orders
  const { startBonusKop, adminIds, packsKop, starRateRub, card, transferDetails, groupLimits, plans } = config
  return {
    ...{ sql, adminSql: database.admins, catalogue, forSale, modelHealth, limits, stats, enqueue, files, log },
    ...{ startBonusKop, adminIds, packsKop, starRateRub, card, transferDetails, groupLimits, plans },
    stopPlans: userId => stopPlans({ sql, telegram: telegram.client, log }, userId),
    botUsername: () => telegram.me()?.username ?? '',
    integration: { place: order => place(sql, order, limits), cancel: ref => cancel(running, ref) },
    fileBytes: fileReader(filesOfTelegram(options)),
    takeLate: ref => takeLate(running, ref),
    sample: upstream.sample,
    resend: (ref, threadId) => resend(delivery, ref, threadId),
    original: (ref, threadId) => sendOriginals(delivery, ref, threadId),
    findPayment: (userId, orderId) => findPayment({ sql, telegram: telegram.client, log }, userId, orderId),
    operator: {
      build,
      scrub,
      broken: () => brokenPromises(database.oracle),
      task: taskId => upstream.client.recordInfo(taskId),
      endReversals: () => endReversals({ sql, telegram: telegram.client, log }),
    },
  }
}

const filesOfTelegram = ({ config, telegram, media }: Options) => ({
  telegram: telegram.client,
  token: config.botToken,
  apiRoot: config.telegramApiRoot,
  dir: media.dir,
})

const userFiles = (options: Options) =>
  createUserFiles({
    ...filesOfTelegram(options),
    upstream: options.upstream.client,
    downloader: options.upstream.downloader,
    converter: options.media.converter,
  })
