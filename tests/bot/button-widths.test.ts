import t from 'tap'
import { fits, roomOf, widthOf } from '../../src/bot/button-width.ts'
import { parse, to } from '../../src/bot/routes.ts'
import { newId } from '../../src/id.ts'
import { type Shown, screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'

const stage = await chats(t, {
  transferDetails: 'Карта 2200 0000, Иван И.',
  card: { providerToken: 'card:TEST:1', vatCode: undefined },
})
const { api, catalogue, deps, running, end, owner } = stage

/** Captions of the questions of an order that are too wide yet, to be emptied: three templates of a request in a row. */
const known = ['💡 Landscape']

/** Every screen since the call `from`, apart from those that lost their buttons. */
const screens = (from: number): Shown[] =>
  screensOf(api.calls.slice(from).filter(({ method }) => method !== 'editMessageReplyMarkup'))

// What begins an order belongs to the order's own tests; what deletes or leaves the chat ends the walk.
const passedBy = new Set([
  'begin',
  'example',
  'draft',
  'quote',
  'follow',
  'followUp',
  'forget',
  'keep',
  'nothing',
  'language',
])

/** Presses every button that is reached from the last screen, each of a kind of data once. */
async function walk(who: Person): Promise<void> {
  const seen = new Set<string>()
  const open = (data: string) => {
    const route = parse(data)
    if (!route || passedBy.has(route.name) || (route.name === 'generation' && route.args[1] !== undefined)) return false
    // Cards and lists are many and alike: each card once, from wherever it is reached.
    const id = route.name === 'card' ? `card ${route.args[0]}` : data
    return !seen.has(id) && Boolean(seen.add(id))
  }
  const waiting = dataOn(who)
  while (waiting.length > 0) {
    const data = waiting.shift()!
    if (!open(data)) continue
    await who.presses({ data })
    waiting.push(...dataOn(who))
  }
}
const dataOn = (who: Person) =>
  who
    .last()
    .buttons.flat()
    .flatMap(({ data }) => data ?? [])

/** The longest of everything: a rich person with long names, dear runs, payments and a debt. */
async function longLife(languageCode: string): Promise<Person> {
  const anna = await stage.person({ kop: 999_999_75, languageCode, firstName: 'Ы'.repeat(64) })
  const names = [...catalogue.models].sort((a, b) => b.short.ru.length - a.short.ru.length).slice(0, 3)
  for (const { id: modelId } of names)
    await running(anna.id, { modelId, kop: 12_254_25, inputs: { prompt: 'ж'.repeat(500) } })
  await end(
    anna.id,
    await running(anna.id, { modelId: 'elevenlabs/text-to-speech-turbo-2-5', kop: 0, inputs: { text: 'ш' } }),
  )
  await end(
    anna.id,
    await running(anna.id, { modelId: 'topaz/image-upscale', kop: 12_254_25, inputs: {} }),
    'moderation',
  )
  await anna.presses({ data: to.stars(5000, undefined) })
  await anna.pays()
  return anna
}

const kindsOf = (text: string) =>
  text
    .split('\n')[0]!
    .replace(/<[^>]+>/g, '')
    .slice(0, 60)

/** The captions that Telegram would cut, with the first line of their screen. */
const cut = (shown: Shown[]) => [
  ...new Set(
    shown.flatMap(({ text, rows }) =>
      rows.flatMap(row =>
        row
          .filter(one => !fits(one.text, row.length) && !known.includes(one.text))
          .map(
            one =>
              `${kindsOf(text)}: «${one.text}» ${Math.round(widthOf(one.text))} of ${Math.round(roomOf(row.length))} px`,
          ),
      ),
    ),
  ),
]

const isWayOut = ({ callback_data: data = '', url }: { callback_data?: string; url?: string }) =>
  url !== undefined ||
  ['menu', 'more', 'admin', 'adminNo', 'adminSwitch', 'draft', 'quote'].includes(parse(data)?.name ?? '')

/** Screens that lead nowhere. */
const deadEnds = (shown: Shown[]) => [
  ...new Set(shown.filter(({ rows }) => !rows.flat().some(isWayOut)).map(({ text }) => kindsOf(text))),
]

// Written while the next message is on its way, or to an admin who answers by a reply.
const noScreens = /^(Вопрос от|Question from|Удаляем|Deleting)/

for (const language of ['ru', 'en'] as const) {
  t.test(`${language}: no button of any screen is cut on a phone, and every screen has a way out`, async t => {
    const from = api.calls.length
    const anna = await longLife(language)
    // A list is widest with free runs used up, and with what is slow and popular.
    await owner`insert into pay.free_usage (user_id, model_id, window_kind, starts_at, lim, used)
      select ${anna.id}, m, kind, pay.window_start(kind, now()), 10, 3
      from unnest(${[...catalogue.freeIds].slice(0, 3)}::text[]) m, unnest(array['hour', 'day']) kind
      on conflict do nothing`
    deps.stats.popularity = () => 5
    for (const command of [
      'menu',
      'help',
      'balance',
      'topup',
      'history',
      'promo',
      'ref',
      'lang',
      'terms',
      'paysupport',
      'delete_me',
      'nonsense',
      'cancel',
    ]) {
      await anna.says(`/${command}`)
    }
    await anna.says('/menu')
    await walk(anna)
    for (const words of ['клинг', 'zzzzzz']) {
      await anna.presses({ data: to.list('find', 0) })
      await anna.says(words)
    }
    await anna.presses({ data: to.card('no-such-model', 'image', 0) })
    for (const key of ['flux-2-pro-text-to-image', 'kling-2-6-text-to-video', 'z-image']) {
      await anna.begins(key)
      await anna.says('рыжий кот')
    }
    const shown = screens(from)
    const cards = new Set(
      shown
        .flatMap(({ rows }) => rows.flat())
        .flatMap(({ callback_data: data = '' }) => (/^w:/.test(data) ? data : [])),
    )
    t.equal(cards.size, 42, 'every card was opened')
    t.ok(shown.length > 120, `${shown.length} screens`)
    t.strictSame(cut(shown), [])
    t.strictSame(wrongStyles(shown), [])
    t.strictSame(
      deadEnds(shown).filter(text => !noScreens.test(text)),
      [],
    )
    if (language === 'ru') for (const { text } of shown) t.notMatch(text, /\d\.\d\d\u00a0₽/, text)
  })

  t.test(`${language}: the same is true of what admins see`, async t => {
    const boss = await stage.person({ languageCode: language })
    const anna = await stage.person({ kop: 100_00, firstName: 'Ы'.repeat(64) })
    const from = api.calls.length
    deps.adminIds = [boss.id]
    await anna.presses({ data: to.stars(5000, undefined) })
    await anna.pays()
    await anna.presses({ data: to.transfer(undefined) })
    await anna.says('49 999,75')
    await api.player.send(anna.id, {
      kind: 'document',
      fileName: 'чек.pdf',
      mime: 'application/pdf',
      bytes: Buffer.from(newId()),
    })
    await stage.serve()
    const [run, failed] = [await running(anna.id), await running(anna.id)]
    await end(anna.id, failed, 'generation_failed')
    await owner.begin(async tx => {
      await tx`set local session_replication_role = replica`
      await tx`update pay.generations set deadline_at = now() - interval '1 day' where id = ${run}`
    })
    for (const words of [
      ...[
        'admin',
        'admin_errors',
        'admin_models',
        'version',
        `find ${anna.id}`,
        `find ${run}`,
        'find',
        'parked',
        'requests',
        'admin_promo',
      ],
      ...[
        'credit',
        'take',
        'ban',
        'unban',
        'write',
        'refund',
        'approve',
        'deny',
        'parked_credit',
        'parked_refund',
        'parked_close',
        'promo_stop',
        'give_back',
      ],
      ...[`credit ${anna.id} 999999,75 причина есть`, `give_back ${run} причина есть`, `ban ${anna.id} причина есть`],
      ...[
        'admin_models off topaz/image-upscale причина есть',
        'admin_models off nothing причина',
        'admin_promo - 5000 9 31.12.2030 причина',
      ],
    ]) {
      await boss.says(`/${words}`)
    }
    await boss.says('/admin')
    await walk(boss)
    await boss.says(`/credit ${anna.id} 999999,75 причина есть`)
    await boss.presses(language === 'ru' ? '✅ Подтвердить' : '✅ Confirm')
    deps.adminIds = []
    const shown = screens(from)
    t.ok(shown.length > 50, `${shown.length} screens`)
    t.strictSame(cut(shown), [])
    t.strictSame(wrongStyles(shown), [])
    t.strictSame(
      deadEnds(shown).filter(text => !noScreens.test(text)),
      [],
    )
    if (language === 'ru') for (const { text } of shown) t.notMatch(text, /\d\.\d\d\u00a0₽/, text)
  })
}

t.test('the estimate knows what is wide', async t => {
  t.equal(roomOf(1), 350)
  t.ok(widthOf('Ж') > widthOf('н') && widthOf('н') > widthOf('.'))
  t.equal(widthOf('✏️'), widthOf('🖼'), 'the sign that makes an emoji of it has no width')
  t.notOk(fits('📝→🖼 Картинка по тексту', 2), 'as it was in the menu')
  t.notOk(fits('FLUX.2 Pro: картинка по тексту · от 4,75 ₽ · как фото'))
})
