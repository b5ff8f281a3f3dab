import t from 'tap'
import { cell } from '../../src/bot/money/statement.ts'
import { to } from '../../src/bot/routes.ts'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { timelineScreen } from '../../src/bot/runs/timeline.ts'
import { newId } from '../../src/id.ts'
import { readGeneration } from '../../src/payments/generations.ts'
import { bonusLeft } from '../../src/payments/gifts.ts'
import { openTopUp, takeBack, takePayment } from '../../src/payments/top-ups.ts'
import { readWallet } from '../../src/payments/wallet.ts'
import { toPlain } from '../../src/telegram/html.ts'
import { noteLack } from '../../src/telegram/older.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttons, captions, isOldServer } from '../support/messages.ts'

const stage = await chats(t)
const { person, deps, generationsOf, quoteOf, balanceOf, end, story, api, sql, owner, serve } = stage
const messages = createMessages(stage.deps)

const promo = async (uses = 1, expires = '1 day') => {
  const code = newId().toUpperCase()
  await owner`
    insert into pay.promo_codes (code, amount_kop, uses, expires_at, created_by)
    values (${code}, 5000, ${uses}, now() + ${expires}::interval, 1)`
  return code
}
const grant = (userId: number, runs: number, capKop = 50_00) => owner`
  insert into pay.bonus_grants (user_id, ref, runs, cap_kop) values (${userId}, ${newId()}, ${runs}, ${capKop})`
const left = async ({ id }: Person) => [...(await bonusLeft(sql, id))]

/** An order up to its price: 42.75 rubles. */
async function priced(anna: Person) {
  await anna.begins('hailuo-2-3-image-to-video-pro')
  await anna.sends('image/png', { caption: 'ветер' })
  await anna.presses('По умолчанию')
  await anna.presses('По умолчанию')
  return (await quoteOf(anna.id))!
}

await story('a code is redeemed by a command or by a button, in any case, and each answer has its words', async t => {
  const anna = await person()
  const code = await promo()
  t.equal((await anna.says(`/promo  ${code.toLowerCase()} `)).text, '✅ Код принят: +50\u00a0₽')
  t.equal(await balanceOf(anna.id), 50_00)
  t.equal((await anna.says(`/promo ${code}`)).text, 'Вы уже использовали этот код.')
  t.equal((await anna.says(`/promo ${await promo(1, '-1 second')}`)).text, 'Срок действия кода закончился.')
  const boris = await person()
  t.equal((await boris.says(`/promo ${code}`)).text, 'Этот код уже разобрали.')

  await boris.says('/balance')
  await boris.presses('🎟 Промокод')
  t.equal(boris.last().text, 'Пришлите промокод.')
  t.equal((await boris.says('нет такого')).text, 'Такого кода нет. Проверьте его и пришлите ещё раз.')
  t.equal((await boris.says(` ${(await promo()).toLowerCase()}`)).text, '✅ Код принят: +50\u00a0₽', 'the next try')
  t.match((await boris.says('кот')).text, /^Картинка по вашим словам/, 'and then a text is a text again')
})

await story('after five wrong codes one waits for the next hour', async t => {
  const anna = await person()
  for (let n = 0; n < 5; n++)
    t.equal((await anna.says(`/promo НЕТ${n}`)).text, 'Такого кода нет. Проверьте его и пришлите ещё раз.')
  t.equal((await anna.says(`/promo ${await promo()}`)).text, 'Слишком много попыток. Попробуйте через час.')
  t.equal(await balanceOf(anna.id), 0)
})

await story('a message with a code that is handled twice credits once and says so twice', async t => {
  const anna = await person()
  t.equal((await anna.says(`/promo ${await promo()}`, 2)).text, '✅ Код принят: +50\u00a0₽')
  t.equal(await balanceOf(anna.id), 50_00)
})

/** The person puts 100 ₽ in. */
async function pays(userId: number) {
  const wanted = { userId, provider: 'stars' as const, amountKop: 100_00, total: 84, quoteId: null }
  const { id: orderId } = await openTopUp(sql, wanted)
  await takePayment(sql, { provider: 'stars', chargeId: newId(), userId, orderId, currency: 'XTR', total: 84 })
}

