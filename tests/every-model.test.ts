import { fileTypeFromBuffer } from 'file-type'
import { parseBuffer } from 'music-metadata'
import t from 'tap'
import { stepOf } from '../src/bot/step.ts'
import { loadModels, type Model, modelKey, type Param } from '../src/catalogue/models.ts'
import { formatKop } from '../src/money.ts'
import type { MessageView } from '../src/playground/telegram/server.ts'
import { film, picture, tone } from './support/media.ts'
import { person, stage } from './support/service.ts'
import { until } from './support/world.ts'

// Each model of the catalogue is bought twice by somebody of its own, through the real service between the stand-ins:
// as anybody would, and with everything as far as it goes.
const models = loadModels()
const world = await stage(t)
const { telegram, upstream, owner } = world
const buyers = models.map(model => ({ model, anna: person(telegram, 'Анна') }))
// Admins may press as fast as they like.
const admins = buyers.map(({ anna }) => anna.id).join(',')
const service = await world.service({
  ADMIN_IDS: admins,
  START_BONUS_RUB: '100000',
  FREE_HOURLY_LIMIT: '1',
  MAX_ACTIVE_PER_USER: '9',
})
await service.ready()
// Whoever reads these tests would wait for Telegram's pace; the stand-in keeps none here.
const hurry = setInterval(() => void owner`delete from pay.rates where key like 'tg%'`.catch(() => {}), 100)
t.teardown(() => clearInterval(hurry))

type Person = ReturnType<typeof person>
type Manner = 'as anybody would' | 'with everything as far as it goes'
const patienceMs = 180_000

const files = { image: picture(600, 600), video: await film(), audio: tone(2) }
const mimes = { image: 'image/png', video: 'video/mp4', audio: 'audio/mpeg' }

const draftOf = async (userId: number) =>
  (
    await owner<{ id: string; rev: number; step: string; inputs: { answers: Record<string, unknown> } }[]>`
    select id, rev, step, inputs from pay.drafts where user_id = ${userId}`
  )[0]
const buttonsOf = (message: MessageView | undefined) => message?.buttons.flat() ?? []

/** Does something, and waits until the draft has moved on. */
async function moves(anna: Person, act: () => unknown) {
  const before = await draftOf(anna.id)
  await act()
  return until(
    `a step after ${before?.step}`,
    async () => {
      const now = await draftOf(anna.id)
      return now && (now.id !== before?.id || now.rev !== before.rev) ? now : undefined
    },
    patienceMs,
  )
}

/** The newest screen of the bot that carries such buttons of this draft, once it is there. */
const screenOf = (anna: Person, draft: { id: string; rev: number }) =>
  until(
    `the screen of ${draft.id}:${draft.rev}`,
    () =>
      anna
        .fromBot()
        .findLast(message => buttonsOf(message).some(({ data }) => data?.startsWith(`d:${draft.id}:${draft.rev}:`))),
    patienceMs,
  )

async function presses(anna: Person, what: (button: { text: string; data?: string }) => boolean) {
  const draft = (await draftOf(anna.id))!
  const screen = await screenOf(anna, draft)
  const found = buttonsOf(screen)
    .filter(button => button.data && what(button))
    .at(-1)
  if (!found?.data)
    throw new Error(
      `no such button among ${buttonsOf(screen)
        .map(({ text }) => text)
        .join(' | ')}`,
    )
  return moves(anna, () => telegram.player.press(anna.id, screen.messageId, { data: found.data! }))
}
const op = (letter: string) => (button: { data?: string }) =>
  new RegExp(`^d:[a-z2-7]+:\\d+:${letter}(:|$)`).test(button.data ?? '')
const isChoice = (button: { data?: string }) => op('v')(button) && Number(button.data?.split(':').at(-1)) < 900

async function sends(anna: Person, param: Param) {
  const [media] = param.accept!
  const kind = media!
  await telegram.player.send(anna.id, {
    kind: 'document',
    fileName: `a.${mimes[kind].split('/')[1]}`,
    mime: mimes[kind],
    bytes: files[kind],
  })
}

