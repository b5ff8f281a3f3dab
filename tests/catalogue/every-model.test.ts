// Every model of the core and of the shelf, from «/start» to the file in the chat, through the real service: once with what anyone would
// press, once with the most that is on offer. The upstream's stand-in knows the documentation only and has the last word.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileTypeFromBuffer } from 'file-type'
import { imageSize } from 'image-size'
import { parseBuffer } from 'music-metadata'
import t, { type Test } from 'tap'
import type { Button, MessageView } from '../../playground/telegram/server.ts'
import { choiceOf, eitherOf } from '../../src/bot/order/state.ts'
import { isLink, isNumeric, scalarText, shiftOf } from '../../src/bot/parameter-texts.ts'
import { nearlyFull } from '../../src/bot/request/request.ts'
import { parse, to } from '../../src/bot/routes.ts'
import { formatOf, type Model, modelKey, openCatalogue, type Param } from '../../src/catalogue/models.ts'
import { changesPrice, type Inputs, optionsFor, questions, toWire } from '../../src/catalogue/parameters.ts'
import { price, priceRange } from '../../src/catalogue/pricing.ts'
import { stringsFor } from '../../src/i18n/strings.ts'
import { formatKop, type Language } from '../../src/money.ts'
import { jpegOf, mp3Of, mp4Of, pngOf, type Sent, wavOf } from '../support/media/media.ts'
import { buttons, refusedByOldServer, withFiles } from '../support/messages.ts'
import { freePort, stage } from '../support/service.ts'

const rates = { usdRubRate: '95', markup: '2.0' }
const catalogue = openCatalogue({ rates, contentFilter: true, choice: 'all' })

const world = await stage(t, { timeScale: 1 })
const { telegram, upstream, owner } = world
upstream.credit = 1_000_000
const settings = {
  MODELS: 'all',
  START_BONUS_RUB: '100000',
  MAX_ACTIVE_PER_USER: '10',
  // The second run of a free model is then a paid one, with all its parameters.
  FREE_DAILY_LIMIT: '1',
  LOG_LEVEL: 'warn',
}
// Two machines: an order may be shown by one, placed by the other, and sent and settled by either.
const service = await world.service(settings)
const other = await world.service({ ...settings, PORT: String(await freePort()) })
await Promise.all([service.ready(), other.ready()])

const files = {
  image: { usual: jpegOf(640, 480), most: pngOf(2048, 2048) },
  video: { usual: await mp4Of(), most: await mp4Of() },
  audio: { usual: mp3Of(2), most: wavOf(15) },
}
/** As long as a sound may be, ten minutes at most. */
const longest = (seconds: number) => wavOf(Math.min(600, seconds))

type Way = 'usual' | 'most'
type Draft = { id: string; rev: number; step: string; inputs: { answers: Inputs } }
type Placed = { id: string; task_id: string; price_kop: string; exec_state: string; money_state: string }
type Offered = { id: string; inputs: Inputs; params: Record<string, unknown>; price_kop: string }

