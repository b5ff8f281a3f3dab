import t from 'tap'
import { readGroup } from '../../src/payments/groups.ts'
import { place } from '../../src/payments/integration.ts'
import type { Person } from '../support/chat.ts'
import { captions } from '../support/messages.ts'
import { groupChats } from './stage.ts'

const stage = await groupChats(t)
const { person, group, story, owner, api, serve, sql, broken, limits, generationsOf, balanceOf, deliver } = stage
const { player } = api

const plain = (text: string | undefined) => text?.replace(/<[^>]+>/g, '') ?? ''
type Group = Awaited<ReturnType<typeof group>>

/** A person who has paid in rubles, in Stars. */
async function payer(firstName: string, packs = 1) {
  const who = await person({ firstName })
  for (let n = 0; n < packs; n++) {
    player.say(who.id, '/topup')
    await serve()
    await who.presses('300')
    await who.pays(who.chat().findLast(({ invoice }) => invoice && !invoice.paid)!)
  }
  return who
}
const opens = async (who: Person, payload: string) => {
  player.open(who.id, payload)
  await serve()
  return plain(who.last().html)
}
const gives = async (who: Person, friends: Group, rubles: number) => {
  await opens(who, `gt_${-friends.id}`)
  await who.presses(`${rubles}`)
  return plain(who.last().html)
}
/** Lets the group pay; its admin is the first of its people. */
const together = async (admin: Person, friends: Group) => {
  await opens(admin, `ga_${-friends.id}`)
  await admin.presses('Пусть платит группа')
}
const runsOf = (friends: Group) => generationsOf(friends.id)

await story('members give, the group pays for all, and its admin sees every movement', async t => {
  const anna = await payer('Анна')
  const boris = await payer('Борис')
  const vera = await person({ firstName: 'Вера' })
  const friends = await group('Друзья', [anna, boris, vera])
  await together(anna, friends)
  await friends.says(vera, '/imagine кот')
  t.match(friends.whispers(vera).at(-1)?.text, /На балансе группы не хватает/)

  t.match(await gives(boris, friends, 100), /стало больше на 100/)
  t.equal(await balanceOf(boris.id), 200_00)
  t.equal(await balanceOf(friends.id), 100_00)
  await friends.presses(vera, '🔁')
  t.match(plain(friends.whispers(vera).at(-1)?.text), /кот[\s\S]*платит группа/, 'the same wish, without asking again')
  await friends.presses(vera, 'Отмена')

  await friends.says(vera, '/imagine кит')
  const whisper = friends.whispers(vera).at(-1)!
  t.match(plain(whisper.text), /кит[\s\S]*платит группа[\s\S]*Вам на сегодня остаётся: 100/)
  t.notMatch(whisper.text, /бесплатно/, 'a group has no free runs')
  await friends.presses(vera, '✅ Запустить')
  const [run] = await runsOf(friends)
  t.equal(await balanceOf(friends.id), 100_00 - run!.price_kop)
  t.equal(await balanceOf(vera.id), 0)
  await deliver(friends.id, run!.id)
  t.equal(friends.seen().at(-1)?.media?.kind, 'photo')
  t.match(plain(friends.seen().at(-1)?.html), /^кит\nВера · /)

  await friends.says(anna, '/imagine пёс')
  await friends.presses(anna, '✅ Запустить')
  await deliver(friends.id, (await runsOf(friends)).at(-1)!.id, 'generation_failed')
  t.equal(await balanceOf(friends.id), 100_00 - run!.price_kop, 'what failed went back to the group')

  t.match(await opens(anna, `ga_${-friends.id}`), /Платит группа[\s\S]*Баланс группы/)
  await anna.presses('🧾')
  const ledger = plain(anna.last().html)
  t.match(ledger, /\+.*возврат · Анна/)
  t.match(ledger, /−.* · Вера/)
  t.match(ledger, /\+100.*пополнение · Борис/)
})