async function answers(anna: Person, param: Param, manner: Manner) {
  const isFar = manner !== 'as anybody would'
  const draft = (await draftOf(anna.id))!
  if (param.previous_models) return presses(anna, isChoice)
  switch (param.type) {
    case 'file':
    case 'file[]': {
      const count = param.type === 'file' ? 1 : isFar ? param.max_files! : Math.max(1, param.min_files ?? 1)
      let now = draft
      for (let n = 0; n < count; n++) now = await moves(anna, () => sends(anna, param))
      return now.step === draft.step ? presses(anna, op('a')) : now
    }
    case 'string': {
      if (param.pattern) {
        const text = param.name === 'language_code' ? 'ru' : 'https://sora.chatgpt.com/p/s_example'
        return moves(anna, () => anna.say(text))
      }
      // Longer than a message no text can be.
      const length = isFar ? Math.min(param.max_length ?? 100, 4096) : 20
      const text = param.name === 'seed' ? '4294967295' : 'рыжий_кот_'.repeat(410).slice(0, length)
      return moves(anna, () => anna.say(text))
    }
    case 'integer':
    case 'number':
      if (isFar) return moves(anna, () => anna.say(String(mostOf(param))))
      return presses(
        anna,
        param.default === undefined ? isChoice : button => op('u')(button) || button.text.includes('По умолчанию'),
      )
    default:
      if (isFar) return presses(anna, isChoice) // the last that is on offer
      return presses(anna, param.default === undefined ? isChoice : button => button.text.includes('По умолчанию'))
  }
}

/** The largest number, as a person counts: pictures from one on. What an earlier result limits is left at the first. */
const mostOf = ({ name, max = 2_147_483_647 }: Param) => (name === 'index' ? 1 : max)

/** From the list of all models to the first question. */
async function begins(anna: Person, model: Model) {
  const card = `m:${modelKey(model.id)}:all:`
  anna.say('/models')
  for (let page = 0; ; page++) {
    const list = await until(
      `page ${page} of the models`,
      () =>
        anna
          .fromBot()
          .findLast(message =>
            buttonsOf(message).some(({ data }) => data?.endsWith(`:all:${page}`) && data.startsWith('m:')),
          ),
      patienceMs,
    )
    const found = buttonsOf(list).find(({ data }) => data?.startsWith(card))
    await telegram.player.press(anna.id, list.messageId, { data: found?.data ?? `f:all:${page + 1}` })
    if (found) break
  }
  const begin = await until(
    'the card',
    () => anna.fromBot().findLast(message => buttonsOf(message).some(({ data }) => data === `w:${modelKey(model.id)}`)),
    patienceMs,
  )
  return moves(anna, () => telegram.player.press(anna.id, begin.messageId, { data: `w:${modelKey(model.id)}` }))
}

async function fills(anna: Person, model: Model, manner: Manner) {
  let draft = await begins(anna, model)
  let isTuned = manner === 'as anybody would'
  const tuned = new Set<string>()
  for (let n = 0; n < 60; n++) {
    const step = stepOf(draft)
    const param = 'param' in step ? model.params.find(({ name }) => name === step.param)! : undefined
    if (step.at === 'quote') return step.id
    if (step.at === 'start') draft = await presses(anna, op('k'))
    else if (step.at === 'choose') draft = await presses(anna, isChoice)
    else if (step.at === 'extras') {
      const screen = await screenOf(anna, draft)
      const fields = buttonsOf(screen).flatMap(button => (op('e')(button) ? [button.data!] : []))
      const next = fields.find(data => !tuned.has(data.split(':').at(-1)!))
      isTuned = next === undefined
      if (next) tuned.add(next.split(':').at(-1)!)
      draft = next ? await presses(anna, ({ data }) => data === next) : await presses(anna, op('a'))
    } else if (!isTuned && step.at === 'ask' && (await hasExtras(anna, draft))) {
      draft = await presses(anna, op('o'))
      isTuned = true
    } else draft = await answers(anna, param!, manner)
  }
  throw new Error(`${model.id} asks without end at ${draft.step}`)
}

const hasExtras = async (anna: Person, draft: { id: string; rev: number }) =>
  buttonsOf(await screenOf(anna, draft)).some(op('o'))

