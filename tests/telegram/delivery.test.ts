import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import t from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { openCatalogue } from '../../src/catalogue/models.ts'
import type { Sql } from '../../src/database/db.ts'
import { Refused, Unknown } from '../../src/errors.ts'
import { deliverJob } from '../../src/jobs/delivery/deliver.ts'
import { resend, sendOriginals } from '../../src/jobs/resend.ts'
import type { Ref } from '../../src/payments/generations.ts'
import type { CallOptions, Method } from '../../src/telegram/api.ts'
import { createTelegram, TelegramRefused } from '../../src/telegram/client.ts'
import { effects } from '../../src/telegram/effects.ts'
import { outboxAdd, outboxRevive } from '../../src/telegram/outbox.ts'
import { createDownloader, type Downloaded } from '../../src/upstream/download.ts'
import { createResultStore } from '../../src/upstream/results.ts'
import { inspectHere } from '../support/media/inspector.ts'
import { buttonLinks, captions, isOldServer, withFiles } from '../support/messages.ts'
import { limits, noEnqueue, noStats, picture, rates, silent, until, untraced, world } from '../support/world.ts'

const { sql, owner, user, order, start, finish, story } = await world(t)
const standIn = await startTelegram({ seed: 7 })
t.teardown(() => standIn.close())
standIn.faults.limits = false

// A door in which a test may stand: what it throws is Telegram's answer.
const telegram = createTelegram({
  token: standIn.token,
  apiRoot: standIn.apiRoot,
  rateLimiter: async () => 0,
  log: silent,
  maxWaitMs: 0,
})
const { call } = telegram
let door: (method: string) => unknown = () => {}
/** How many messages of an album Telegram's answer names, the last ones first to go. */
let named = Infinity
telegram.call = (async (method: Method, payload: never, options?: CallOptions) => {
  await door(method)
  const answer = await call(method, payload, options)
  return method === 'sendMediaGroup' ? (answer as unknown[]).slice(0, named) : answer
}) as typeof call

/** What the links of the upstream lead to: pictures, unless a test says otherwise. */
const dir = t.testdir()
const links = new Map<string, Error>()
const fetched: string[] = []
const own = createDownloader({ trustedOrigins: [], inspect: inspectHere, dir })
const downloader = {
  ...own,
  async fetch(url: string): Promise<Downloaded> {
    fetched.push(url)
    const problem = links.get(url)
    if (problem) throw problem
    const path = join(dir, randomUUID())
    const bytes = createCanvas(40 + fetched.length, 40).toBuffer('image/png')
    writeFileSync(path, bytes)
    const remove = () => rm(path, { force: true })
    return { path, bytes: bytes.length, kind: 'image', mime: 'image/png', extension: 'png', remove }
  },
}
const results = createResultStore(downloader)
t.teardown(() => results.close())

const woken: number[] = []
const enqueue = { ...noEnqueue, deliver: async (id: number) => void woken.push(id) }
const messages = createMessages({ catalogue: openCatalogue({ rates, contentFilter: true }), stats: noStats })
const linkTo = (id: string, n: number, until: Date) => ({ url: `https://bot.example/${id}/${n}`, until })
const preview = async () => new Uint8Array()
const options = { sql, telegram, results, messages, linkTo, preview, limits, enqueue, tracing: untraced, log: silent }

type Made = Partial<typeof picture>
/** A person whose order has succeeded with these files, or failed where there are none. */
async function ended(...files: Made[]) {
  const { id: userId } = standIn.player.addPerson({ firstName: 'Анна' })
  standIn.player.open(userId)
  await user(userId, 100_00)
  const { id } = await start(await order(userId, 10_00))
  const ref: Ref = { userId, id }
  const rows = files.map((file, index) => ({
    ...picture,
    n: index + 1,
    url: `https://files.example.com/${id}/${index + 1}`,
    ...file,
  }))
  const ending = { outcome: 'failed', code: 'moderation', message: 'no' } as const
  const { outboxId } = await finish(ref, rows.length > 0 ? { outcome: 'success', results: rows } : ending)
  const from = standIn.calls.length
  return {
    ref,
    outboxId: outboxId!,
    urls: rows.map(row => row.url),
    seen: () => standIn.player.chat(userId).filter(message => message.from === 'bot'),
    /** The sends that Telegram accepted. */
    sends: () =>
      standIn.calls
        .slice(from)
        .filter(({ method, status }) => /^send(?!ChatAction)/.test(method) && status === 200)
        .map(call => call.method),
    outbox: async (outbox = outboxId!) => (await owner`select * from pay.outbox where id = ${outbox}`)[0]!,
    files: async () =>
      (await owner`select file_id, sent_as from pay.results where generation_id = ${id} order by n`).slice(),
  }
}