await story('a friend comes by the link, and the inviter is told after the first paid success', async t => {
  const anna = await person()
  await anna.says('/menu')
  await anna.presses({ data: 'rf' })
  const { text = '' } = anna.last()
  t.match(
    text,
    /^Пригласите друга: вам 3 бонусных запуска, каждый до 50\u00a0₽, когда он пополнит баланс и получит первый платный результат\./,
  )
  t.match(text, /Пришло друзей: 0 · засчитано: 0 · осталось запусков: 0$/)
  const link = new RegExp(`t\\.me/${api.bot.username}\\?start=(r_[a-z2-7]{12})`).exec(text)?.[1]
  const share = buttons(anna.last()).find(one => one.text === 'Поделиться')
  t.ok(decodeURIComponent(share?.url ?? '').includes(`https://t.me/${api.bot.username}?start=${link}`))

  const friend = api.player.addPerson({ firstName: 'Друг', languageCode: 'ru' })
  api.player.open(friend.id, link)
  await serve()
  t.match(api.player.chat(friend.id).at(-1)?.text, /^Здравствуйте, Друг!/, 'and reads the welcome')
  await pays(friend.id)
  await end(friend.id, await stage.running(friend.id))
  t.match((await anna.says('/ref')).text, /Пришло друзей: 1 · засчитано: 1 · осталось запусков: 3$/)
  const [told] = await owner`select body from pay.outbox where user_id = ${anna.id}`
  t.equal(
    toPlain(messages.notice(told!.body, 'ru').text),
    '👥 Ваш друг получил первый платный результат: +3 бонусных запуска, каждый до 50\u00a0₽.',
  )
})

await story('until the bot knows its name there is no link', async t => {
  const anna = await person()
  const { botUsername } = deps
  deps.botUsername = () => ''
  t.match((await anna.says('/ref')).text, /Ссылка скоро появится/)
  t.notOk(captions(anna.last()).includes('Поделиться'))
  deps.botUsername = botUsername
})

await story('a bonus run is taken with one press, shown before, told after, and given back with a failure', async t => {
  const anna = await person()
  await grant(anna.id, 3)
  t.match((await anna.says('/balance')).text, /Бонусных запусков: 3 \(до 50\u00a0₽ каждый\)$/)
  const shown = await priced(anna)
  t.match(anna.last().text, /^Не хватает/)
  const price = anna.last()
  t.ok(captions(price).includes('🎟 Бонусный запуск (осталось 3, до 50\u00a0₽)'))
  await anna.presses('🎟 Бонусный запуск')
  t.match(anna.last().text, /^⏳ Принято/)
  const [run] = await generationsOf(anna.id)
  t.equal(run?.price_kop, 0)
  const [quote] =
    await owner`select price_kop::int, full_kop::int, inputs, params from pay.quotes where id = ${run!.quote_id}`
  t.match(quote, { price_kop: 0, full_kop: 42_75, inputs: shown.inputs, params: shown.params }, 'nothing is pinned')
  t.strictSame(await left(anna), [{ capKop: 50_00, runs: 2 }])

  for (const op of ['startBonus', 'start'] as const) {
    t.match((await anna.presses({ data: to.quote(shown.id, op) }, price)).answer, { text: 'Уже запущено' })
  }
  t.equal((await generationsOf(anna.id)).length, 1, 'pressed again, or as a paid run, it is the same run')

  await end(anna.id, run!.id, 'generation_failed')
  t.strictSame(await left(anna), [{ capKop: 50_00, runs: 3 }])
  const failed = (await readGeneration(sql, { userId: anna.id, id: run!.id }))!
  t.match(toPlain(messages.failure(failed, 'ru').text), /\nБонусный запуск вернулся\.\n/)
  const proof = toPlain((await timelineScreen(deps, failed, 'ru')).text)
  t.match(proof, /цена 42,75\u00a0₽[\s\S]*взят бонусный запуск[\s\S]*бонусный запуск вернулся/)
  await anna.presses({ data: to.generation(run!.id, undefined) })
  t.match(anna.last().text, /Бонусный запуск вернулся/)
})