/** One person with one model. What a screen offers is found by its data, so that any language does. */
function orderer(t: Test, id: number, model: Model, language: Language) {
  const { player } = telegram
  const words = stringsFor(language)
  const fromBot = () => player.chat(id).filter(message => message.from === 'bot')

  /** Looks again whenever something has happened in the chat. */
  async function seen<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false) {
    for (const end = Date.now() + 150_000; Date.now() < end; ) {
      let off = () => {}
      const news = new Promise<void>(resolve => {
        off = telegram.on(({ userId }) => userId === id && resolve())
      })
      const found = await look()
      if (!found) await Promise.race([news, sleep(250)])
      off()
      if (found) return found
    }
    const last = fromBot().slice(-3)
    throw new Error(
      `${model.id}: waited in vain for ${what}; the bot said: ${last.map(({ text }) => text).join(' | ')}`,
    )
  }
  /** The newest screen with such a button. */
  const screen = (what: string, has: (button: Button) => boolean) =>
    seen(what, () => fromBot().findLast(message => buttons(message).some(has)))
  async function press(what: string, has: (button: Button) => boolean) {
    const message = await screen(what, has)
    const button = buttons(message).find(has)!
    await player.press(id, message.messageId, { data: button.data! })
    return message
  }
  const leads = (data: string) => (button: Button) => button.data === data
  const draft = async () =>
    (await owner<Draft[]>`select id, rev, step, inputs from pay.drafts where user_id = ${id}`)[0]

  /** The order where it stands after `act`, once its screen is there. */
  async function moved(act: () => Promise<unknown> | unknown): Promise<Draft> {
    const before = await draft()
    await atOnce()
    await act()
    return seen(`the step after ${before?.step}`, async () => {
      const now = await draft()
      if (!now || (now.id === before?.id && now.rev === before.rev)) return undefined
      const mark = now.step.startsWith('quote:') ? `q:${now.step.slice(6)}:` : `d:${now.id}:${now.rev}:`
      const isShown = fromBot().some(message => buttons(message).some(({ data }) => data?.startsWith(mark)))
      return isShown && now
    })
  }
  const does = (now: Draft, op: string) => leads(`d:${now.id}:${now.rev}:${op}`)

  async function sendFiles(now: Draft, param: Param, way: Way): Promise<Draft> {
    const [kind] = param.accept!
    const most = way === 'most' && param.type === 'file[]' ? param.max_files! : 1
    let at = now
    for (let n = 0; n < most; n++) {
      const file = way === 'usual' ? files[kind!].usual : maxOf(param, n)
      at = await moved(() => player.send(id, { ...file, kind: 'document' }))
    }
    const isOpen = at.step.includes(`:${param.name}@`)
    return isOpen ? moved(() => press('done', does(at, 'a'))) : at
  }

  async function answer(now: Draft, param: Param, way: Way): Promise<Draft> {
    if (param.previous_models) return moved(() => press('an earlier result', does(now, 'v:0')))
    if (param.type === 'file' || param.type === 'file[]') return sendFiles(now, param, way)
    if (param.type === 'string') return moved(() => player.say(id, textFor(param, way)))
    const isNumber = param.type === 'integer' || param.type === 'number'
    if (way === 'most' && isNumber) return moved(() => player.say(id, String(numberFor(param) + shiftOf(param))))

    const usual = words.wizard.usualButton(scalarText(param, param.default!, language))
    // Its price may stand behind it.
    const isNamedUsual = (text: string) => text === usual || text.startsWith(`${usual} · `)
    const isUsual = ({ text, data }: Button) =>
      isNamedUsual(text) && data?.startsWith(`d:${now.id}:${now.rev}:`) === true
    if (way === 'usual') return moved(() => press(usual, isUsual))
    let at = now
    // A long list: from its first page back is its last.
    const pages = optionsFor(model, param, {}).length > 24
    if (pages) at = await moved(() => press('the last page', button => button.text === '‹'))
    const shown = buttons(await screen('options', ({ data }) => data?.startsWith(`d:${at.id}:${at.rev}:v:`) ?? false))
    const options = shown.filter(({ data = '' }) => /:v:[0-8]?\d{1,2}$/.test(data))
    const other = options.findLast(({ text }) => !isNamedUsual(text)) ?? options[0]!
    return moved(() => press(other.text, leads(other.data!)))
  }

  /** From «/start» by the model's list and its card to its first question. */
  async function begins(): Promise<Draft> {
    await atOnce()
    player.open(id)
    const format = formatOf(model)
    const list = to.list(format, 0).split(':')[1]
    if (format === 'tools') await press('the rest', leads(to.more()))
    await press('the list', leads(to.list(format, 0)))
    const isCard = ({ data = '' }: Button) => data.startsWith(`m:${modelKey(model.id)}:${list}:`)
    for (let page = 0; ; page++) {
      const shown = await screen(`page ${page}`, ({ data = '' }) =>
        new RegExp(`^m:[a-z0-9-]+:${list}:${page}$`).test(data),
      )
      if (buttons(shown).some(isCard)) break
      await press('the next page', leads(to.list(format, page + 1)))
    }
    await press('the card', isCard)
    const card = await screen('begin', leads(to.begin(modelKey(model.id))))
    const { minKop, maxKop } = priceRange(model, rates)
    t.match(card.text, model.name[language])
    for (const kop of new Set([minKop, maxKop])) t.match(card.text, formatKop(kop, language))
    return moved(() => press('begin', leads(to.begin(modelKey(model.id)))))
  }

  async function fills(way: Way, half: Param | undefined): Promise<Draft> {
    let now = await begins()
    while (!now.step.startsWith('quote:')) {
      if (now.step.startsWith('choose:')) {
        const n = choiceOf(model).indexOf(half!)
        now = await moved(() => press('a half', does(now, `v:${n}`)))
      }
      const name = /^ask:(\w+)@/.exec(now.step)?.[1]
      now = await answer(now, model.params.find(param => param.name === name)!, way)
    }
    return way === 'most' ? fillsExtras(now) : now
  }

  /** «Change», then every field among the extras that was not asked on the way. */
  async function fillsExtras(quoted: Draft): Promise<Draft> {
    const { asked } = questions(model)
    let now = await moved(() => press('change', leads(`q:${quoted.step.slice(6)}:ed`)))
    for (const [n, param] of model.params.entries()) {
      if (param.hidden || asked.includes(param) || eitherOf(model, param.name)) continue
      const shown = await screen('the extras', does(now, 'a'))
      if (!buttons(shown).some(does(now, `e:${n}`))) continue
      now = await moved(() => press(param.name, does(now, `e:${n}`)))
      now = await answer(now, param, 'most')
      t.equal(now.step, 'extras', `${param.name} is taken`)
    }
    return moved(() => press('done', does(now, 'a')))
  }

  /** The whole way, and what came of it. */
  async function orders(way: Way, half?: Param) {
    const name = [model.id, way, half?.name].filter(Boolean).join(' ')
    const now = await fills(way, half)
    const quoteId = now.step.slice(6)
    const [quote] = await owner<Offered[]>`
      select id, inputs, params, price_kop from pay.quotes where id = ${quoteId}`
    const isStart = ({ data = '' }: Button) => data === `q:${quoteId}:ok` || data === `q:${quoteId}:fr`
    const shown = await screen('the price', isStart)
    const balance = await balanceOf(id)
    const before = withFiles(fromBot()).length
    await atOnce()
    await press('start', isStart)
    const run = await seen('the end', async () => {
      const [row] = await owner<Placed[]>`
        select id, task_id, price_kop, exec_state, money_state from pay.generations
        where quote_id = ${quoteId} and finished_at is not null`
      return row
    })
    const task = upstream.tasks.find(({ taskId }) => taskId === run.task_id)!
    const media = await seen('the result', () => {
      const come = withFiles(fromBot())
      return come.length >= before + task.resultUrls.length && come.slice(before)
    })
    const kop = Number(run.price_kop)

    // Shown, held, kept, told.
    t.match(
      run,
      { exec_state: 'success', money_state: kop === 0 ? 'free' : 'captured', price_kop: quote!.price_kop },
      name,
    )
    t.equal(
      buttons(shown).find(isStart)?.text,
      kop === 0 ? words.quote.startFreeButton : words.quote.startButton(kop),
      `${name}: the price on the button`,
    )
    t.equal(kop === 0, way === 'usual' && catalogue.freeIds.has(model.id), `${name}: free once a day`)
    const credits = price(model, quote!.inputs, rates)
    if (kop > 0) t.equal(kop, credits.kop, `${name}: the price of these answers`)
    t.equal(task.creditsConsumed, Number(credits.credits), `${name}: what the upstream takes is what was priced`)
    t.equal(
      credits.kop,
      Math.ceil(Number((task.creditsConsumed! * 95).toFixed(6))),
      `${name}: one credit is 0.95 rubles`,
    )
    const moves = await owner`select kind, amount_kop from pay.ledger_entries where generation_id = ${run.id}`
    t.strictSame([...moves], kop === 0 ? [] : [{ kind: 'debit', amount_kop: String(-kop) }], `${name}: the ledger`)
    t.equal(await balanceOf(id), balance - kop, `${name}: the balance`)
    // Under an album the price is a message of its own.
    const tells = ({ messageId, text }: MessageView) =>
      messageId >= media[0]!.messageId && text?.includes(formatKop(kop, language))
    if (kop > 0) await seen('what was charged', () => fromBot().some(tells))

    // What went out.
    t.strictSame(task.input, quote!.params, `${name}: the upstream has what was quoted`)
    t.strictSame(task.input, toWire(model, quote!.inputs, true), `${name}: and it follows from the answers`)
    for (const param of model.params.filter(one => changesPrice(model, one))) {
      t.ok(param.name in task.input, `${name}: ${param.name} is priced and sent`)
    }
    if (way === 'most') t.strictSame(leftAlone(model, quote!.inputs), [], `${name}: nothing stays at its default`)

    for (const message of media) await opens(t, name, model, message)
  }

  return { orders }
}

