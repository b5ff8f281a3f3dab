import t from 'tap'
import { onlyQuestion } from '../../src/bot/browse/open-card.ts'
import { to } from '../../src/bot/routes.ts'
import { modelKey } from '../../src/catalogue/models.ts'
import { chats, type Person } from '../support/chat.ts'
import { captions } from '../support/messages.ts'

// The card of a model with a single question asks it: what is sent next is the answer, and nothing else is lost by a look.
const stage = await chats(t)
const { api, catalogue, draftOf, generationsOf, owner, person, quoteOf, serve, story, switches } = stage

const opens = (who: Person, key: string) => who.presses({ data: to.card(key, 'all', 0) })
const modelOf = async (who: Person) => (await quoteOf(who.id))?.model_id
const textOf = (who: Person) => who.last().text ?? ''

t.test('the models with a single question that a person can send', async t => {
  t.strictSame(
    catalogue.models.filter(onlyQuestion).map(({ id }) => id),
    [
      'sora-watermark-remover',
      'z-image',
      'seedream/4.5-text-to-image',
      'google/nano-banana',
      'google/imagen4-fast',
      'google/imagen4-ultra',
      'google/imagen4',
      'recraft/remove-background',
      'elevenlabs/text-to-speech-multilingual-v2',
      'elevenlabs/text-to-speech-turbo-2-5',
      'elevenlabs/audio-isolation',
    ],
  )
})

story('words that follow a card are priced with its model', async t => {
  const anna = await person({ kop: 500_00 })
  await opens(anna, 'google-imagen4')
  t.match(textOf(anna), /\n\nПришлите текст, до \S+ знак\S*\.\nСразу покажу цену\.$/)
  t.ok(captions(anna.last()).includes('▶️ Начать'), 'with the templates and the settings behind it')
  const card = anna.last()
  await anna.says('озвучь маяк')
  t.match(textOf(anna), /^Imagen 4[\s\S]*Описание: озвучь маяк/)
  t.equal(await modelOf(anna), 'google/imagen4')
  t.ok(captions(card).length > 0)
  await anna.presses('✅')
  t.match(await generationsOf(anna.id), [{ model_id: 'google/imagen4' }])
  await anna.says('кот')
  t.match(textOf(anna), /Картинка по вашим словам/, 'the card has been answered')
})

story('what follows a card with several questions is priced with its model, if it can be', async t => {
  const anna = await person({ kop: 500_00 })
  const photo = (caption = '') => anna.sends('image/png', { kind: 'photo', caption })
  const cases: [modelId: string, send: () => Promise<unknown>, priced: string | RegExp][] = [
    ['flux-2/pro-text-to-image', () => anna.says('маяк'), 'flux-2/pro-text-to-image'],
    ['wan/2-5-text-to-video', () => anna.says('маяк'), 'wan/2-5-text-to-video'],
    ['kling/v2-5-turbo-image-to-video-pro', () => photo(), 'kling/v2-5-turbo-image-to-video-pro'],
    ['wan/2-5-text-to-video', () => photo('сделай зиму'), /Изменить фото/],
  ]
  for (const [modelId, send, priced] of cases) {
    await anna.says('/menu')
    await opens(anna, modelKey(modelId))
    await send()
    if (typeof priced === 'string') t.equal(await modelOf(anna), priced)
    else t.match(textOf(anna), priced, 'a film by words has no use for the photo')
  }
})

story('a file, a voice and a link answer the card that asks for them', async t => {
  const anna = await person({ kop: 500_00 })
  await opens(anna, 'recraft-remove-background')
  t.match(textOf(anna), /Пришлите фото/)
  await anna.sends('image/png', { kind: 'photo' })
  t.equal(await modelOf(anna), 'recraft/remove-background')
  await anna.says('/menu')
  await opens(anna, 'elevenlabs-audio-isolation')
  await anna.sends('audio/mpeg')
  t.equal(await modelOf(anna), 'elevenlabs/audio-isolation')
  await anna.says('/menu')
  await opens(anna, 'sora-watermark-remover')
  await anna.says('https://sora.chatgpt.com/p/s_68e0c1')
  t.equal(await modelOf(anna), 'sora-watermark-remover')
})

story('what does not answer the card is what it would be without one', async t => {
  const anna = await person({ kop: 500_00 })
  await opens(anna, 'google-imagen4')
  await anna.sends('image/png', { kind: 'photo' })
  t.match(textOf(anna), /Что сделать с этим фото/)
  await anna.says('/cancel')
  await opens(anna, 'recraft-remove-background')
  await anna.sends('image/png', { kind: 'photo', caption: 'сделай фон закатом' })
  t.match(textOf(anna), /Изменить фото по вашим словам/, 'words that the model has no use for are not lost')
  await anna.says('/cancel')
  await opens(anna, 'google-imagen4')
  await anna.says('баланс')
  t.match(textOf(anna), /Баланс/)
  t.equal(await modelOf(anna), 'google/nano-banana-edit', 'and no price')
})

