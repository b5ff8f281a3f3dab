import t from 'tap'
import { commandsFor, setCommands } from '../../src/bot/commands.ts'
import { languageOf } from '../../src/users/users.ts'
import { chats } from '../support/chat.ts'
import { message } from '../support/updates.ts'
import { silent } from '../support/world.ts'

const { api, bot, person, telegram, sql } = await chats(t)
const seenBy = (languageCode: string) => api.commandsFor(api.player.addPerson({ firstName: 'X', languageCode }).id)

t.test('commands and the first words are Russian for ru, uk, be and kk, and English for everybody else', async t => {
  await setCommands({ telegram, sql, adminIds: [], log: silent })
  for (const code of ['ru', 'uk', 'be', 'kk', 'en', 'de', 'fr', 'pt-br', 'zh-hans', 'ka']) {
    const language = ['ru', 'uk', 'be', 'kk'].includes(code) ? 'ru' : 'en'
    t.strictSame(seenBy(code), commandsFor(language, false), code)
    t.match((await person({ languageCode: code })).last().text, language === 'ru' ? /^Здравствуйте/ : /^Hello/, code)
  }
})

t.test('a client that names no language, or one that only begins like ours, is written to in English', async t => {
  for (const code of [null, '', 'rue', 'kkj', 'bem', 'ukx']) t.equal(languageOf(null, code), 'en', String(code))
  for (const code of ['ru-RU', 'kk-Cyrl', 'uk']) t.equal(languageOf(null, code), 'ru', code)
  t.equal(languageOf('en', 'ru'), 'en', 'the own choice comes first')
})

t.test('an admin has the longer list in the language of their own, also after a restart', async t => {
  const [anna, bob] = [await person(), await person({ languageCode: 'en', firstName: 'Bob' })]
  const stranger = 77_777
  const options = { telegram, sql, adminIds: [anna.id, stranger, bob.id], log: silent }
  await setCommands(options)
  t.strictSame(api.commandsFor(anna.id), commandsFor('ru', true))
  t.strictSame(api.commandsFor(bob.id), commandsFor('en', true), 'one without a chat stops nobody')
  await anna.presses({ data: 'lg:en' })
  await setCommands(options)
  t.strictSame(api.commandsFor(anna.id), commandsFor('en', true))
})

t.test('an update that does not say the language of the client changes no language', async t => {
  const anna = await person()
  const { message: said } = message(anna.id, { text: 'рыжий кот' })
  const { language_code: _, ...from } = said.from
  await bot.handle({ update_id: 900_001, message: { ...said, from } })
  t.match(anna.last().text, /[а-я]/i)
})