/** Parameters at their default, or not given, though the rules would allow another answer. */
function leftAlone(model: Model, inputs: Inputs): string[] {
  return model.params
    .filter(param => {
      if (param.hidden || eitherOf(model, param.name)) return false
      if (model.rules.some(rule => rule.type === 'only_with' && rule.param === param.name && !(rule.with in inputs))) {
        return false
      }
      if (inputs[param.name] !== undefined && inputs[param.name] !== param.default) return false
      const options = optionsFor(model, param, inputs)
      return options.length === 0 || options.some(({ value, allowed }) => allowed && value !== param.default)
    })
    .map(({ name }) => name)
}

/** Telegram's pace for a chat and ours for a person are not the matter here: nobody is made to wait. */
const atOnce = () => owner`delete from pay.rates`

const balanceOf = async (id: number) =>
  Number((await owner`select balance_kop from pay.wallets where user_id = ${id}`)[0]?.balance_kop)

const triedSizes = new Set<number>()

/** The largest that the parameter takes: in pixels, in seconds, and for one file of each limit to the byte. */
function maxOf(param: Param, n: number): Sent {
  const [kind] = param.accept!
  if (kind === 'audio' && (param.max_seconds ?? 0) > 15) return longest(param.max_seconds!)
  if (kind !== 'image') return files[kind!].most
  const megabytes = Math.min(param.max_mb!, 20)
  if (n > 0 || triedSizes.has(megabytes)) return files.image.most
  triedSizes.add(megabytes)
  const width = param.max_side_px ?? 2048
  const height = param.max_megapixels ? Math.floor((param.max_megapixels * 1e6) / width) : width
  return pngOf(width, height, megabytes * 1024 * 1024)
}

