import t from 'tap'
import { styleOf } from '../../src/bot/admin/confirm.ts'
import { forms } from '../../src/bot/admin/forms.ts'
import { to } from '../../src/bot/routes.ts'
import { resultButtons } from '../../src/bot/runs/result-buttons.ts'
import { newId } from '../../src/id.ts'
import type { ActionKind } from '../../src/operations/admin-actions.ts'
import { outputsOf, readGeneration } from '../../src/payments/generations.ts'
import { openTopUp, takePayment } from '../../src/payments/top-ups.ts'
import { effects } from '../../src/telegram/effects.ts'
import { type Shown, screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'

const stage = await chats(t, { apiVersion: '10.3' })
const { api, person, deps, running, end, owner, sql, quoteOf, catalogue } = stage

const shownSince = (from: number) => screensOf(api.calls.slice(from))
const shown = (): Shown => shownSince(0).at(-1)!
const buttonsOf = ({ rows }: Shown) => rows.flat()
const styleOn = (caption: string) => buttonsOf(shown()).find(({ text }) => text.startsWith(caption))?.style
const copies = (screen = shown()) => buttonsOf(screen).flatMap(({ copy_text }) => copy_text?.text ?? [])
/** The main button of the screen. */
const main = () =>
  buttonsOf(shown()).flatMap(({ text, style }) => (style && style !== 'danger' ? [`${style} ${text}`] : []))

/** An order up to its price: 42.75 rubles. */
async function priced(anna: Person) {
  await anna.begins('hailuo-2-3-image-to-video-pro')
  await anna.sends('image/png', { caption: 'ветер' })
  await anna.presses('По умолчанию')
  await anna.presses('По умолчанию')
  return (await quoteOf(anna.id))!
}

t.test('an order: each question may be given up in red, and the price has one green button', async t => {
  const from = api.calls.length
  const anna = await person({ kop: 100_00 })
  await anna.begins('hailuo-2-3-image-to-video-pro')
  t.equal(styleOn('✖️'), 'danger')
  await priced(anna)
  t.equal(styleOn('✖️'), 'danger')
  t.match(main(), [/^success ✅ Запустить/])
  await owner`insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (${anna.id}, ${newId()}, 1, 5000)`
  await priced(anna)
  t.match(main(), [/^success ✅ Запустить/], 'the gift stands beside it')
  await anna.presses(api.player.chat(anna.id).at(-1)!.buttons[0]![0]!.text)
  t.strictSame(wrongStyles(shownSince(from)), [])
})

t.test('too little on the balance: the smallest sum that covers is next, or the gift', async t => {
  const anna = await person({ kop: 1_00 })
  await priced(anna)
  t.match(main(), [/^primary 100/])
  await owner`insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (${anna.id}, ${newId()}, 1, 5000)`
  await priced(anna)
  t.equal(main().length, 1)
  t.match(main(), [/^success /])
})

t.test('both steps of /delete_me are red', async t => {
  const anna = await person()
  await anna.says('/delete_me')
  const [first] = buttonsOf(shown())
  t.equal(first!.style, 'danger')
  await anna.presses({ data: to.forget(1) })
  t.equal(buttonsOf(shown())[0]!.style, 'danger')
})

t.test('a confirmation by an admin is red where it takes or ends something', async t => {
  const red = Object.keys(forms).filter(kind => styleOf(kind as ActionKind) === 'danger')
  t.strictSame(red.sort(), [
    'ban',
    'deny',
    'give_back',
    'parked_close',
    'parked_refund',
    'promo_stop',
    'refund',
    'take',
  ])
  const [boss, anna] = [await person(), await person({ kop: 100_00 })]
  deps.adminIds = [boss.id]
  for (const [words, style] of [
    [`/ban ${anna.id} причина есть`, 'danger'],
    [`/credit ${anna.id} 5 причина есть`, 'success'],
    ['/admin_models off z-image причина есть', 'danger'],
    ['/admin_models on z-image причина есть', 'success'],
  ] as const) {
    await boss.says(words)
    t.equal(styleOn('✅'), style, words)
  }
  await boss.says('/admin_promo SUMMER2030 50 9 31.12.2030 причина есть')
  await boss.presses('✅ Подтвердить')
  t.strictSame(copies(), ['SUMMER2030'], 'a new code can be copied')
  deps.adminIds = []
})

t.test('a run and its failure copy their id, a result copies its prompt where Telegram allows it', async t => {
  const anna = await person()
  const [good, long, bad] = [
    await running(anna.id, { inputs: { prompt: 'рыжий кот' } }),
    await running(anna.id, { inputs: { prompt: 'ж'.repeat(257) } }),
    await running(anna.id),
  ]
  await end(anna.id, good)
  await end(anna.id, long)
  await end(anna.id, bad, 'generation_failed')
  await anna.presses({ data: to.generation(good, undefined) })
  t.strictSame(copies(), [good])
  const buttonsUnder = async (id: string) => {
    const run = (await readGeneration(sql, { userId: anna.id, id }))!
    return resultButtons(catalogue, run, await outputsOf(sql, run), 'ru').all
  }
  const copied = (await buttonsUnder(good)).flat().flatMap(one => ('copy' in one ? one.copy : []))
  t.strictSame(copied, ['рыжий кот'])
  t.ok((await buttonsUnder(long)).flat().every(one => !('copy' in one)))
  await anna.presses({ data: to.generation(bad, 'status') })
  t.strictSame(copies(), [bad])
  t.match(main(), [/^primary /])
})

t.test('more and fewer buttons under a result: the prompt can be copied, and goes with the others', async t => {
  const anna = await person()
  const id = await running(anna.id, { inputs: { prompt: 'рыжий кот' } })
  await end(anna.id, id)
  const run = (await readGeneration(sql, { userId: anna.id, id }))!
  const { few } = resultButtons(catalogue, run, await outputsOf(sql, run), 'ru')
  const link = { text: 'Скачать', url: 'https://example.com/1' }
  const rows = [
    [link],
    ...few.map(row => row.map(one => ({ text: one.text, callback_data: 'data' in one ? one.data : '' }))),
  ]
  await stage.telegram.call('sendMessage', {
    chat_id: anna.id,
    text: 'Готово',
    reply_markup: { inline_keyboard: rows },
  })
  await anna.presses({ data: to.generation(id, 'more') })
  t.strictSame(copies(), ['рыжий кот'])
  await anna.presses({ data: to.generation(id, 'more') })
  t.strictSame(copies(), ['рыжий кот'], 'pressed again, it is there once')
  await anna.presses({ data: to.generation(id, 'fold') })
  t.strictSame(copies(), [])
  t.ok(
    buttonsOf(shown()).some(({ url }) => url),
    'a link to a file stays',
  )
})

t.test('the invitation and a payment can be copied, and a copied run is understood by /paysupport', async t => {
  const anna = await person()
  await anna.says('/ref')
  t.match(copies(), [/^t\.me\/\w+\?start=r_[a-z2-7]{12}$/])
  t.match(main(), [/^primary Поделиться/])
  const { id: orderId } = await openTopUp(sql, {
    userId: anna.id,
    provider: 'stars',
    amountKop: 100_00,
    total: 84,
    quoteId: null,
  })
  const chargeId = `charge-${newId()}`
  await takePayment(sql, { provider: 'stars', chargeId, userId: anna.id, orderId, currency: 'XTR', total: 84 })
  await anna.says('/paysupport')
  const payment = buttonsOf(shown()).find(({ callback_data: data }) => data?.startsWith('b:p:'))
  await anna.presses({ data: payment!.callback_data! })
  t.strictSame(copies(), [chargeId])

  const boss = await person()
  deps.adminIds = [boss.id]
  const run = await running(anna.id)
  await anna.says(`/paysupport где ${run}?`)
  t.match(boss.last().text, run)
  deps.adminIds = []
})

t.test('the invoice is green, and a top-up is celebrated once it is there', async t => {
  const anna = await person()
  await anna.says('/balance')
  t.match(main(), [/^primary /])
  await anna.presses({ data: to.stars(100, undefined) })
  const invoice = shownSince(0).findLast(({ rows }) => rows.flat().some(({ pay }) => pay))!
  t.equal(invoice.rows[0]![0]!.style, 'success')
  const from = api.calls.length
  await anna.pays()
  const played = shownSince(from).flatMap(({ text, effect }) => (effect ? [[text.slice(0, 11), effect]] : []))
  t.strictSame(played, [['✅ Зачислено', effects.topUp]])
})