await story('a bonus run that succeeded is called one, and it is offered beside the price', async t => {
  const anna = await person({ kop: 100_00 })
  await grant(anna.id, 1)
  await priced(anna)
  t.match(captions(anna.last()), [/^✅ Запустить за 42,75/, /^🎟 Бонусный запуск \(осталось 1, до 50/])
  await anna.presses('🎟')
  const [run] = await generationsOf(anna.id)
  await end(anna.id, run!.id)
  const done = (await readGeneration(sql, { userId: anna.id, id: run!.id }))!
  const text = toPlain(messages.result(done, [], await readWallet(sql, anna.id), { day: 7, of: 10 }, 'ru').text)
  t.match(text, /\nБонусный запуск · №\u00a0/)
  t.equal(await balanceOf(anna.id), 100_00)
})

await story('a price over the cap is not offered, and pressed all the same it takes nothing', async t => {
  const anna = await person({ kop: 100_00 })
  await grant(anna.id, 3, 42_74)
  const quote = await priced(anna)
  t.notMatch(captions(anna.last()).join(), /🎟/)
  await anna.presses({ data: to.quote(quote.id, 'startBonus') })
  t.match(anna.last().text, /Цена прежняя, срок обновлён/)
  t.not((await quoteOf(anna.id))?.id, quote.id)
  t.equal((await generationsOf(anna.id)).length, 0)
  t.strictSame(await left(anna), [{ capKop: 42_74, runs: 3 }])
})

/** A person whose payment of 100 rubles went back after 42.75 of it were spent. */
async function owing() {
  const anna = await person()
  const wanted = { userId: anna.id, provider: 'stars', amountKop: 100_00, total: 84, quoteId: null } as const
  const { id: orderId } = await openTopUp(sql, wanted)
  const chargeId = newId()
  await takePayment(sql, { provider: 'stars', chargeId, userId: anna.id, orderId, currency: 'XTR', total: 84 })
  await priced(anna)
  await anna.presses('✅')
  await takeBack(sql, 'stars', chargeId, anna.id)
  return { anna, chargeId }
}

await story('who owes for a returned payment reads how much, and may top up but not start', async t => {
  const { anna } = await owing()
  t.match((await anna.says('/balance')).text, /Осталось погасить: 42,75\u00a0₽/)
  const { id } = await priced(anna)
  const said =
    /осталось погасить 42,75\u00a0₽\.\nПлатные запуски откроются после пополнения[\s\S]*нужно ещё 85,50\u00a0₽\.$/
  t.match(anna.last().text, said)
  t.match(captions(anna.last()), [/^100\u00a0₽ — ⭐ 84/])
  await anna.presses({ data: to.quote(id, 'start') })
  t.match(anna.last().text, said)
  t.equal((await generationsOf(anna.id)).length, 1)
})

await story('each operation has its word, and leads to its run or its payment', async t => {
  const { anna, chargeId } = await owing()
  await anna.says(`/promo ${await promo()}`)
  await anna.says('/balance')
  await anna.presses('📄 Операции')
  const tail = chargeId.slice(-4)
  const shown = anna.last()
  t.match(
    shown.text
      ?.split('\n')
      .slice(isOldServer ? 1 : 2)
      .map(line => line.slice('23.11 15:09 '.length)),
    isOldServer
      ? [
          /^погашение долга −42,75\u00a0₽/,
          /^бонус \+50\u00a0₽/,
          new RegExp(`^возврат платежа −57,25\u00a0₽ · …${tail}$`),
          /^отложено −42,75\u00a0₽ · .* №/,
          new RegExp(`^пополнение \\+100\u00a0₽ · …${tail}$`),
        ]
      : [
          /^−42,75\u00a0₽ погашение долга/,
          /^\+50\u00a0₽ бонус/,
          new RegExp(`^−57,25\u00a0₽ возврат платежа · …${tail}$`),
          /^−42,75\u00a0₽ отложено · .* №/,
          new RegExp(`^\\+100\u00a0₽ пополнение · …${tail}$`),
        ],
  )
  t.match(captions(shown), [`💳 …${tail}`, /^№/, 'CSV'])
  await anna.presses('💳')
  t.match(anna.last().text, new RegExp(`Платёж …${tail}\n.* · 100\u00a0₽\nВозвращён\\.`))
  const boris = await person()
  const { answer } = await boris.presses({ data: to.payment(1) })
  t.match(answer, { text: 'Этот экран устарел' }, 'of another person there is none')
})

t.test('a cell of the file is a text, never a formula, and stays one cell', async t => {
  t.equal(cell('кот'), 'кот')
  t.equal(cell('=1+1'), "'=1+1")
  t.equal(cell(' +7;"x"'), `"' +7;""x"""`)
  for (const odd of ['-2', '@SUM(A1)', '\t=1', '\r=1', '＝1']) t.match(cell(odd), /^"?'/, odd)
  t.equal(cell('две\nстроки'), '"две\nстроки"')
})

await story('the file of everything opens in a spreadsheet, and is a person’s own', async t => {
  const anna = await person({ kop: 100_00 })
  await grant(anna.id, 1)
  await stage.running(anna.id, { inputs: { prompt: '=HYPERLINK("http://x";"кот")' } })
  await priced(anna)
  await anna.presses('🎟')
  await anna.says('/balance')
  await anna.presses('📄 Операции')
  const operations = anna.last()
  await anna.presses('CSV')
  const { rich, text: told, buttons: below } = anna.last()
  if (!isOldServer) {
    t.strictSame(
      rich?.blocks.map(({ type }) => type),
      ['paragraph', 'document', 'table'],
    )
    t.match(told, /\nКогда Операция Сумма Баланс\n\d\d\.\d\d \d\d:\d\d отложено −45\u00a0₽ 100\u00a0₽\n/)
    t.match(told, /бонус \+100\u00a0₽ 100\u00a0₽$/)
  }
  noteLack(stage.telegram, 'rich')
  await anna.presses({ data: to.statement() }, operations)
  noteLack(stage.telegram, 'rich', 0)
  const { media, text = '', buttons: plain } = anna.last()
  t.strictSame(below, plain)
  if (rich) {
    const sentRich = api.player.file(rich.blocks[1]!.document!.file_id)!
    t.strictSame(Buffer.from(sentRich.bytes), Buffer.from(api.player.file(media!.fileId)!.bytes), 'the same file')
  }
  t.match(media, { kind: 'document', fileName: 'telegen-operations.csv' })
  t.match(text, /^Ваши операции и запуски/)
  const bytes = Buffer.from(api.player.file(media!.fileId)!.bytes)
  t.strictSame([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf])
  const rows = bytes.toString('utf8').slice(1).split('\r\n')
  t.match(rows[0], /^Время;Операция;Сумма, ₽;Баланс после, ₽;Модель;Запуск;Состояние;Запрос$/)
  t.match(rows[1], /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d;бонусный запуск;;;.*;[a-z2-7]{12};в работе;ветер$/)
  t.match(rows[2], /;отложено;-45,00;.*;"'=HYPERLINK\(""http:\/\/x"";""кот""\)"$/)
  t.match(rows.at(-2), /;бонус;100,00;100,00;;;;$/)
  t.equal(rows.at(-1), '')
})

await story('a question is about the payment or the run that was picked, and the next message is it', async t => {
  const { anna, chargeId } = await owing()
  const boss = await person()
  deps.adminIds = [boss.id]
  t.teardown(() => (deps.adminIds = []))
  const [run] = await generationsOf(anna.id)
  await anna.says('/paysupport')
  t.match(captions(anna.last()).slice(0, 2), [/^№/, new RegExp(`^💳 .* · 100\u00a0₽ · …${chargeId.slice(-4)}$`)])
  await anna.presses('💳')
  await anna.presses('💬 Вопрос по платежу')
  t.match(anna.last().text, /^💬 Вопрос по платежу …/)
  await anna.says('почему вернули?')
  t.match(anna.last().text, /^Передали, обращение №/)
  t.match(boss.last().text, new RegExp(`:\nпочему вернули\\?\n💳 stars ${chargeId} · 100\u00a0₽ · `))
  t.match((await anna.says('кот')).text, /^Картинка по вашим словам/, 'one message is one question')

  await anna.presses({ data: to.generation(run!.id, 'support') })
  await anna.says('где результат?')
  t.match(boss.last().text, new RegExp(`:\nгде результат\\?\n${run!.id} · `))
})

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(api.calls)), [])
})