await story('group-admin: only admins of the group open its settings and ledger, whatever is sent', async t => {
  const anna = await payer('Анна')
  const boris = await payer('Борис')
  const stranger = await payer('Чужой')
  const friends = await group('Тайны', [anna, boris])
  const of = `gg:${-friends.id}`
  for (const who of [boris, stranger]) {
    t.match(await opens(who, `ga_${-friends.id}`), who === boris ? /только администраторы/ : /Не вижу вас/)
    for (const data of [`${of}:m`, `${of}:g`, `${of}:f`, `${of}:s`, `gd:${-friends.id}:1000`])
      await who.presses({ data })
    t.notMatch(plain(who.last().html), /Тайны/)
  }
  t.match(await opens(stranger, `gt_${-friends.id}`), /Не вижу вас/)
  await stranger.presses({ data: `gv:${-friends.id}:100:aaaaaaaaaaaa` })
  t.equal(await balanceOf(stranger.id), 300_00)
  t.match(await opens(boris, `gt_${-friends.id}`), /Баланс группы «Тайны»/, 'a member may give')
  t.match(await opens(anna, 'ga_123456789'), /не знаю/)
  const now = await readGroup(sql, friends.id)
  t.strictSame([now?.payer, now?.isOn, now?.memberDailyKop], ['each', true, 100_00])
})

await story(
  'group-money: a gift is of paid-in money, within the balance, and once however often it is pressed',
  async t => {
    const anna = await payer('Анна')
    const friends = await group('Дары', [anna])
    await owner`select pay.credit(${anna.id}, 'bonus', 'a gift', 50000)`
    await opens(anna, `gt_${-friends.id}`)
    const screen = anna.last()
    await anna.presses('300', screen, 2)
    await anna.presses({ data: screen.buttons.flat().find(({ text }) => text.startsWith('300'))!.data! }, screen)
    t.match(plain(anna.last().html), /второй раз деньги не списаны/)
    t.equal(await balanceOf(friends.id), 300_00)
    t.match(await gives(anna, friends, 100), /только пополненное/, 'bonuses stay')
    await anna.presses({ data: `gv:${-friends.id}:1000:bbbbbbbbbbbb` })
    t.match(plain(anna.last().html), /столько нет/)
    await anna.presses({ data: `gv:${-friends.id}:77:cccccccccccc` })
    t.equal(await balanceOf(friends.id), 300_00, 'an amount that no button has')
    await owner.begin(async tx => {
      await tx`set local session_replication_role = replica`
      await tx`update pay.wallets set debt_kop = 100 where user_id = ${anna.id}`
    })
    await anna.presses({ data: `gv:${-friends.id}:50:dddddddddddd` })
    t.match(plain(anna.last().html), /погасите долг/)
    await owner`update pay.wallets set debt_kop = 0 where user_id = ${anna.id}`
  },
)

await story(
  'group-money: one member spends so much a day of the group’s money, also with many presses at once; then pays alone',
  async t => {
    const anna = await payer('Анна')
    const boris = await payer('Борис')
    const friends = await group('Лимиты', [anna, boris])
    await together(anna, friends)
    await gives(anna, friends, 300)
    const asked = async () => {
      await friends.says(boris, '/imagine кот')
      const [row] = await owner<{ id: string; price_kop: string }[]>`
      select q.id, q.price_kop from pay.quotes q join pay.group_orders o on o.quote_id = q.id
      where o.asked_by = ${boris.id} order by q.created_at desc limit 1`
      return { id: row!.id, priceKop: Number(row!.price_kop) }
    }
    const quotes = [await asked(), await asked(), await asked()]
    await owner`update pay.groups set member_daily_kop = ${Math.max(100, quotes[0]!.priceKop)} where chat_id = ${friends.id}`
    const placed = await Promise.allSettled(
      quotes.map(({ id }) => {
        const order = {
          userId: friends.id,
          askedBy: boris.id,
          id,
          requestKey: `q:${id}`,
          quoteId: id,
          chatId: friends.id,
        }
        return place(sql, { ...order, messageId: null, deadlineMs: 600_000 }, limits)
      }),
    )
    const started = placed.filter(({ status }) => status === 'fulfilled').length
    t.equal(started, Math.max(1, Math.floor(Math.max(100, quotes[0]!.priceKop) / quotes[0]!.priceKop)))
    const names = placed.flatMap(one => (one.status === 'rejected' ? [one.reason.name] : []))
    t.strictSame(new Set(names), new Set(['MemberLimitReached']))

    await friends.says(boris, '/imagine кит')
    t.match(friends.whispers(boris).at(-1)?.text, /не больше/)
    await friends.presses(boris, 'Заплатить самому')
    t.match(plain(friends.whispers(boris).at(-1)?.text), /кит[\s\S]*Цена: /)
    await friends.presses(boris, '✅ Запустить')
    t.equal((await generationsOf(boris.id)).length, 1, 'by himself')
  },
)

