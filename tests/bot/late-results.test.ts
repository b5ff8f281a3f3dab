import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import t from 'tap'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { Refused } from '../../src/errors.ts'
import { newId } from '../../src/id.ts'
import { deliverJob } from '../../src/jobs/delivery/deliver.ts'
import { lateJob } from '../../src/jobs/late.ts'
import { createConverter } from '../../src/media/convert/convert.ts'
import { lateFound, lateTold, readLate, takeLate } from '../../src/payments/late-results.ts'
import type { Deps } from '../../src/payments/order.ts'
import { genFinish } from '../../src/payments/order-statements.ts'
import { createDownloader, type Downloaded } from '../../src/upstream/download.ts'
import { createResultStore } from '../../src/upstream/results.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { inspectHere } from '../support/media/inspector.ts'
import { bytesOf, captions, isOldServer } from '../support/messages.ts'
import { noEnqueue, noStats, picture, silent, untraced } from '../support/world.ts'

const { api, telegram, deps, sql, owner, story, catalogue, limits, person, running, balanceOf } = await chats(t)
const dir = t.testdir()
const gone = new Set<string>()
/** What the addresses of the upstream lead to: a picture of 900 × 600 px. */
const downloader = {
  ...createDownloader({ trustedOrigins: [], inspect: inspectHere, dir }),
  async fetch(url: string): Promise<Downloaded> {
    if (gone.has(url)) throw new Refused('not_found', url)
    const path = join(dir, randomUUID())
    const canvas = createCanvas(900, 600)
    const bytes = canvas.toBuffer('image/png')
    writeFileSync(path, bytes)
    const remove = () => rm(path, { force: true })
    return { path, bytes: bytes.length, kind: 'image', mime: 'image/png', extension: 'png', remove }
  },
}
const results = createResultStore(downloader)
const patient = { limits: { cpuMs: 8_000, wallMs: 60_000 }, patienceMs: 60_000 }
const converter = createConverter({ inspect: inspectHere, folders: [dir], log: silent, ...patient })
t.teardown(async () => {
  converter.close()
  await results.close()
})

const drawn = new Map<string, Uint8Array>()
const messages = createMessages({ catalogue, stats: noStats })
const enqueue = { ...noEnqueue, deliver: (id: number) => deliver(id) }
const options = {
  ...{ sql, telegram, results, messages, limits, enqueue, linkTo: undefined, tracing: untraced, log: silent },
  // Drawn once: a process for each picture takes its time.
  preview: async (picture: Parameters<typeof converter.preview>[0], word: string) =>
    (drawn.get(picture.extension) ?? drawn.set(picture.extension, await converter.preview(picture, word)).get('png'))!,
}
const deliver = (outboxId: number) => deliverJob(options, outboxId)
deps.takeLate = ref => takeLate({ sql, results, enqueue, log: silent }, ref)

const image = { ...picture, width_px: 900, height_px: 600 }
/** A run of the person whose money is back and whose result has come. */
async function late(anna: Person, files = [image], kop = 3_80) {
  const id = await running(anna.id, { kop })
  const ref = { userId: anna.id, id }
  await genFinish(sql, ref, 'failed', 'deadline', 'too long', [])
  await lateTold(sql, ref, `task-${id}`)
  const rows = files.map((file, n) => ({ ...file, n: n + 1, url: `https://files.example.com/${id}/${n}` }))
  const [found] = await lateFound(sql, ref, newId(), rows, rows.length, null)
  await deliver(found!.outboxId!)
  return { ref, url: rows[0]!.url, offer: anna.last() }
}

story('a late picture is offered as a small marked copy, and one press brings the picture itself', async t => {
  const anna = await person({ kop: 10_00 })
  const { ref, offer } = await late(anna)
  t.equal(offer.media?.kind, 'photo')
  const preview = await loadImage(bytesOf(api, offer))
  t.match({ width: preview.width, height: preview.height }, { width: 320, height: 213 })
  t.match(offer.text, /^🕰 Z-Image.* · №\s\w{4}\nРезультат всё-таки пришёл\. Он опоздал, и за него ничего не взято\./)
  t.match(offer.text, /1 картинка · 0,1\sМБ\nМожно забрать до \d\d\.\d\d \d\d:\d\d МСК\.$/)
  t.strictSame(captions(offer), ['📥 Забрать за 3,80\u00a0₽'])
  const before = await balanceOf(anna.id)

  await anna.presses({ data: `g:${ref.id}` })
  t.match(captions(anna.last())[0], '📥 Забрать за 3,80\u00a0₽', 'it stands in the history as well')
  const { answer, screen } = await anna.presses('📥', offer)
  t.match(answer, { text: 'Забираю, файлы сейчас придут' })
  t.match(screen.text, /Вы забрали этот результат/)
  t.strictSame(captions(screen), ['🏠 Меню'], 'the offer is one no longer')
  const above = api.calls.filter(({ fields }) => fields.show_caption_above_media === true)
  t.strictSame(
    above.map(({ method }) => method),
    isOldServer ? [] : ['sendPhoto', 'editMessageCaption'],
    'its price is read before the small copy',
  )
  t.equal(await balanceOf(anna.id), before - 3_80)
  const result = anna.last()
  t.match(result.text, /^✅ Z-Image.*\nСписано 3,80\s₽ · осталось/)
  t.equal((await loadImage(bytesOf(api, result))).width, 900, 'the whole of it')

  const [born] = await owner`select id from pay.generations where late_of = ${ref.id}`
  await anna.presses({ data: `g:${born!.id}` })
  t.match(anna.last().text, /✅ Готово за \d+\sс .*\nСписано 3,80\s₽/, 'its screen in the history')
  await anna.presses({ data: `g:${born!.id}:why` })
  t.match(anna.last().text, /результат получен \(1 файл\).*\n.*списано 3,80\s₽ · возвращено 0\s₽/)

  const again = await anna.presses({ data: `lt:${ref.id}` }, offer)
  t.match(again.answer, { text: 'Вы уже забрали этот результат' })
  t.equal(await balanceOf(anna.id), before - 3_80)
})

