import { createCanvas } from '@napi-rs/canvas'
import type { Test } from 'tap'
import { type MessageView, startTelegram } from '../../playground/telegram/server.ts'
import type { ApiVersion } from '../../playground/telegram/stand-in.ts'
import { createBot } from '../../src/bot/bot.ts'
import type { BotDeps } from '../../src/bot/deps.ts'
import { onSale, openCatalogue } from '../../src/catalogue/models.ts'
import type { FileValue, Inputs } from '../../src/catalogue/parameters.ts'
import { connect } from '../../src/database/db.ts'
import { Refused } from '../../src/errors.ts'
import type { ModelStats } from '../../src/events/repository.ts'
import { changeHealth, createModelHealth } from '../../src/health/model-health.ts'
import { newId } from '../../src/id.ts'
import { stopPlans } from '../../src/jobs/plans.ts'
import { endReversals, findPayment } from '../../src/jobs/reconcile.ts'
import { createFastPath } from '../../src/jobs/updates/fast-path.ts'
import { scrubber } from '../../src/log.ts'
import { brokenPromises } from '../../src/operations/overview.ts'
import { cancel, place } from '../../src/payments/integration.ts'
import type { Enqueue } from '../../src/payments/order.ts'
import { genAccepted, genFinish, genSubmit } from '../../src/payments/order-statements.ts'
import { makeQuote } from '../../src/payments/quotes.ts'
import { createTelegram } from '../../src/telegram/client.ts'
import { allowedUpdates } from '../../src/telegram/webhook.ts'
import { buttons, captions } from './messages.ts'
import { creditBonus } from './money.ts'
import { noEnqueue, picture, silent, world } from './world.ts'

type Given = Partial<FileValue>