function textFor(param: Param, way: Way): string {
  // Of a longer message a client may have cut off the rest, which is waited for.
  const most = Math.min(param.max_length ?? nearlyFull, nearlyFull)
  if (isNumeric(param)) return way === 'usual' ? '7' : '9'.repeat(15)
  if (isLink(param)) return 'https://sora.chatgpt.com/p/s_1'.padEnd(way === 'usual' ? 0 : most, 'a')
  if (param.pattern) return 'uk'
  return way === 'usual' ? 'рыжий кот в лодке' : 'Кот <b>&lt; "и" & '.padEnd(most, 'рыжая лиса ').replace(/ $/, '!')
}

function numberFor(param: Param): number {
  // The stand-in makes two pictures at a time, so the second is the last.
  if (param.name === 'index') return 1
  return param.max ?? 999_999_999_999_999
}

/** Fetches the file as any bot would and reads it: it must be what the model promises. */
async function opens(t: Test, name: string, model: Model, message: MessageView) {
  const about = await fetch(`${telegram.apiRoot}/bot${telegram.token}/getFile?file_id=${message.media!.fileId}`)
  const { result } = (await about.json()) as { result: { file_path: string } }
  const file = await fetch(`${telegram.apiRoot}/file/bot${telegram.token}/${result.file_path}`)
  const bytes = new Uint8Array(await file.arrayBuffer())
  const type = await fileTypeFromBuffer(bytes)
  t.match(type?.mime, new RegExp(`^${model.output}/`), `${name}: ${type?.mime} is a file of the right kind`)
  if (model.output === 'image') {
    const { width, height } = imageSize(bytes)
    return t.ok(width > 0 && height > 0, `${name}: a picture of ${width} × ${height}`)
  }
  const { format } = await parseBuffer(bytes, { mimeType: type!.mime }, { duration: true })
  if (model.output === 'audio') return t.ok((format.duration ?? 0) > 0, `${name}: it lasts ${format.duration} s`)
  const film = format.trackInfo.find(track => track.video)?.video
  t.ok(film?.pixelWidth && film.pixelHeight, `${name}: a film of ${film?.pixelWidth} × ${film?.pixelHeight}`)
}

t.jobs = 4
// Dozens of films are encoded on the way.
t.setTimeout(240_000)
for (const [n, model] of catalogue.models.entries()) {
  t.test(`${model.id}: from «/start» to the file in the chat`, { buffered: true }, async t => {
    const language = n % 2 === 0 ? 'ru' : 'en'
    const { id } = telegram.player.addPerson({ firstName: 'Анна', languageCode: language })
    const [earlier] = model.params.flatMap(param => param.previous_models ?? [])
    if (earlier) await orderer(t, id, catalogue.byId(earlier)!, language).orders('usual')
    const { orders } = orderer(t, id, model, language)
    const halves = choiceOf(model)
    for (const way of ['usual', 'most'] as const) {
      if (halves.length === 0) await orders(way)
      for (const half of halves) await orders(way, half)
    }
  })
}

t.test('the upstream refused nothing, every button can be read back, and the books are in order', async t => {
  t.strictSame(upstream.refusals, [])
  t.ok(telegram.calls.length < 5_000, 'the journal of calls is whole')
  // A worker and the bot may both write the same words, and a slow machine may outlive the time to answer a press.
  const harmless = /message is not modified|query is too old/
  const refused = telegram.calls.filter(
    ({ method, status, description = '' }) =>
      status !== 200 &&
      !/ProfilePhoto/.test(method) && // of Bot API 9.4
      !harmless.test(description) &&
      !refusedByOldServer.test(description),
  )
  t.strictSame(
    refused.map(({ method, description }) => `${method}: ${description}`),
    [],
  )
  const written = JSON.stringify(telegram.calls.map(({ fields }) => fields.reply_markup))
  const data = new Set([...written.matchAll(/"callback_data":"([^"]*)"/g)].map(([, one]) => one!))
  t.strictSame(
    [...data].filter(one => Buffer.byteLength(one) > 64 || parse(one) === undefined),
    [],
  )
  t.comment(`${upstream.tasks.length} orders, ${data.size} buttons`)
  t.strictSame(await world.broken(), [])
})