story('an order in progress and a kept request stay what they are while cards are looked at', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('wan-2-5-text-to-video')
  const order = await draftOf(anna.id)
  await opens(anna, 'google-imagen4')
  t.notMatch(textOf(anna), /Пришлите/)
  t.strictSame(await draftOf(anna.id), order)
  await anna.says('кот')
  t.match(textOf(anna), /^Шаг 2 из 3 · Длительность/, 'the words are the answer to its question')
  await opens(anna, 'google-imagen4')
  await anna.presses('▶️ Начать')
  t.match(textOf(anna), /^У вас есть незаконченный заказ/)
  await anna.presses('Начать новый')

  await anna.says('/menu')
  await anna.says('рыжий кот')
  const request = await draftOf(anna.id)
  t.equal(request?.kind, 'request')
  await opens(anna, 'google-imagen4')
  t.notMatch(textOf(anna), /Пришлите/)
  t.strictSame(await draftOf(anna.id), request)
  await anna.presses('▶️ Начать')
  t.match(textOf(anna), /^Imagen 4[\s\S]*Описание: рыжий кот/, 'its words are taken along')
})

story('a request that was parked stays behind a card, and gives way to the answer only', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.says('рыжий кот')
  const { id } = (await draftOf(anna.id))!
  await anna.says('/menu')
  await opens(anna, 'seedream-4-5-text-to-image')
  t.match(textOf(anna), /Пришлите текст/)
  t.match(await draftOf(anna.id), { id, kind: 'request', step: 'parked', inputs: { parts: [{ text: 'рыжий кот' }] } })
  await anna.presses('🏠 Меню')
  await anna.presses('↩️')
  t.match(textOf(anna), /рыжий кот/)
  t.equal((await draftOf(anna.id))?.id, id)
  await anna.says('/menu')
  await anna.says('серый кот')
  t.equal(await modelOf(anna), 'z-image', 'the card was left')
  await anna.says('/menu')
  await opens(anna, 'seedream-4-5-text-to-image')
  await anna.says('маяк')
  t.match(await quoteOf(anna.id), { model_id: 'seedream/4.5-text-to-image', inputs: { prompt: 'маяк' } })
})

story('a card that is left takes nothing', async t => {
  const anna = await person({ kop: 500_00 })
  const leaves: [string, () => Promise<unknown>][] = [
    ['back in the list', () => anna.presses('← Назад')],
    ['in the menu', () => anna.presses('🏠 Меню')],
    ['/models', () => anna.says('/models')],
    [
      'an hour later',
      () =>
        owner`update pay.drafts set inputs = jsonb_set(inputs::jsonb, '{card,at}', '1000')::json where user_id = ${anna.id}`,
    ],
  ]
  for (const [where, leave] of leaves) {
    await opens(anna, 'google-imagen4')
    await leave()
    await anna.says('рыжий кот')
    t.match(textOf(anna), /Картинка по вашим словам/, where)
    t.equal(await modelOf(anna), 'z-image', where)
    await anna.says('/cancel')
  }
  await opens(anna, 'google-imagen4')
  await anna.says('/cancel')
  t.match(textOf(anna), /^Отменять нечего/)
  await opens(anna, 'google-imagen4')
  await switches('google/imagen4', 'off')
  await anna.says('рыжий кот')
  t.equal(await modelOf(anna), 'z-image', 'switched off meanwhile')
})

story('a search goes on behind a card that it has found', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.presses({ data: to.list('find', 0) })
  await anna.says('картинка')
  const found = anna.last()
  const first = captions(found)[1]!
  await anna.presses({ data: to.card('seedream-4-5-text-to-image', 'find', 1) })
  await anna.presses('← Назад')
  t.match(textOf(anna), /«картинка» нашлось/)
  t.ok(captions(anna.last()).includes(first))
  await anna.says('клинг')
  t.match(textOf(anna), /«клинг» нашлось/)
  await anna.presses({ data: to.card('seedream-4-5-text-to-image', 'find', 1) })
  await anna.says('маяк')
  t.equal(await modelOf(anna), 'seedream/4.5-text-to-image', 'the answer is no word to search for')
})

story('an answer that does not do is refused with the question, and one handled twice is one price', async t => {
  const anna = await person({ kop: 500_00 })
  await opens(anna, 'seedream-4-5-text-to-image')
  await anna.says('я'.repeat(3_500))
  t.match(textOf(anna), /^Текст длиннее 3000 знаков на 500/)
  await anna.says('маяк')
  t.equal(await modelOf(anna), 'seedream/4.5-text-to-image')
  await anna.says('/menu')
  await opens(anna, 'seedream-4-5-text-to-image')
  const before = (await owner`select from pay.quotes where user_id = ${anna.id}`).length
  await anna.says('два маяка', 3)
  t.equal((await owner`select from pay.quotes where user_id = ${anna.id}`).length, before + 1)
  t.match(textOf(anna), /два маяка/)
})

story('a card from a link is answered as well', async t => {
  const anna = await person({ kop: 500_00 })
  api.player.open(anna.id, 'm_seedream-4-5-text-to-image')
  await serve()
  t.match(textOf(anna), /Пришлите текст/)
  await anna.says('маяк')
  t.equal(await modelOf(anna), 'seedream/4.5-text-to-image')
})