await story(
  'group-press: the money of a group is its own: no other group, person or past setting spends it',
  async t => {
    const anna = await payer('Анна')
    const boris = await payer('Борис')
    const friends = await group('Первые', [anna, boris])
    await together(anna, friends)
    await gives(anna, friends, 100)
    await friends.says(boris, '/imagine кот')
    const [quote] = await owner<{ id: string }[]>`select id from pay.quotes where user_id = ${friends.id}`
    const id = quote!.id
    const order = {
      userId: friends.id,
      id,
      requestKey: `q:${id}`,
      quoteId: id,
      chatId: friends.id,
      messageId: null,
      deadlineMs: 1_000,
    }
    await t.rejects(place(sql, { ...order, askedBy: anna.id }, limits), { name: 'NotFound' }, 'who did not ask')
    await opens(anna, `ga_${-friends.id}`)
    await anna.presses('Пусть каждый')
    await t.rejects(
      place(sql, { ...order, askedBy: boris.id }, limits),
      { name: 'GroupOff' },
      'the group no longer pays',
    )
    await friends.presses(boris, '✅ Запустить')
    t.match(friends.whispers(boris).at(-1)?.text, /платит она теперь иначе/)
    t.equal(await balanceOf(friends.id), 100_00)
    t.strictSame(await runsOf(friends), [])
  },
)

await story('a group that moves keeps its money, also where it was turned on anew before that was told', async t => {
  const anna = await payer('Анна', 2)
  const friends = await group('Переезд', [anna])
  await together(anna, friends)
  await gives(anna, friends, 100)
  const newId = player.addGroup('Переезд', { creator: anna.id, members: [] })
  player.sayIn(newId, anna.id, '/ai_on')
  await serve()
  await opens(anna, `gt_${-newId}`)
  await anna.presses('50')
  t.equal(await balanceOf(newId), 50_00)
  for (let n = 0; n < 2; n++) await friends.sends(anna, { migrate_to_chat_id: newId })
  const now = await readGroup(sql, newId)
  t.strictSame([now?.chatId, now?.accountId, now?.payer], [newId, friends.id, 'group'])
  t.equal(await balanceOf(friends.id), 150_00)
  t.equal(await balanceOf(newId), 0)
  await owner`delete from pay.rates`
  await friends.sends(anna, { text: '/ai_on' })
  t.equal((await readGroup(sql, newId))?.accountId, friends.id, 'a word from the old chat makes no other account')
})

await story('a gift without its other entry is a broken promise', async t => {
  const anna = await payer('Анна')
  const friends = await group('Половина', [anna])
  await gives(anna, friends, 50)
  t.strictSame(await broken(), [])
  await owner.begin(async tx => {
    await tx`set local session_replication_role = replica`
    await tx`delete from pay.ledger_entries where user_id = ${friends.id}`
  })
  t.ok((await broken()).some(({ promise }) => promise === 'gift to a group without its other entry'))
  const [row] = await owner`select kop::int from pay.accounts where account = 'groups'`
  t.equal(row?.kop, 50_00, 'and the account of groups is not empty')
  await owner.begin(async tx => {
    await tx`set local session_replication_role = replica`
    await tx`
      insert into pay.ledger_entries (user_id, seq, kind, amount_kop, balance_before, balance_after, contra, external_ref)
      select ${friends.id}, 1, 'from_member', 5000, 0, 5000, 'groups', external_ref
      from pay.ledger_entries where user_id = ${anna.id} and kind = 'to_group'`
  })
  await t.rejects(owner`select pay.move(${friends.id}, 'from_member', -100, 'groups', null, 'x')`, /entry_sign/)
  await t.rejects(owner`select pay.move(${anna.id}, 'to_group', -100, 'cash', null, 'x')`, /entry_account/)
  t.ok(captions(anna.last()).length > 0)
})
