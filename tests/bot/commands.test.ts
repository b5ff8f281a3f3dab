import t from 'tap'
import { commandsFor, setCommands } from '../../src/bot/commands.ts'
import { languageOf } from '../../src/users/users.ts'
import { chats } from '../support/chat.ts'
import { silent } from '../support/world.ts'

const { api, person, telegram, sql } = await chats(t)
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
