import t from 'tap'
import { groupChats } from './stage.ts'

const { person, story, owner, api, serve, running, end, deps } = await groupChats(t)
const { player } = api
const plain = (text: string | undefined) => text?.replace(/<[^>]+>/g, '') ?? ''

type Card = {
  type: string
  photo_file_id?: string
  input_message_content?: { message_text: string }
  reply_markup: { inline_keyboard: { text: string; url?: string }[][] }
}
// A chat where the bot is no member.
const elsewhere = player.addGroup('Чужие', { bot: false })
/** Somebody mentions the bot there. Returns its answer. */
async function calls(who: { id: number }, words: string): Promise<Card | undefined> {
  const answers = () => api.calls.filter(({ method, status }) => method === 'answerGuestQuery' && status === 200)
  const before = answers().length
  player.sayIn(elsewhere, who.id, `@${api.bot.username} ${words}`)
  await serve()
  return answers()[before]?.fields.result as Card | undefined
}
const linkOf = (card: Card | undefined) => new URL(card!.reply_markup.inline_keyboard[0]![0]!.url!)

await story(
  'a guest is answered with a card without prices, and the words wait in private for whoever wrote them',
  async t => {
    const anna = await person({ kop: 100_00, firstName: 'Анна' })
    const boris = await person({ firstName: 'Борис' })
    const card = await calls(anna, 'рыжий <b>кот')
    t.equal(card?.type, 'article')
    t.match(card?.input_message_content?.message_text, /рыжий &lt;b&gt;кот/)
    t.notMatch(JSON.stringify(card), /₽/)
    const payload = linkOf(card).searchParams.get('start')!
    t.match(payload, /^w_[a-z2-7]{12}$/)
    player.open(boris.id, payload)
    await serve()
    t.notMatch(plain(boris.last().html), /кот/, 'nobody else gets them')
    player.open(anna.id, payload)
    await serve()
    t.match(plain(anna.last().html), /Картинка по вашим словам[\s\S]*рыжий <b>кот|рыжий &lt;b&gt;кот/)
    t.match(plain(anna.last().html), /Цена/)
  },
)

await story('a guest who asks for the last result gets the last picture, if there is one', async t => {
  const anna = await person({ firstName: 'Анна' })
  t.match((await calls(anna, 'мой последний результат'))?.input_message_content?.message_text, /Показать пока нечего/)
  const id = await running(anna.id)
  await end(anna.id, id)
  await anna.sends('image/png', { kind: 'photo' })
  const { fileId } = anna.chat().findLast(({ media }) => media)!.media!
  await owner`update pay.results set file_id = ${fileId}, sent_as = 'photo' where generation_id = ${id}`
  const card = await calls(anna, 'последняя')
  t.strictSame([card?.type, card?.photo_file_id], ['photo', fileId])
  const boris = await person({ firstName: 'Борис' })
  t.equal((await calls(boris, 'last'))?.photo_file_id, undefined, 'their own, and nobody else’s')
})

await story(
  'group-flood: a guest without words gets a link, a banned one nothing, and a hasty one no more than a few answers',
  async t => {
    const anna = await person({ firstName: 'Анна' })
    t.equal(linkOf(await calls(anna, '')).searchParams.get('start'), null)
    await owner`update pay.users set banned_at = now() where user_id = ${anna.id}`
    t.equal(await calls(anna, 'кот'), undefined)
    const newcomer = player.addPerson({ firstName: 'Глеб' })
    t.ok(await calls(newcomer, 'кот'), 'somebody who has never opened the bot')
    deps.groupLimits.memberPerMinute = 4
    const answers = []
    for (let n = 0; n < 5; n++) answers.push(await calls(newcomer, `кот ${n}`))
    t.ok(answers.filter(answer => answer).length < 4)
  },
)

await story('kept words are the last twenty, and go with the rest of what a person wrote', async t => {
  const anna = await person({ firstName: 'Анна' })
  deps.groupLimits.memberPerMinute = 1_000
  for (let n = 0; n < 25; n++) await calls(anna, `кот ${n}`)
  const kept = () => owner`select words from pay.guest_words where user_id = ${anna.id}`
  t.equal((await kept()).length, 20)
  await owner`select pay.user_forget(${anna.id})`
  t.strictSame([...(await kept())], [])
})