/** As the sweep would, when the time has come. */
async function deliver(outboxId: number) {
  await owner`update pay.outbox set next_at = now() where id = ${outboxId} and done_at is null`
  await deliverJob(options, outboxId)
}
const big = 60 * 1024 * 1024
const gif = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'

await story('what is over 50 MB comes as a link', async t => {
  const { outboxId, seen, outbox, ref } = await ended({ bytes: big })
  await deliver(outboxId)
  const [message] = seen()
  t.match(message!.text, /✅.*Списано 10\u00a0₽.*слишком большой для Telegram.*в истории, до \d\d\.\d\d \d\d:\d\d МСК/s)
  t.match(message!.buttons[0], [
    { text: /^Скачать \(до \d\d\.\d\d \d\d:\d\d\)$/, url: `https://bot.example/${ref.id}/1` },
  ])
  t.strictSame(captions(message!).slice(-3), ['🔁 10\u00a0₽', '✏️ Изменить', 'ещё…'])
  t.match(await outbox(), { dead_reason: null, message_id: String(message!.messageId), done_at: Date })
})

await story('of several files only the one over 50 MB is a link, and the others are shown', async t => {
  const { outboxId, seen, sends, ref, urls, outbox } = await ended({}, { bytes: big }, {})
  door = method => {
    if (method === 'sendMessage') throw new TelegramRefused('rate_limited', 'later', { retryAfterMs: 1_000 })
  }
  await deliver(outboxId)
  door = () => {}
  t.match(await outbox(), { done_at: null, sent: [1, 3] })
  links.set(urls[1]!, new Refused('not_found', 'HTTP 404'))
  await deliver(outboxId)
  t.strictSame(sends(), ['sendMediaGroup', 'sendMessage'])
  t.match(seen().at(-1)!.buttons[0], [{ text: /^Скачать \(до/, url: `https://bot.example/${ref.id}/2` }])
  t.equal(buttonLinks(seen().at(-1)!).length, 1)

  woken.length = 0
  await sendOriginals(options, ref, null)
  for (const id of woken) await deliver(id)
  t.strictSame(sends().slice(2), ['sendDocument', 'sendDocument', 'sendMessage'])
  t.match(seen().at(-1), {
    text: /Оригинал.*слишком большой/s,
    buttons: [[{ url: `https://bot.example/${ref.id}/2` }], []],
  })
})

await story('without a public address the person reads how long the file is kept and whom to ask', async t => {
  const { outboxId, seen } = await ended({ bytes: big })
  await deliverJob({ ...options, linkTo: undefined }, outboxId)
  t.match(seen()[0]!.text, /слишком большой.*ссылку бот сейчас не может.*хранится до .*поддержку/s)
  t.strictSame(buttonLinks(seen()[0]!), [])
  t.ok(captions(seen()[0]!).some(text => /поддержк/i.test(text)))
})

await story('what can be neither fetched nor kept just now is told at the last attempt', async t => {
  const { outboxId, seen, urls, outbox } = await ended({ bytes: big })
  links.set(urls[0]!, new Unknown('no answer'))
  for (let n = 0; n < 9; n++) await deliver(outboxId)
  t.match(await outbox(), { done_at: null, dead_reason: null })
  t.equal(seen().length, 0)
  await deliver(outboxId)
  t.match(seen(), [{ text: /Сейчас файл не получить/ }])
  t.ok(captions(seen()[0]!).includes('📤 Прислать ещё раз'))
  t.match(await outbox(), { done_at: Date, dead_reason: null })
})

await story('what Telegram refuses for good comes as links, at once', async t => {
  for (const code of ['bad_request', 'file_rejected', 'too_big'] as const) {
    const { outboxId, seen, outbox, ref } = await ended({}, {})
    door = method => {
      if (/sendMediaGroup|sendPhoto|sendDocument/.test(method)) throw new TelegramRefused(code, method)
    }
    await deliver(outboxId)
    t.match(seen(), [{ text: code === 'too_big' ? /слишком большой/ : /не получилось.*по кнопке ниже/s }], code)
    t.match(seen()[0]!.buttons.slice(0, 2), [
      [{ text: /^Скачать \(до/, url: `https://bot.example/${ref.id}/1` }],
      [{ text: /^Скачать 2 \(до/, url: `https://bot.example/${ref.id}/2` }],
    ])
    t.match(await outbox(), { dead_reason: null, attempts: 1, message_id: String(seen()[0]!.messageId) })
    door = () => {}
  }
})

await story('an album that is refused comes one by one, whatever the words were, and each result once', async t => {
  const { outboxId, seen, sends, outbox, files } = await ended({}, {}, {})
  standIn.faults.albumRefused = 1
  await deliver(outboxId)
  t.strictSame(sends(), ['sendPhoto', 'sendPhoto', 'sendPhoto', 'sendMessage'])
  t.match(seen().at(-1)!.text, /✅.*Списано 10\u00a0₽/s)
  t.match(await files(), [{ sent_as: 'photo' }, { sent_as: 'photo' }, { sent_as: 'photo' }])
  t.match(await outbox(), { dead_reason: null, attempts: 1, sent: [1, 2, 3], done_at: Date })
  for (const code of ['bad_request', 'file_rejected', 'too_big', 'bad_markup', 'message_gone'] as const) {
    const again = await ended({}, {})
    door = method => {
      if (method === 'sendMediaGroup') throw new TelegramRefused(code, 'group send failed')
    }
    await deliver(again.outboxId)
    t.strictSame(again.sends(), ['sendPhoto', 'sendPhoto', 'sendMessage'], code)
    door = () => {}
  }
})

await story('after an end between the single ones only those come that had not, in the album or out of it', async t => {
  const { outboxId, seen, sends, outbox } = await ended({}, {}, {}, {})
  let photos = 0
  door = method => {
    if (method === 'sendMediaGroup') throw new TelegramRefused('bad_request', 'group send failed')
    if (method === 'sendPhoto' && ++photos === 2) throw new Unknown('the process ended')
  }
  await deliver(outboxId)
  t.match(await outbox(), { sent: [1], done_at: null })
  await deliver(outboxId)
  t.strictSame(sends(), ['sendPhoto', 'sendPhoto', 'sendPhoto', 'sendPhoto', 'sendMessage'])
  t.equal(new Set(seen().map(({ media }) => media?.fileName)).size, 5, 'four files and the words')
  door = () => {}
})

await story('of a refused album only the one at fault is a link, also where a second album follows', async t => {
  const { outboxId, sends, outbox, ref } = await ended(...Array.from({ length: 12 }, () => ({})))
  let photos = 0
  door = method => {
    if (/^send(Photo|Document)$/.test(method) && ++photos === 2) throw new TelegramRefused('bad_request', 'no')
  }
  standIn.faults.albumRefused = 1
  await deliver(outboxId)
  door = () => {}
  const singles = Array(5).fill('sendPhoto')
  t.strictSame(sends(), [...singles, 'sendMediaGroup', 'sendMessage'])
  t.match(await outbox(), { done_at: Date, sent: [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] })
  const last = standIn.player.chat(ref.userId).at(-1)!
  t.strictSame(buttonLinks(last), [`https://bot.example/${ref.id}/2`])
})

await story('of an album of which the answer names a part, the rest comes by itself', async t => {
  const { outboxId, sends, outbox } = await ended({}, {}, {})
  named = 2
  await deliver(outboxId)
  named = Infinity
  t.strictSame(sends(), ['sendMediaGroup', 'sendPhoto', 'sendMessage'])
  t.match(await outbox(), { dead_reason: null, sent: [1, 2, 3], done_at: Date })
})

await story('a group that has become another is written to there', async t => {
  const { outboxId, outbox, ref } = await ended({})
  const groupId = standIn.player.addGroup('Студия')
  door = method => {
    if (method !== 'sendPhoto') return
    door = () => {}
    throw new TelegramRefused('migrated', 'upgraded', { migrateTo: groupId })
  }
  await deliver(outboxId)
  t.match(await outbox(), { dead_reason: null, done_at: Date })
  t.equal(withFiles(standIn.player.chat(groupId)).length, 1, `${ref.id} is there`)
})

await story('an album that has arrived does not come again when the caption has to wait', async t => {
  const { outboxId, seen, sends, outbox, files } = await ended({}, {}, {})
  door = method => {
    if (method === 'sendMessage') throw new TelegramRefused('rate_limited', 'later', { retryAfterMs: 1_000 })
  }
  await deliver(outboxId)
  t.match(await outbox(), { done_at: null, sent: [1, 2, 3], unmarked: 0 })
  t.match(await files(), [{ file_id: String, sent_as: 'photo' }, { sent_as: 'photo' }, { sent_as: 'photo' }])
  t.ok(woken.includes(outboxId))
  door = () => {}
  const before = fetched.length
  await deliver(outboxId)
  t.strictSame(sends(), ['sendMediaGroup', 'sendMessage'])
  t.equal(withFiles(seen()).length, 3)
  t.equal(fetched.length, before)
  t.match(await outbox(), { dead_reason: null, message_id: String(seen().at(-1)!.messageId) })
})

await story('of two albums only the one that has not arrived is sent again', async t => {
  const audio = { kind: 'audio', mime: 'audio/ogg', extension: 'ogg' } as const
  const { outboxId, sends, outbox, files } = await ended({}, {}, audio as never)
  door = method => {
    if (method === 'sendDocument') throw new Unknown('no answer')
  }
  await deliver(outboxId)
  t.match(await outbox(), { sent: [1, 2], done_at: null })
  door = () => {}
  await deliver(outboxId)
  t.strictSame(sends(), ['sendMediaGroup', 'sendDocument'], 'the last file has the caption')
  t.match(await files(), [{ sent_as: 'photo' }, { sent_as: 'photo' }, { sent_as: 'document' }])
})

await story('whoever has lost the hold stops before the next part', async t => {
  const { outboxId, sends, outbox } = await ended({}, {})
  door = async method => {
    if (method !== 'sendMediaGroup') return
    await owner`update pay.outbox set attempts = attempts + 1, sent = '{1,2}' where id = ${outboxId}`
  }
  await deliver(outboxId)
  door = () => {}
  t.strictSame(sends(), ['sendMediaGroup'])
  t.match(await outbox(), { done_at: null }, 'the other one goes on')
  await deliver(outboxId)
  t.strictSame(sends(), ['sendMediaGroup', 'sendMessage'])
})

await story('the hold is renewed with each part', async t => {
  const { outboxId, outbox } = await ended({}, {})
  door = async method => {
    if (method === 'sendMediaGroup') await owner`update pay.outbox set next_at = now() where id = ${outboxId}`
    if (method === 'sendMessage') t.ok((await outbox()).next_at > Date.now() + 100_000)
  }
  await deliver(outboxId)
  door = () => {}
})

await story('a fault of ours is parked after eight times, waiting is not', async t => {
  const { outboxId, outbox, ref, seen } = await ended({})
  const broken = {
    ...options,
    messages: {
      ...messages,
      result: () => {
        throw new TypeError('a bug')
      },
    },
  } // prettier-ignore
  for (let n = 0; n < 8; n++) {
    await owner`update pay.outbox set next_at = now() where id = ${outboxId}`
    await t.rejects(deliverJob(broken, outboxId), TypeError)
  }
  await deliver(outboxId)
  t.match(await outbox(), { dead_reason: 'gave up', attempts: 8 })
  t.equal(seen().length, 0)
  t.strictSame([...(await outboxRevive(sql, ref.userId))], [], 'it would only fail again')

  const patient = await ended({})
  door = method => {
    if (method === 'sendPhoto') throw new TelegramRefused('rate_limited', 'later', { retryAfterMs: 1_000 })
  }
  for (let n = 0; n < 12; n++) await deliver(patient.outboxId)
  door = () => {}
  t.match(await patient.outbox(), { done_at: null, attempts: 12 })
  await deliver(patient.outboxId)
  t.strictSame(patient.sends(), ['sendPhoto'])
})

await story('only what could not reach the person comes when the person is back', async t => {
  const { outboxId, outbox, ref, sends, urls } = await ended({})
  const silentOne = await ended({})
  standIn.player.block(ref.userId, true)
  links.set(urls[0]!, new Unknown('no answer'))
  await deliver(outboxId)
  t.match(await outbox(), { done_at: null }, 'not given up before the result is kept')
  links.delete(urls[0]!)
  await deliver(outboxId)
  t.match(await outbox(), { dead_reason: 'blocked' })
  t.match(await owner`select is_whole, n from pay.kept_files where generation_id = ${ref.id}`, [
    { is_whole: true, n: 1 },
  ])
  t.match(await owner`select is_reachable from pay.users where user_id = ${ref.userId}`, [{ is_reachable: false }])
  standIn.player.block(ref.userId, false)
  links.set(urls[0]!, new Refused('not_found', 'HTTP 404'))
  t.match(await outboxRevive(sql, ref.userId), [{ id: outboxId, isResult: true }])
  await deliver(outboxId)
  t.strictSame(sends(), ['sendPhoto'])

  door = method => {
    if (method.startsWith('send')) throw new Unknown('no answer')
  }
  for (let n = 0; n < 10; n++) await deliver(silentOne.outboxId)
  door = () => {}
  t.match(await silentOne.outbox(), { dead_reason: 'no answer' })
  t.strictSame([...(await outboxRevive(sql, silentOne.ref.userId))], [])
})

await story('a failure is told, and an order is told once', async t => {
  const { outboxId, seen, sends } = await ended()
  await deliver(outboxId)
  await deliver(outboxId)
  t.match(seen(), [{ text: /Деньги вернулись/ }])
  t.strictSame(sends(), ['sendMessage'])
})

await story('a result comes once more by file id, however often the button is pressed', async t => {
  const { outboxId, ref, sends, seen, outbox } = await ended({}, {})
  await deliver(outboxId)
  const before = fetched.length
  woken.length = 0
  // All within one minute of the clock.
  await until('no turn of the minute', () => Date.now() % 60_000 < 58_000)
  await Promise.all([resend(options, ref, null), resend(options, ref, null)])
  t.equal(new Set(woken).size, 1)
  const [id] = woken
  for (const one of woken) await deliver(one)
  t.strictSame(sends(), ['sendMediaGroup', 'sendMessage', 'sendMediaGroup', 'sendMessage'])
  t.equal(fetched.length, before, 'nothing is fetched')
  t.match(await outbox(id), { done_at: Date, message_id: String(seen().at(-1)!.messageId) })
})

await story('a file id that Telegram no longer takes is replaced by the bytes, while there are any', async t => {
  const { outboxId, ref, seen, urls, files } = await ended({})
  await deliver(outboxId)
  await owner`update pay.results set file_id = 'AgACwrong' where generation_id = ${ref.id}`
  const again = { kind: 'resend', generationId: ref.id } as const
  const [first] = await outboxAdd(sql, `resend:${ref.id}:1`, ref.userId, again)
  await deliver(first!.id)
  t.equal(withFiles(seen()).length, 2)
  t.notMatch(await files(), [{ file_id: 'AgACwrong' }])

  await owner`update pay.results set file_id = 'AgACwrong' where generation_id = ${ref.id}`
  links.set(urls[0]!, new Refused('not_found', 'HTTP 403'))
  const [second] = await outboxAdd(sql, `resend:${ref.id}:2`, ref.userId, again)
  for (let n = 0; n < 3; n++) await deliver(second!.id)
  t.match(seen().at(-1)!.text, /Файл уже удалён/)
  t.notMatch(captions(seen().at(-1)!), ['Скачать'])
  t.match(await owner`select dead_reason, done_at from pay.outbox where id = ${second!.id}`, [
    { dead_reason: null, done_at: Date },
  ])
})

await story('while the bot itself is locked out the result is kept, and comes when it is let in again', async t => {
  const { outboxId, outbox, ref, sends, urls } = await ended({})
  door = method => {
    if (method === 'sendPhoto') throw new TelegramRefused('unauthorized', 'the token was revoked')
  }
  for (let n = 0; n < 5; n++) await deliver(outboxId)
  t.match(await outbox(), { done_at: null })
  t.match([...(await owner`select is_whole from pay.kept_files where generation_id = ${ref.id}`)], [{ is_whole: true }])
  links.set(urls[0]!, new Refused('not_found', 'HTTP 404'))
  await deliver(outboxId)
  door = () => {}
  await deliver(outboxId)
  t.strictSame(sends(), ['sendPhoto'])
})

await story('an original that is gone is not the end of the picture that was shown', async t => {
  const { outboxId, ref, seen, sends, urls } = await ended({})
  await deliver(outboxId)
  links.set(urls[0]!, new Refused('not_found', 'HTTP 404'))
  const original = { kind: 'original', generationId: ref.id } as const
  const [asked] = await outboxAdd(sql, `original:${ref.id}:1`, ref.userId, original)
  for (let n = 0; n < 3; n++) await deliver(asked!.id)
  t.match(seen().at(-1), { text: /Файл уже удалён.*можно прислать ещё раз/s })
  t.ok(captions(seen().at(-1)!).includes('📤 Прислать ещё раз'))
  const [again] = await outboxAdd(sql, `resend:${ref.id}:1`, ref.userId, { ...original, kind: 'resend' })
  await deliver(again!.id)
  t.strictSame(sends(), ['sendPhoto', 'sendMessage', 'sendPhoto'])
})

await story('a film that Telegram has made an animation goes again by its file id', async t => {
  const bytes = Buffer.from(gif, 'base64')
  const { outboxId, ref, seen, sends, urls, files } = await ended({})
  await deliver(outboxId)
  const sent = await telegram.call('sendAnimation', {
    chat_id: ref.userId,
    animation: { source: bytes, filename: 'a.gif' },
  })
  await owner`update pay.results set file_id = ${sent.animation.file_id}, sent_as = 'animation', kind = 'video'
    where generation_id = ${ref.id}`
  links.set(urls[0]!, new Refused('not_found', 'HTTP 404'))
  const [again] = await outboxAdd(sql, `resend:${ref.id}:1`, ref.userId, { kind: 'resend', generationId: ref.id })
  await deliver(again!.id)
  t.strictSame(
    seen().map(message => message.media?.kind),
    ['photo', 'animation', 'animation'],
  )
  t.strictSame(sends(), ['sendPhoto', 'sendAnimation', 'sendAnimation'])
  t.match(await files(), [{ sent_as: 'animation' }])
})

await story('a notice reaches the person in their words, after a lost answer once more', async t => {
  const { ref, seen } = await ended({})
  const body = { kind: 'notice', text: 'friendRan', values: { runs: 3, capKop: 50_00 } } as const
  const [row] = await outboxAdd(sql, `notice:${ref.id}`, ref.userId, body)
  door = () => {
    door = () => {}
    throw new Unknown('no answer')
  }
  await deliver(row!.id)
  t.strictSame(seen(), [], 'put off')
  await deliver(row!.id)
  await deliver(row!.id)
  t.match(seen(), [{ text: '👥 Ваш друг получил первый платный результат: +3 бонусных запуска, каждый до 50\u00a0₽.' }])
  t.equal(seen().length, 1)
  t.match((await owner`select dead_reason, message_id from pay.outbox where id = ${row!.id}`)[0], {
    dead_reason: null,
    message_id: String(seen()[0]!.messageId),
  })
})

await story('originals come as documents, each once, and results stay pictures', async t => {
  const { outboxId, ref, sends, seen, files } = await ended({}, {})
  await deliver(outboxId)
  woken.length = 0
  await sendOriginals(options, ref, null)
  let documents = 0
  door = method => {
    if (method === 'sendDocument' && ++documents === 2) throw new Unknown('no answer')
  }
  for (const id of [...woken, ...woken]) await deliver(id)
  door = () => {}
  t.strictSame(sends(), ['sendMediaGroup', 'sendMessage', 'sendDocument', 'sendDocument'])
  t.strictSame(
    seen().map(message => message.media?.kind),
    ['photo', 'photo', undefined, 'document', 'document'],
  )
  t.match(await files(), [{ sent_as: 'photo' }, { sent_as: 'photo' }])
})

t.test('no message of these named an address of the upstream', async t => {
  const said = standIn.calls
    .filter(({ method }) => /^(send|edit)/.test(method))
    .map(({ fields }) => JSON.stringify(fields))
  t.ok(said.length > 30)
  t.strictSame(
    said.filter(fields => fields.includes('files.example.com')),
    [],
  )
})

t.test('no file stays after a delivery, however it went', async t => {
  await until('all are deleted', () => readdirSync(dir).length === 0)
  const { outboxId } = await ended({})
  woken.length = 0
  door = method => {
    if (method === 'sendPhoto') throw new Unknown('no answer')
  }
  await deliver(outboxId)
  door = () => {}
  await until('this one too', () => readdirSync(dir).length === 0)
  t.match(woken, [outboxId], 'though it will be tried again')
})

t.test('a fetch is shared by all who ask, and a failed one is tried again', async t => {
  const store = createResultStore(downloader)
  const before = fetched.length
  const [one, other] = await Promise.all([store.fetch('a', 1, 'u:a'), store.fetch('a', 1, 'u:a')])
  t.equal(one.path, other.path)
  t.equal(fetched.length, before + 1)
  links.set('u:b', new Unknown('no answer'))
  await t.rejects(store.fetch('b', 1, 'u:b'), Unknown)
  links.delete('u:b')
  t.ok((await store.fetch('b', 1, 'u:b')).path)
  for (const id of ['a', 'b']) await store.use(id, async () => {})
  await until('all are deleted', () => readdirSync(dir).length === 0)
})

t.test('files in use stay until the last user has gone', async t => {
  const store = createResultStore(downloader, { maxBytes: 1, maxAgeMs: 1 })
  let path = ''
  await store.use('a', async () => {
    await store.use('a', async () => {
      path = (await store.fetch('a', 1, 'u:a')).path
    })
    const late = await store.fetch('b', 1, 'u:b')
    await until('what nobody uses has no room', () => !existsSync(late.path))
    t.ok(existsSync(path))
  })
  await until('now it goes', () => !existsSync(path))
})

t.test('the oldest make room, age ends the rest, and so does a drop before the arrival', async t => {
  const [a, b] = [await downloader.fetch('u:a'), await downloader.fetch('u:b')]
  await Promise.all([a.remove(), b.remove()])
  const store = createResultStore(downloader, { maxBytes: a.bytes + b.bytes, maxAgeMs: 60_000 })
  const kept: Downloaded[] = []
  for (const id of ['a', 'b', 'c']) kept.push(await store.fetch(id, 1, `u:${id}`))
  await until('the oldest has gone', () => !existsSync(kept[0]!.path))
  t.ok(existsSync(kept[2]!.path))
  for (const id of ['b', 'c']) await store.use(id, async () => {})

  const brief = createResultStore(downloader, { maxAgeMs: 20 })
  const aged = await brief.fetch('a', 1, 'u:a')
  await until('its time has passed', () => !existsSync(aged.path))
  let late: Promise<Downloaded> | undefined
  await brief.use('b', async () => {
    late = brief.fetch('b', 1, 'u:b')
  })
  const { path } = (await late)!
  await until('nobody waits for it', () => !existsSync(path))
  await until('all are deleted', () => readdirSync(dir).length === 0)
})

await story('a file for which there is no room is told as it is, with the way to support', async t => {
  const { outboxId, seen, outbox } = await ended({ bytes: big })
  const full: Sql = (text, ...values) => {
    const isBegin = text.join('').includes('pay.kept_begin')
    return sql(text, ...(isBegin ? [...values.slice(0, -2), 1, 1] : values)) // limits of one byte
  }
  await deliverJob({ ...options, sql: full }, outboxId)
  t.match(seen()[0]!.text, /✅.*Списано.*Файл не сохранён.*закончилось.*поддержку/s)
  t.ok(captions(seen()[0]!).some(text => /поддержк/i.test(text)))
  t.strictSame(buttonLinks(seen()[0]!), [])
  t.match(await outbox(), { dead_reason: null, done_at: Date })
})

await story(
  'the first result that a person gets plays an effect; the second, a repeat and a failure do not',
  async t => {
    const from = standIn.calls.length
    const played = (userId: number) =>
      standIn.calls.slice(from).flatMap(({ method, fields, status }) => {
        const isMessage = /^send(?!ChatAction)/.test(method) && status === 200 && fields.chat_id === userId
        return isMessage ? [fields.message_effect_id] : []
      })
    const { outboxId, ref } = await ended({}, {})
    const { id } = await start(await order(ref.userId, 10_00))
    const results = [{ ...picture, n: 1, url: `https://files.example.com/${id}/1` }]
    const second = await finish({ userId: ref.userId, id }, { outcome: 'success', results })
    await deliver(second.outboxId!)
    await deliver(outboxId)
    woken.length = 0
    await resend(options, ref, null)
    for (const again of woken) await deliver(again)
    const effect = isOldServer ? undefined : effects.firstResult
    t.strictSame(played(ref.userId), [undefined, undefined, effect, undefined, undefined])
    const failed = await ended()
    await deliver(failed.outboxId)
    t.strictSame(played(failed.ref.userId), [undefined])
  },
)