/** The bot between a strict stand-in of Telegram and a real database; the upstream is not part of it. */
export async function chats(
  t: Test,
  {
    transferDetails,
    plans = [],
    card,
    startBonusKop = 0,
    apiVersion,
    choice,
  }: Pick<Partial<BotDeps>, 'transferDetails' | 'card' | 'startBonusKop' | 'plans'> & {
    apiVersion?: ApiVersion
    choice?: string
  } = {},
) {
  const { access, sql, owner, broken, story } = await world(t)
  const api = await startTelegram({ seed: 7, timeScale: 0.02, ...(apiVersion && { apiVersion }) })
  t.teardown(() => api.close())
  api.faults.limits = false
  const telegram = createTelegram({
    token: api.token,
    apiRoot: api.apiRoot,
    rateLimiter: async () => 0,
    log: silent,
  })
  const botInfo = await telegram.call('getMe', {})
  const catalogue = openCatalogue({ rates: { usdRubRate: '95', markup: '2.0' }, contentFilter: true, choice })
  const limits = { maxOpen: 3, freeDaily: 10, freeHourly: 3, newFreeDaily: 1_000_000 }
  const { player } = api

  /** What the inspection of the next file finds, beside what its sender says of it. */
  const found: Given[] = []
  const links = new Map<string, Given | Error>()
  const woken: string[] = []
  const sentAgain: string[] = []
  const enqueue: Enqueue = { ...noEnqueue, submit: async ({ id }) => void woken.push(id) }
  const file = (mime: string, more: Given = {}): FileValue => ({
    url: `https://files.example.com/${newId()}`,
    kind: mime.split('/')[0] as FileValue['kind'],
    mime,
    bytes: 50_000,
    ...(mime.startsWith('audio') ? { seconds: 5 } : { widthPx: 600, heightPx: 400 }),
    ...more,
  })
  const stats = new Map<string, ModelStats>()
  const modelHealth = createModelHealth(sql, silent)
  const admins = connect(access.admin, { max: 2 })
  t.teardown(() => admins.close())
  /** Whoever is in here is an admin. */
  const adminIds: number[] = []
  const deps: BotDeps = {
    sql,
    adminSql: admins.sql,
    catalogue,
    forSale: onSale(catalogue, modelHealth.isOff, modelHealth.isSwitchedOn),
    modelHealth,
    log: silent,
    limits,
    startBonusKop,
    adminIds,
    groupLimits: { perMinute: 60, memberPerMinute: 60, memberDailyKop: 100_00 },
    packsKop: [100_00, 300_00, 500_00, 1000_00, 5000_00],
    plans,
    stopPlans: userId => stopPlans({ sql, telegram, log: silent }, userId),
    transferDetails,
    card,
    starRateRub: '1.2',
    botUsername: () => api.bot.username,
    integration: {
      place: order => place(sql, order, limits),
      cancel: ref => cancel({ sql, enqueue, scrub: text => text, log: silent }, ref),
    },
    enqueue,
    files: {
      async fromTelegram(fileId, _size, { accept }) {
        const sent = player.file(fileId)
        if (!sent) throw new Refused('empty', 'no such file')
        if (!/^(image|video|audio)\//.test(sent.mime)) throw new Refused('not_media', sent.mime)
        if (accept?.every(kind => !sent.mime.startsWith(kind))) throw new Refused('wrong_kind', sent.mime)
        return file(sent.mime, { fileId, ...found.shift() })
      },
      async fromLink(url) {
        const given = links.get(url) ?? new Refused('not_found', url)
        if (given instanceof Error) throw given
        return file(given.mime ?? 'image/png', given)
      },
    },
    async fileBytes(fileId) {
      const sent = player.file(fileId)
      if (!sent) throw new Refused('empty', 'no such file')
      return sent.bytes
    },
    stats: { of: id => stats.get(id), popularity: () => 0 },
    takeLate: async () => 'nothing',
    resend: async ({ id }) => void sentAgain.push(id),
    original: async ({ id }) => void sentAgain.push(`original ${id}`),
    sample: async address => {
      throw new Refused('not_found', address)
    },
    findPayment: (userId, orderId) => findPayment({ sql, telegram, log: silent }, userId, orderId),
    operator: {
      scrub: scrubber([api.token]),
      build: { version: '1.2.3', commit: 'abc1234' },
      broken: () => brokenPromises(sql),
      task: async () => ({ kind: 'not_found' }),
      endReversals: () => endReversals({ sql, telegram, log: silent }),
    },
  }
  const bot = createBot({ telegram, botInfo, deps })
  const fastPath = createFastPath({ sql, telegram, log: silent })

  let offset = 0
  /** Hands every waiting update to the bot, one after another. */
  async function serve(times = 1) {
    for (;;) {
      const updates = await telegram.call('getUpdates', {
        timeout: 0,
        limit: 100,
        offset,
        allowed_updates: [...allowedUpdates],
      })
      if (updates.length === 0) return
      for (const update of updates) {
        offset = update.update_id + 1
        await owner`delete from pay.rates where key like 'act:%'` // these people take their time
        fastPath.checkout(update as Parameters<typeof fastPath.checkout>[0])
        for (let n = 0; n < times; n++) await bot.handle(update)
      }
    }
  }

  /** A person with `kop` kopecks who has pressed «Start». */
  async function person({ kop = 0, languageCode = 'ru', firstName = 'Анна' } = {}) {
    const { id } = player.addPerson({ firstName, languageCode })
    player.open(id)
    await serve()
    if (kop > 0) await creditBonus(owner, id, newId(), kop)
    const chat = () => player.chat(id)
    const last = () => chat().findLast(message => message.from === 'bot')!
    return {
      id,
      chat,
      last,
      async says(text: string, times = 1) {
        player.say(id, text)
        await serve(times)
        return last()
      },
      async sends(
        mime: string,
        { kind = 'document' as 'document' | 'photo' | 'voice' | 'video', caption = '', albumId = '' } = {},
      ) {
        const fileName = `file.${mime.split('/')[1]}`
        const bytes = contentOf(kind)
        const about = { ...(caption && { caption }), ...(albumId && { albumId }) }
        await player.send(id, { kind, fileName, mime, bytes, ...about })
        await serve()
        return last()
      },
      /** By the beginning of the words on a button, or by its data, which may be on no button at all. */
      async presses(what: string | { data: string }, message: MessageView = last(), times = 1) {
        const button = typeof what === 'string' ? buttons(message).find(one => one.text.startsWith(what)) : what
        if (!button?.data) throw new Error(`no button «${String(what)}» among ${captions(message).join(' | ')}`)
        const pressed = player.press(id, message.messageId, { data: button.data }, true)
        pressed.catch(() => {}) // of interest below, not while the bot is at it
        await serve(times)
        return { answer: await pressed, screen: chat().find(one => one.messageId === message.messageId) ?? last() }
      },
      /** Pays the last invoice, in Stars. */
      async pays(message: MessageView = last()) {
        const paying = player.pay(id, message.messageId)
        await serve()
        const paid = await paying
        await serve()
        return paid
      },
      /** Opens a model's card and presses «Start». */
      async begins(key: string) {
        player.say(id, '/menu')
        await serve()
        await this.presses({ data: `w:${key}` })
        return last()
      },
    }
  }

  /** Switches a model off, as its failures do, or on again. */
  async function switches(modelId: string, after: 'off' | 'on') {
    const [row] = await owner<{ seen: number }[]>`
      select coalesce(max(n), 0)::int as seen from pay.model_switches where model_id = ${modelId}`
    const rest = after === 'off' ? { strikes: 1, restMs: 1000 } : { strikes: 0, restMs: null }
    const cause = { who: 'auto', cause: 'failing', reason: null, isPinned: false, figures: {}, tell: [] } as const
    await changeHealth(sql, { modelId, seen: row!.seen, after, ...cause, ...rest })
    await modelHealth.refresh()
  }

  const draftOf = async (userId: number) =>
    (
      await owner<
        { id: string; rev: number; step: string; kind: string; inputs: { answers: Inputs }; model_id: string }[]
      >`
      select id, rev, step, kind, inputs, model_id from pay.drafts where user_id = ${userId}`
    )[0]
  const generationsOf = async (userId: number) =>
    (
      await owner<
        { id: string; exec_state: string; price_kop: string; message_id: string; model_id: string; quote_id: string }[]
      >`
      select id, exec_state, price_kop, message_id, model_id, quote_id
      from pay.generations where user_id = ${userId} order by created_at`
    ).map(row => ({
      ...row,
      price_kop: Number(row.price_kop),
      message_id: Number(row.message_id),
    }))
  const quoteOf = async (userId: number) =>
    (
      await owner<
        { id: string; model_id: string; inputs: Inputs; params: Record<string, unknown>; price_kop: string }[]
      >`
      select id, model_id, inputs, params, price_kop from pay.quotes
      where user_id = ${userId} order by created_at desc limit 1`
    )[0]
  const balanceOf = async (userId: number) =>
    Number((await owner`select balance_kop as kop from pay.wallets where user_id = ${userId}`)[0]?.kop)

  /** A run of the person, of any price, with a message of its own. */
  async function running(
    userId: number,
    { modelId = 'z-image', kop = 45_00, inputs = { prompt: 'кот' } as Inputs, params = {}, credits = '1' } = {},
  ) {
    await creditBonus(owner, userId, newId(), Math.max(1, kop))
    const { category } = catalogue.byId(modelId)!
    const offer = { userId, modelId, category, inputs, params, priceKop: kop, credits, rates: catalogue.rates }
    const { id: quoteId } = await makeQuote(sql, offer)
    const id = newId()
    const order = {
      userId,
      id,
      requestKey: `q:${quoteId}`,
      quoteId,
      chatId: userId,
      messageId: null,
      deadlineMs: 600_000,
    }
    await place(sql, order, { ...limits, maxOpen: 1_000 })
    return id
  }

  /** Takes a run to its end as a worker does; a code is that of a failure, else it brings so many `files`. */
  async function end(userId: number, id: string, code?: string, files = 1) {
    const ref = { userId, id }
    if (code !== undefined) return genFinish(sql, ref, 'failed', code, 'the upstream said so', [])
    const [taken] = await genSubmit(sql, ref, 'token')
    await genAccepted(sql, ref, taken!.attempt, `task-${id}`)
    const results = Array.from({ length: files }, (_, n) => ({ ...picture, n: n + 1 }))
    return genFinish(sql, ref, 'success', null, null, results, files)
  }

  return {
    access,
    api,
    telegram,
    bot,
    deps,
    sql,
    owner,
    broken,
    story,
    catalogue,
    limits,
    serve,
    person,
    found,
    links,
    woken,
    sentAgain,
    stats,
    adminIds,
    switches,
    draftOf,
    generationsOf,
    quoteOf,
    balanceOf,
    running,
    end,
    file,
  }
}
// 128 kbit/s at 44.1 kHz: a header and nothing to hear.
const silentMp3Frame = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(413)])

const contentOf = (kind: string): Uint8Array => {
  if (kind === 'photo') return createCanvas(600, 400).toBuffer('image/png')
  if (kind === 'voice') return Buffer.concat(Array.from({ length: 20 }, () => silentMp3Frame))
  return new Uint8Array(64)
}
export type Person = Awaited<ReturnType<Awaited<ReturnType<typeof chats>>['person']>>
