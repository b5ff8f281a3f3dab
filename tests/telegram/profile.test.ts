import t, { type Test } from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { commandLists, hasCommands } from '../../src/bot/commands.ts'
import { profileParts, writeProfile } from '../../src/bot/home/profile.ts'
import { stringsFor } from '../../src/i18n/strings.ts'
import { callAny, telegramOver } from '../../src/telegram/api.ts'
import { createTelegram, TelegramRefused } from '../../src/telegram/client.ts'
import { silent } from '../support/world.ts'

const settings = { name: undefined, isOn: true, hasFreeRuns: true }

async function stage(t: Test, more: Partial<{ name: string | undefined; isOn: boolean; hasFreeRuns: boolean }> = {}) {
  const api = await startTelegram({ seed: 3 })
  t.teardown(() => api.close())
  api.faults.limits = false
  const telegram = createTelegram({ token: api.token, apiRoot: api.apiRoot, rateLimiter: async () => 0, log: silent })
  const options = { telegram, botId: api.bot.id, log: silent, ...settings, ...more }
  /** The writing calls that the server took, in their order. */
  const written = (from = 0) =>
    api.calls.slice(from).flatMap(({ method, status }) => (method.startsWith('set') && status === 200 ? [method] : []))
  return { api, telegram, options, written }
}
t.test('the profile is written once, in English and in Russian, and a second start writes nothing', async t => {
  const { api, telegram, options, written } = await stage(t)
  await writeProfile(options)
  for (const [code, language] of [
    [undefined, 'en'],
    ['de', 'en'],
    ['ru', 'ru'],
    ['kk', 'ru'],
  ] as const) {
    const where = code === undefined ? {} : { language_code: code }
    const { profile } = stringsFor(language)
    t.equal((await telegram.call('getMyDescription', where)).description, profile.description(true), String(code))
    t.equal((await telegram.call('getMyShortDescription', where)).short_description, profile.short, String(code))
  }
  t.equal((await telegram.call('getChatMenuButton', {})).type, 'commands')
  t.notOk(written().includes('setMyName'), 'the name from BotFather stays')
  const from = api.calls.length
  await writeProfile(options)
  t.strictSame(written(from), [])
})

t.test('what the operator has made in BotFather stays, and is named by the doctor', async t => {
  const { telegram, options } = await stage(t)
  await telegram.call('setMyDescription', { description: 'Рисую для вас' })
  await telegram.call('setMyShortDescription', { short_description: 'Мой бот', language_code: 'ru' })
  const menu_button = { type: 'web_app', text: 'Сайт', web_app: { url: 'https://example.com' } } as const
  await telegram.call('setChatMenuButton', { menu_button })
  await writeProfile(options)
  t.equal((await telegram.call('getMyDescription', {})).description, 'Рисую для вас')
  t.equal((await telegram.call('getMyDescription', { language_code: 'ru' })).description, 'Рисую для вас')
  t.equal((await telegram.call('getMyShortDescription', { language_code: 'ru' })).short_description, 'Мой бот')
  t.equal((await telegram.call('getMyShortDescription', {})).short_description, stringsFor('en').profile.short)
  t.equal((await telegram.call('getChatMenuButton', {})).type, 'web_app')
  const theirs = []
  for (const { what, read } of profileParts(options)) {
    if (what !== 'picture' && (await read()) === 'theirs') theirs.push(what)
  }
  t.strictSame(theirs, [
    'description',
    'description (ru)',
    'short description (ru)',
    'description (uk)',
    'description (be)',
    'description (kk)',
    'menu button',
  ])
})

t.test('a text of ours that no longer fits is replaced: free runs were switched off', async t => {
  const { telegram, options } = await stage(t)
  await writeProfile(options)
  await writeProfile({ ...options, hasFreeRuns: false })
  const { description } = await telegram.call('getMyDescription', { language_code: 'uk' })
  t.equal(description, stringsFor('ru').profile.description(false))
  t.notMatch(description, /бесплатн/)
})

t.test('the name is written where BOT_NAME asks for it, PROFILE=off leaves the rest', async t => {
  const { telegram, options, written } = await stage(t, { name: 'Кисть', isOn: false })
  await writeProfile(options)
  await writeProfile(options)
  t.strictSame(written(), ['setMyName'])
  t.equal((await telegram.call('getMyName', {})).name, 'Кисть')
})

t.test('a refusal stops nothing: the parts after it are written', async t => {
  const { telegram, options, written } = await stage(t, { name: 'я'.repeat(65) })
  await writeProfile(options)
  t.equal(written()[0], 'setMyDescription', 'the name was refused')
  t.equal((await telegram.call('getChatMenuButton', {})).type, 'commands')
})

t.test('a server that was too often asked for a new name keeps the old one, and the start goes on', async t => {
  const { telegram, options, written } = await stage(t, { name: 'Кисть' })
  const busy = telegramOver(telegram, async (method, payload, more) => {
    if (method === 'setMyName') throw new TelegramRefused('rate_limited', 'too many', { retryAfterMs: 40_000_000 })
    return callAny(telegram, method, payload, more)
  })
  await writeProfile({ ...options, telegram: busy })
  t.notOk(written().includes('setMyName'))
  t.ok(written().includes('setChatMenuButton'))
})

t.test('every list of commands is one that Telegram takes, for private chats, groups and their admins', async t => {
  const { telegram } = await stage(t)
  const lists = commandLists()
  t.equal(lists.length, 15)
  for (const list of lists) {
    t.notOk(await hasCommands(telegram, list))
    await callAny(telegram, 'setMyCommands', list)
    t.ok(await hasCommands(telegram, list))
  }
  const inGroups = lists.filter(({ scope }) => scope?.type !== 'all_private_chats')
  for (const { commands, scope } of inGroups)
    t.strictSame(
      commands.map(({ command }) => command),
      ['imagine', 'edit', 'help', ...(scope?.type === 'all_chat_administrators' ? ['ai_on', 'ai_off'] : [])],
    )
})

t.test('every text fits: 512 characters in an empty chat, 120 on the page of the bot', async t => {
  for (const language of ['ru', 'en'] as const) {
    const { description, short } = stringsFor(language).profile
    t.ok(description(true).length <= 512 && description(true).length > description(false).length)
    t.ok(short.length <= 120)
  }
})