/** Starts the order at its price and waits for what comes of it. */
async function buys(anna: Person, model: Model, manner: Manner) {
  const quoteId = await fills(anna, model, manner)
  const screen = await until(
    'the price',
    () => anna.fromBot().findLast(message => buttonsOf(message).some(({ data }) => data?.startsWith(`q:${quoteId}:`))),
    patienceMs,
  )
  const start = buttonsOf(screen).find(({ data }) => /:(ok|fr)$/.test(data ?? ''))!
  if (!start) throw new Error(`${model.id}: ${screen.text}`)
  const shown = anna.fromBot().filter(({ media }) => media).length
  await telegram.player.press(anna.id, screen.messageId, { data: start.data! })
  const [run] = await until(
    `the end of ${model.id}`,
    async () => {
      const rows = await owner<Run[]>`
        select g.id, g.exec_state as state, g.price_kop::int as price, g.kept_kop::int as kept, g.is_free, q.params,
          (select -sum(l.amount_kop)::int from pay.ledger_entries l where l.generation_id = g.id) as paid,
          (select count(*)::int from pay.results r where r.generation_id = g.id) as files,
          (select o.done_at is not null and o.dead_reason is null from pay.outbox o where o.dedupe = 'gen:' || g.id) as told,
          (select e.error_code || ': ' || e.error_message from pay.generation_events e
           where e.request_id = g.id and e.status <> 'started') as error
        from pay.generations g join pay.quotes q on q.id = g.quote_id where g.quote_id = ${quoteId}`
      return rows[0] && (rows[0].told || rows[0].state === 'failed') ? rows : undefined
    },
    patienceMs,
  )
  const delivered = await until(
    `the files of ${model.id}`,
    () => {
      const media = anna
        .fromBot()
        .flatMap(message => message.media ?? [])
        .slice(shown)
      return media.length >= (run?.files ?? 1) ? media : undefined
    },
    patienceMs,
  )
  return { run: run!, start, delivered }
}
type Run = {
  id: string
  state: string
  price: number
  kept: number | null
  is_free: boolean
  params: Record<string, unknown>
  paid: number | null
  files: number
  told: boolean
  error: string | null
}

// All at once, as many as the machine likes: the order of the report is the catalogue's.
const results = new Map<string, Promise<Awaited<ReturnType<typeof buys>>>>()
const atOnce = 6
let running = 0
const waiting: (() => void)[] = []
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnce) await new Promise<void>(resolve => waiting.push(resolve))
  running++
  try {
    return await work()
  } finally {
    running--
    waiting.shift()?.()
  }
}
for (const { model, anna } of buyers) {
  const first = inTurn(async () => {
    anna.open()
    for (const param of model.params) {
      const [earlier] = param.previous_models ?? []
      if (earlier) await buys(anna, models.find(({ id }) => id === earlier)!, 'as anybody would')
    }
    return buys(anna, model, 'as anybody would')
  })
  const second = first.then(() => inTurn(() => buys(anna, model, 'with everything as far as it goes')))
  for (const one of [first, second]) one.catch(() => {})
  results.set(`${model.id} as anybody would`, first)
  results.set(`${model.id} with everything as far as it goes`, second)
}

for (const manner of ['as anybody would', 'with everything as far as it goes'] as const) {
  for (const { model } of buyers) {
    t.test(`${model.id}, ${manner}: from the list to a file of the right kind`, async t => {
      const { run, start, delivered } = await results.get(`${model.id} ${manner}`)!
      if (run.state !== 'success') t.fail(`${run.state} ${run.error}`)
      if (run.is_free) t.equal(start.text, '✅ Запустить бесплатно')
      else {
        t.equal(start.text, `✅ Запустить за ${formatKop(run.price, 'ru')}`)
        t.equal(run.kept, run.price, 'shown, held and kept are one price')
        t.equal(run.paid, run.price)
      }
      for (const { fileId } of delivered) {
        const { bytes } = telegram.player.file(fileId)!
        const type = await fileTypeFromBuffer(bytes)
        t.ok(type?.mime.startsWith(`${model.output}/`), `${type?.mime} is ${model.output}`)
        if (model.output === 'audio') t.ok((await parseBuffer(bytes)).format.duration)
      }
    })
  }
}

t.test('the upstream refused nothing, and no promise is broken', async t => {
  await Promise.allSettled(results.values())
  t.strictSame(upstream.refusals, [])
  t.strictSame(await world.broken(), [])
})