story('a late film is told of in words', async t => {
  const anna = await person({ kop: 10_00 })
  const film = { ...image, kind: 'video' as const, mime: 'video/mp4', extension: 'mp4', bytes: 12_900_000, seconds: 8 }
  const { offer } = await late(anna, [film as never])
  t.equal(offer.media, undefined)
  t.match(offer.text, /1 видео · 8\sс · 12,3\sМБ/)
  t.strictSame(captions(offer), ['📥 Забрать за 3,80\u00a0₽'])
})

story('a picture that cannot be drawn is told of in words', async t => {
  const anna = await person({ kop: 10_00 })
  const { offer } = await late(anna, [{ ...image, extension: 'gif' }])
  t.equal(offer.media, undefined)
  t.match(offer.text, /1 картинка/)
})

story('the result of a free run is taken for nothing', async t => {
  const anna = await person()
  const { offer } = await late(anna, [image], 0)
  t.strictSame(captions(offer), ['📥 Забрать бесплатно'])
  const before = await balanceOf(anna.id)
  await anna.presses('📥')
  t.match(anna.last().text, /^✅ Z-Image.*\nБесплатно/)
  t.equal(await balanceOf(anna.id), before)
})

story('who lacks the money tops up and gets the offer again', async t => {
  const anna = await person()
  const { ref } = await late(anna, [image], 250_00)
  await owner`select pay.move(${anna.id}, 'adjust', -(select balance_kop - 100 from pay.wallets where user_id = ${anna.id}), 'adjust', null, 'test')`
  await anna.presses('📥')
  const short = anna.last()
  t.match(
    short.text,
    /Не хватает 249\s₽: цена 250\s₽, можно тратить 1\s₽\.\nПополните, и кнопка «Забрать» придёт снова/,
  )
  t.match(await readLate(sql, ref), { state: 'offered' })
  const packs = await anna.presses('Другие способы', short)
  t.match(packs.screen && anna.last().text, /Пополн/, 'the usual top-up')
  const [{ take_id: takeId } = { take_id: '' }] =
    await owner`select take_id from pay.late_results where generation_id = ${ref.id}`
  await anna.presses({ data: `q:${takeId}:go` }, short)
  t.strictSame(captions(anna.last()), ['📥 Забрать за 250\u00a0₽'], 'a transfer that was approved leads there too')
  await anna.presses({ data: captionData(short) }, short)
  await anna.pays()
  const offer = anna.last()
  t.strictSame(captions(offer), ['📥 Забрать за 250\u00a0₽'])
  await anna.presses('📥', offer)
  t.match(await readLate(sql, ref), { state: 'taken' })
  // A correction without its cause was only this test's way to be poor.
  await owner`select pay.move(${anna.id}, 'adjust', 1, 'adjust', null, 'test 2')`
})
const captionData = (message: { buttons: readonly (readonly { text: string; data?: string }[])[] }) =>
  message.buttons.flat().find(({ data }) => data?.startsWith('ts:'))?.data ?? ''

story('when its time has passed the offer says so, and a press on an old copy does too', async t => {
  const anna = await person({ kop: 10_00 })
  const { ref, offer } = await late(anna)
  await owner`update pay.late_results set expires_at = now() where generation_id = ${ref.id}`
  const before = await balanceOf(anna.id)
  await lateJob({ ...options } as unknown as Deps & typeof options, ref)
  const over = anna.chat().find(({ messageId }) => messageId === offer.messageId)!
  t.match(over.text, /⌛️ Z-Image.*\nЗабрать уже нельзя/)
  t.notMatch(captions(over).join(), /Забрать/)
  t.match(await readLate(sql, ref), { state: 'over', files: null })
  const pressed = await anna.presses({ data: `lt:${ref.id}` }, offer)
  t.match(pressed.answer, { text: /^Забрать уже нельзя/ })
  t.equal(await balanceOf(anna.id), before)
})

story('files that are gone are not paid for', async t => {
  const anna = await person({ kop: 10_00 })
  const { offer, url } = await late(anna)
  const before = await balanceOf(anna.id)
  gone.add(url)
  t.match((await anna.presses('📥', offer)).answer, { text: /^Забрать уже нельзя: файлы удалены/ })
  t.equal(await balanceOf(anna.id), before)
})

story('nobody takes what was offered to another', async t => {
  const [anna, boris] = [await person({ kop: 10_00 }), await person({ kop: 10_00, firstName: 'Борис' })]
  const { ref } = await late(anna)
  await boris.presses({ data: `lt:${ref.id}` })
  t.match(await readLate(sql, ref), { state: 'offered' })
})

story('an offer whose time passed before it could be sent is not sent', async t => {
  const anna = await person({ kop: 10_00 })
  const id = await running(anna.id, { kop: 3_80 })
  const ref = { userId: anna.id, id }
  await genFinish(sql, ref, 'failed', 'deadline', 'too long', [])
  await lateTold(sql, ref, `task-${id}`)
  const [found] = await lateFound(sql, ref, newId(), [image], 1, null)
  await owner`update pay.late_results set expires_at = now() where generation_id = ${id}`
  const before = anna.chat().length
  await deliver(found!.outboxId!)
  t.equal(anna.chat().length, before)
  const [row] = await owner`select done_at, dead_reason from pay.outbox where id = ${found!.outboxId}`
  t.match(row, { done_at: Date, dead_reason: null })
})

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(api.calls)), [])
})
