import t from 'tap'
import { resultButtons } from '../../src/bot/runs/result-buttons.ts'
import { Refused } from '../../src/errors.ts'
import { outputsOf, readGeneration } from '../../src/payments/generations.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { buttons, captions } from '../support/messages.ts'

// What a person sends first is enough: it is one request, answered with its price at once, and nothing of it is lost.
const stage = await chats(t)
const {
  api,
  deps,
  draftOf,
  end,
  generationsOf,
  links,
  owner,
  person,
  quoteOf,
  running,
  serve,
  sql,
  stats,
  story,
  switches,
} = stage

let counter = 50_000
/** A message as Telegram sends it; its number is the next, unless given. */
function arrives(who: Person, content: object, { id = ++counter, at = Math.floor(Date.now() / 1000) } = {}) {
  counter = Math.max(counter, id)
  api.player.raw({
    message: {
      message_id: id,
      date: at,
      from: { id: who.id, is_bot: false, first_name: 'Анна' },
      chat: { id: who.id, type: 'private' },
      ...content,
    },
  })
  return id
}
const textOf = (who: Person) => who.last().html
const answers = (who: Person) => who.chat().filter(one => one.from === 'bot').length
/** Later than a moment: what comes now is not of one thought with what came before. */
const pass = (who: Person, seconds: number) => owner`
  update pay.drafts set inputs = (
    select json_build_object('parts', json_agg(part)) from (
      select jsonb_set(p::jsonb, '{at}', to_jsonb((p ->> 'at')::bigint - ${seconds}::bigint)) as part
      from json_array_elements(inputs -> 'parts') p) x)
  where user_id = ${who.id}`

const speech = 'elevenlabs/text-to-speech-turbo-2-5'

story('a Russian text has a voice of its own, said with the price and sent; an English one has the usual', async t => {
  const anna = await person({ kop: 100_00 })
  const voice = async () => [(await quoteOf(anna.id))!.inputs.voice, (await quoteOf(anna.id))!.params.voice]
  await anna.says('озвучь: добрый вечер, друзья')
  t.match(textOf(anna), /Голос: Brian — глубокий, мягкий/)
  t.strictSame(await voice(), ['nPczCjzI2devNBz1zQrb', 'nPczCjzI2devNBz1zQrb'])
  const kop = Number((await quoteOf(anna.id))!.price_kop)
  await anna.presses('✅')
  const [run] = await generationsOf(anna.id)
  t.match(run, { model_id: speech, price_kop: kop })
  await anna.says('озвучь: good evening, my friends')
  t.notMatch(textOf(anna), 'Голос')
  t.strictSame(await voice(), [undefined, undefined], 'a default is no setting to keep')
  t.equal(Number((await quoteOf(anna.id))!.price_kop), kop, 'a thousand characters at the same price')
})

story('a voice that was chosen is kept for the next text, in any language', async t => {
  const anna = await person({ kop: 100_00 })
  const inputs = { text: 'good evening', voice: 'TX3LPaxmHKxFdv7VOQHJ' }
  await end(anna.id, await running(anna.id, { modelId: speech, inputs }))
  await anna.says('озвучь: добрый вечер, друзья')
  t.match(textOf(anna), /Голос: Liam — энергичный/)
  await anna.presses('⚙️')
  t.match(captions(anna.last()), [/Текст/, /Голос: Liam/])
})

story('other words at a price have the voice of their language, and the list of voices marks it', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.begins('elevenlabs-text-to-speech-turbo-2-5')
  await anna.says('Добрый вечер')
  t.match(textOf(anna), /Голос: Brian/)
  await anna.says('The train is coming to platform two')
  t.notMatch(textOf(anna), 'Голос')
  await anna.says('Поезд прибывает на второй путь')
  t.match(textOf(anna), /Голос: Brian/)
  await anna.presses('✏️')
  await anna.presses('Текст')
  await anna.says('The train is leaving platform two')
  await anna.presses('Готово')
  t.notMatch(textOf(anna), 'Голос')
  await anna.presses('✏️')
  await anna.presses('Текст')
  await anna.says('Поезд отправляется со второго пути')
  await anna.presses('Голос: Brian')
  await anna.presses('›')
  t.match(captions(anna.last()), /По умолчанию: Brian/)
  await anna.presses('‹')
  await anna.presses('James')
  await anna.presses('Готово')
  t.match(textOf(anna), /Голос: James/, 'what is not the usual of this text is said')
})

story('words are a picture with its price, and video and speech are one press aside with theirs', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.says('Рыжий <кот> в лодке')
  t.match(textOf(anna), /^<b>Картинка по вашим словам<\/b>\n\n<b>Z-Image/)
  t.match(textOf(anna), 'Рыжий &lt;кот&gt; в лодке')
  t.match(captions(anna.last()), [
    '✅ Запустить бесплатно',
    ...['✓ 1:1', '3:4', '4:3', '9:16', '16:9'],
    /^🎬 Видео · 19\s₽$/,
    /^🎙 Озвучка · 5,70\s₽$/,
    '🔀 Другая модель',
    '⚙️ Настроить',
    '➕ Ещё',
    '✖️ Отмена',
  ])
  await anna.presses('🎬')
  t.match(textOf(anna), /Видео по вашим словам/)
  t.equal((await quoteOf(anna.id))!.model_id, 'sora-2-text-to-video')
  await anna.presses('🖼 Картинка')
  await anna.presses('✅')
  const [run] = await generationsOf(anna.id)
  t.match(run, { model_id: 'z-image', price_kop: 0 })
  t.equal(await draftOf(anna.id), undefined, 'the request is used')
})

story('a photo with words is an edit of the photo, one press from running', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.sends('image/png', { kind: 'photo', caption: 'сделай фон закатом' })
  t.match(textOf(anna), /Изменить фото по вашим словам/)
  const quote = await quoteOf(anna.id)
  t.match(quote, { model_id: 'google/nano-banana-edit', inputs: { prompt: 'сделай фон закатом' } })
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, 1)
})

story('an album is one request: all its pictures, wherever its caption stands, answered in one message', async t => {
  const anna = await person({ kop: 100_00 })
  const before = answers(anna)
  for (const caption of ['', 'соедини в коллаж', ''])
    await anna.sends('image/png', { kind: 'photo', caption, albumId: 'a' })
  const { inputs } = (await quoteOf(anna.id))!
  t.equal((inputs.image_urls as unknown[]).length, 3)
  t.equal(inputs.prompt, 'соедини в коллаж')
  const shown = anna
    .chat()
    .filter(one => one.from === 'bot')
    .slice(before)
  t.equal(shown.filter(one => buttons(one).length > 0).length, 1, 'only the last answer has buttons')
})

story('an album whose parts come late, each with words of its own, is still one request', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.sends('image/png', { kind: 'photo', caption: 'слева кот', albumId: 'slow' })
  await pass(anna, 600)
  await anna.sends('image/png', { kind: 'photo', caption: 'справа пёс', albumId: 'slow' })
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'слева кот\nсправа пёс', image_urls: [{}, {}] } })
})

story('of twelve pictures in two albums, one of them broken, eleven are used, by a model that takes them', async t => {
  const anna = await person({ kop: 100_00 })
  const take = deps.files.fromTelegram
  let n = 0
  deps.files.fromTelegram = async (...args) => {
    if (++n === 5) throw new Refused('unreadable', 'of the test')
    return take(...args)
  }
  for (let at = 0; at < 12; at++) {
    await anna.sends('image/png', {
      kind: 'photo',
      caption: at === 11 ? 'коллаж' : '',
      albumId: at < 10 ? 'one' : 'two',
    })
  }
  deps.files.fromTelegram = take
  const quote = (await quoteOf(anna.id))!
  t.equal(quote.model_id, 'seedream/4.5-edit', 'the one that takes all')
  t.equal((quote.inputs.image_urls as unknown[]).length, 11)
  t.match(textOf(anna), 'Файл не удалось прочитать', 'of the broken one it is said')
  await anna.presses('🔀')
  await anna.presses('Nano Banana')
  t.equal(((await quoteOf(anna.id))!.inputs.image_urls as unknown[]).length, 10)
  t.match(textOf(anna), 'Модель берёт не всё: 1 из 11 файлов не войдёт')
})

story('a photo alone is asked about in one message; words answer it, also a minute later', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.sends('image/png', { kind: 'photo' })
  t.match(textOf(anna), /^<b>Что сделать с этим фото\?<\/b>/)
  t.strictSame(captions(anna.last()), ['✨ Оживить', '🔍 Увеличить', '✂️ Убрать фон', '🎨 Мультфильм', '🏠 Меню'])
  await pass(anna, 61)
  await anna.says('добавь шляпу')
  t.match(await quoteOf(anna.id), { model_id: 'google/nano-banana-edit', inputs: { prompt: 'добавь шляпу' } })
})

story('each wish under a photo is one press', async t => {
  const anna = await person({ kop: 500_00 })
  for (const [press, modelId] of [
    ['✨', 'grok-imagine/image-to-video'],
    ['🔍', 'topaz/image-upscale'],
    ['✂️', 'recraft/remove-background'],
    ['🎨', 'google/nano-banana-edit'],
  ] as const) {
    await anna.says('/menu')
    await anna.sends('image/png', { kind: 'photo' })
    await anna.presses(press)
    t.equal((await quoteOf(anna.id))!.model_id, modelId, press)
    t.equal(captions(anna.last())[0]!.startsWith('✅'), true, press)
  }
})

story('words first and a photo later are one request; another photo is one more', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.says('надень на них шляпы')
  await pass(anna, 60)
  await anna.sends('image/png', { kind: 'photo' })
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'надень на них шляпы', image_urls: [{ kind: 'image' }] } })
  await pass(anna, 60)
  await anna.sends('image/png', { kind: 'photo' })
  t.equal(((await quoteOf(anna.id))!.inputs.image_urls as unknown[]).length, 2)
  await pass(anna, 600)
  await anna.sends('image/png', { kind: 'photo' })
  t.match(textOf(anna), /^<b>Что сделать с этим фото/, 'much later it is a new request')
})

story('new words at a price are the new words, with a new price; the old button starts nothing', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.sends('image/png', { kind: 'photo', caption: 'зима' })
  const older = anna.last()
  await pass(anna, 60)
  await anna.says('лето')
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'лето', image_urls: [{ kind: 'image' }] } })
  await anna.presses({ data: buttons(older)[0]!.data! }, older)
  t.equal((await generationsOf(anna.id)).length, 0)
})

story('words at the price of an order made by questions change that order', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.begins('google-imagen4')
  await anna.says('кот')
  while (!captions(anna.last())[0]!.startsWith('✅')) await anna.presses(captions(anna.last())[0]!)
  await anna.says('пёс в лодке')
  t.match(await quoteOf(anna.id), { model_id: 'google/imagen4', inputs: { prompt: 'пёс в лодке' } })
  t.match(captions(anna.last())[0], /^✅ Запустить за 7,60/)
})

story('the two halves of one paste are one text, in whatever order they come', async t => {
  const anna = await person({ kop: 100_00 })
  const words = Array.from({ length: 1000 }, (_, n) => `слово${n}`)
    .join(' ')
    .slice(0, 6000)
    .trim()
  const cut = words.lastIndexOf(' ', 4096)
  const [head, tail] = [words.slice(0, cut), words.slice(cut + 1)]
  const at = Math.floor(Date.now() / 1000)
  counter += 2
  arrives(anna, { text: tail }, { id: counter, at })
  arrives(anna, { text: head }, { id: counter - 1, at })
  await serve()
  t.equal((await quoteOf(anna.id))!.inputs.prompt, words)
  t.equal((await quoteOf(anna.id))!.model_id, 'nano-banana-pro', 'a model that takes all of it')
})

/** A long text as a client cuts it; `isLate`: its second half arrives first. */
function pastes(anna: Person, words: string, { isLate = false, inS = 0 } = {}) {
  const cut = words.lastIndexOf(' ', 4096)
  const at = Math.floor(Date.now() / 1000) + inS
  counter += 2
  const halves = [
    { text: words.slice(0, cut), id: counter - 1 },
    { text: words.slice(cut + 1), id: counter },
  ]
  for (const { text, id } of isLate ? halves.reverse() : halves) arrives(anna, { text }, { id, at })
  return serve()
}
const longText = (length: number) =>
  Array.from({ length: 2000 }, (_, n) => `слово${n}`)
    .join(' ')
    .slice(0, length)
    .replace(/ \S*$/, '')

story('a paste cut in two is one answer to a question, to a card and at a price', async t => {
  for (const isLate of [false, true]) {
    const anna = await person({ kop: 500_00 })
    const words = longText(4800)
    await anna.begins('google-imagen4')
    await pastes(anna, words, { isLate })
    t.equal((await quoteOf(anna.id))!.inputs.prompt, words, 'a question')
    await pastes(anna, `${words} и кот`, { isLate, inS: 60 })
    t.equal((await quoteOf(anna.id))!.inputs.prompt, `${words} и кот`, 'a price')
    await anna.says('/menu')
    await anna.presses({ data: 'm:google-imagen4-fast' })
    await pastes(anna, words, { isLate, inS: 120 })
    t.match(await quoteOf(anna.id), { model_id: 'google/imagen4-fast', inputs: { prompt: words } }, 'a card')
  }
})

story('a paste that is too long as a whole starts nothing with one of its halves', async t => {
  for (const [key, length] of [
    ['google-imagen4', 6000],
    ['wan-2-5-text-to-video', 4500],
  ] as const) {
    const anna = await person({ kop: 500_00 })
    await anna.begins(key)
    await pastes(anna, longText(length))
    t.match(textOf(anna), /(знаков|знака|знак)/)
    t.notOk(
      captions(anna.last()).some(text => text.startsWith('✅')),
      'no price',
    )
    t.equal((await owner`select from pay.quotes where user_id = ${anna.id} and closed_at is null`).length, 0)
    arrives(anna, { text: 'кот' }, { at: Math.floor(Date.now() / 1000) + 60 })
    await serve()
    t.equal((await draftOf(anna.id))!.inputs.answers.prompt, 'кот', 'a text of its own')
  }
})

story('a number right after a long text is the answer to the next question', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('wan-2-6-text-to-video')
  arrives(anna, { text: longText(4_000) })
  await serve()
  const { step } = (await draftOf(anna.id))!
  t.match(step, /^ask:duration/)
  arrives(anna, { text: '10' })
  await serve()
  t.match((await draftOf(anna.id))!.inputs.answers, { prompt: longText(4_000), duration: '10' })
})

story('two short answers within a moment stay two', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.begins('google-imagen4')
  await anna.says('кот')
  await anna.says('пёс')
  t.equal((await quoteOf(anna.id))!.inputs.prompt, 'пёс')
})

story('a text longer than any model takes is cut after a word, and the person is told where', async t => {
  const anna = await person({ kop: 500_00 })
  const at = Math.floor(Date.now() / 1000)
  for (let n = 0; n < 4; n++) arrives(anna, { text: `${'кот '.repeat(1000)}${n}` }, { at })
  await serve()
  const { inputs } = (await quoteOf(anna.id))!
  t.ok([...String(inputs.prompt)].length <= 10_000)
  t.match(textOf(anna), /Текст длиннее, чем берёт модель: он взят до слов «…[кот ]+\d?/)
})

story('sound with a photo is a speaking photo; sound alone is cleaned, or waits for a photo', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.sends('audio/mpeg', { kind: 'voice' })
  t.match(await quoteOf(anna.id), { model_id: 'elevenlabs/audio-isolation' })
  t.match(textOf(anna), 'пришлите фото: оно заговорит')
  await pass(anna, 30)
  await anna.sends('image/png', { kind: 'photo' })
  t.match(await quoteOf(anna.id), {
    model_id: 'infinitalk/from-audio',
    inputs: { image_url: [{ kind: 'image' }], audio_url: [{ kind: 'audio' }], prompt: String },
  })
})

story('what is read aloud is the text, and not the words that ask for it', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.says('Озвучь: добрый вечер, друзья')
  t.match(await quoteOf(anna.id), { inputs: { text: 'добрый вечер, друзья' } })
  await anna.says('/menu')
  await anna.says('Read aloud: good evening')
  t.match(await quoteOf(anna.id), { inputs: { text: 'good evening' } })
})

story('a film alone is asked about, and words remake it', async t => {
  const anna = await person({ kop: 500_00 })
  stage.found.push({ seconds: 5 })
  await anna.sends('video/mp4')
  t.match(textOf(anna), /^<b>Что изменить в этом видео\?/)
  await anna.says('зима за окном')
  t.match(await quoteOf(anna.id), { model_id: 'wan/2-6-video-to-video', inputs: { prompt: 'зима за окном' } })
})

story('a link to a file is the file; any other link stays a part of the words, and that is said', async t => {
  const anna = await person({ kop: 100_00 })
  links.set('https://a.example/cat.png', { mime: 'image/png' })
  await anna.says('добавь шляпу https://a.example/cat.png')
  t.match(await quoteOf(anna.id), { model_id: 'google/nano-banana-edit', inputs: { prompt: 'добавь шляпу' } })
  await anna.says('/menu')
  await anna.says('https://a.example/page')
  t.match(textOf(anna), 'По ссылке нет фото, видео или звука')
  await anna.says('/menu')
  await anna.says('https://sora.chatgpt.com/p/s_68e83bd7eee88191be79d2ba7158516f')
  t.match(await quoteOf(anna.id), { model_id: 'sora-watermark-remover' })
})

story('an edited message changes the request that holds it; another is told apart', async t => {
  const anna = await person({ kop: 100_00 })
  const id = arrives(anna, { text: 'кот' })
  await serve()
  const edit = (message_id: number, content: object) =>
    api.player.raw({
      edited_message: {
        message_id,
        date: 1,
        edit_date: 2,
        from: { id: anna.id, is_bot: false, first_name: 'Анна' },
        chat: { id: anna.id, type: 'private' },
        ...content,
      },
    })
  edit(id, { text: 'пёс' })
  await serve()
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'пёс' } })
  edit(id - 1, { text: 'ёж' })
  await serve()
  t.match(textOf(anna), 'Исправленное сообщение я не перечитываю')
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'пёс' } })
})

story('other models are listed with the price of this very request, and a press takes one', async t => {
  const anna = await person({ kop: 500_00 })
  await anna.sends('image/png', { kind: 'photo', caption: 'зима' })
  await anna.presses('🔀')
  t.match(captions(anna.last()), [/· бесплатно$/, /· \d/, /· \d/])
  await anna.presses('FLUX.2 Pro')
  t.match(await quoteOf(anna.id), { model_id: 'flux-2/pro-image-to-image', inputs: { prompt: 'зима' } })
  await anna.presses('⚙️')
  await anna.presses('Готово')
  t.match(await quoteOf(anna.id), { model_id: 'flux-2/pro-image-to-image', inputs: { prompt: 'зима' } })
})

story('the model and the settings of the last order come first the next time', async t => {
  const anna = await person({ kop: 500_00 })
  await running(anna.id, {
    modelId: 'seedream/4.5-text-to-image',
    inputs: { prompt: 'старое', aspect_ratio: '16:9', quality: 'high' },
  })
  await anna.says('новое')
  t.match(await quoteOf(anna.id), {
    model_id: 'seedream/4.5-text-to-image',
    inputs: { prompt: 'новое', aspect_ratio: '16:9', quality: 'high' },
  })
})

story('a model that fails more than another of its price gives way to it', async t => {
  const figures = (succeeded: number) => ({
    modelId: '',
    runs30d: 50,
    finished: 50,
    succeeded,
    timed: 0,
    p25Ms: null,
    p75Ms: null,
    hourFinished: 0,
    hourSucceeded: 0,
  })
  stats.set('sora-2-text-to-video', figures(20))
  stats.set('bytedance/seedance-1.5-pro', figures(48))
  const anna = await person({ kop: 500_00 })
  await anna.says('видео: кот бежит')
  t.equal((await quoteOf(anna.id))!.model_id, 'bytedance/seedance-1.5-pro')
  stats.clear()
})

story('words that are no wish are answered by the screen that helps, and one press makes them a picture', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.sends('image/png', { kind: 'photo' })
  await anna.says('верните деньги')
  t.match(textOf(anna), /^<b>Деньги<\/b>/)
  await anna.presses('✍️')
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'верните деньги', image_urls: [{ kind: 'image' }] } })
})

story('money that is short does not lose the request: after the top-up it goes on from there', async t => {
  const anna = await person()
  await anna.says('видео: кот бежит')
  t.match(captions(anna.last()), [/⭐/])
  await anna.presses(captions(anna.last()).find(one => one.includes('⭐'))!)
  await anna.pays()
  t.match(captions(anna.last())[0], /^✅ Запустить за 19/)
  t.match(textOf(anna), 'Видео по вашим словам')
})

story('free runs that are used up between the request and the press are said, with the price', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.says('кот')
  for (let n = 0; n < 3; n++) await end(anna.id, await running(anna.id, { kop: 0 }))
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, 3, 'nothing starts at a price that was not shown')
  t.match(captions(anna.last())[0], /^✅ Запустить за 0,76/)
})

story('a model that is off between request and press gives way to the next one', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.says('кот')
  await switches('z-image', 'off')
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, 0)
  t.match(await quoteOf(anna.id), { model_id: 'google/nano-banana', inputs: { prompt: 'кот' } })
  await switches('z-image', 'on')
})

/** A result that was shown in these messages, one a file. */
async function shownResult(anna: Person, modelId: string, kind: 'image' | 'video', messages: number[]) {
  const id = await running(anna.id, { modelId, inputs: { prompt: 'кот в лодке' } })
  await end(anna.id, id, undefined, messages.length)
  for (const [n, messageId] of messages.entries()) {
    await owner`
      update pay.results set message_id = ${messageId}, kind = ${kind}, mime = ${kind === 'image' ? 'image/png' : 'video/mp4'},
        url = ${`https://a.example/${messageId}`}
      where user_id = ${anna.id} and generation_id = ${id} and n = ${n + 1}`
    links.set(`https://a.example/${messageId}`, { mime: kind === 'image' ? 'image/png' : 'video/mp4' })
  }
  return id
}
const replyTo = (message_id: number, more: object = {}) => ({
  reply_to_message: {
    message_id,
    date: 1,
    from: { id: api.bot.id, is_bot: true, first_name: 'Telegen' },
    chat: { id: 1, type: 'private' },
    ...more,
  },
})

story('words in answer to a picture of an album edit that picture', async t => {
  const anna = await person({ kop: 100_00 })
  const id = await shownResult(anna, 'google/nano-banana', 'image', [9_001, 9_002, 9_003])
  arrives(anna, { text: 'сделай шар красным', ...replyTo(9_002) })
  await serve()
  t.match(await quoteOf(anna.id), {
    model_id: 'google/nano-banana-edit',
    inputs: {
      prompt: 'сделай шар красным',
      image_urls: [{ kind: 'image', from: { generationId: id, n: 2 } }],
    },
  })
  t.match(textOf(anna), /Изменить фото по вашим словам/)
})

story('a line of versions leads back to the one before and to the first', async t => {
  const anna = await person({ kop: 500_00 })
  const first = await shownResult(anna, 'google/nano-banana', 'image', [9_051])
  const edit = async (messageId: number, next: number) => {
    arrives(anna, { text: 'сделай красным', ...replyTo(messageId) })
    await serve()
    await anna.presses('✅')
    const [run] = (await generationsOf(anna.id)).slice(-1)
    await end(anna.id, run!.id)
    await owner`
      update pay.results set message_id = ${next}, url = ${`https://a.example/${next}`} where generation_id = ${run!.id}`
    links.set(`https://a.example/${next}`, { mime: 'image/png' })
    const generation = await readGeneration(sql, { userId: anna.id, id: run!.id })
    const outputs = await outputsOf(sql, { userId: anna.id, id: run!.id })
    return { id: run!.id, buttons: resultButtons(stage.catalogue, generation!, outputs, 'ru').all.flat() }
  }
  const second = await edit(9_051, 9_052)
  const third = await edit(9_052, 9_053)
  const toOlder = (all: { text: string }[]) => all.filter(({ text }) => /^(←|⏮)/.test(text))
  t.strictSame(toOlder(second.buttons), [{ text: '← Предыдущая', data: `g:${first}:rs` }])
  t.strictSame(toOlder(third.buttons), [
    { text: '← Предыдущая', data: `g:${second.id}:rs` },
    { text: '⏮ Исходная', data: `g:${first}:rs` },
  ])
})

story('words in answer to a film order it with the new words', async t => {
  const anna = await person({ kop: 100_00 })
  await shownResult(anna, 'sora-2-text-to-video', 'video', [9_101])
  arrives(anna, { text: 'пёс в лодке', ...replyTo(9_101) })
  await serve()
  t.match(await quoteOf(anna.id), { model_id: 'sora-2-text-to-video', inputs: { prompt: 'пёс в лодке' } })
  t.match(captions(anna.last())[0], /^✅/)
})

story('«ещё», «крупнее» and «оживи» in answer to a result do what its buttons do', async t => {
  const anna = await person({ kop: 500_00 })
  await shownResult(anna, 'google/nano-banana', 'image', [9_201])
  const says = async (text: string) => {
    arrives(anna, { text, ...replyTo(9_201) })
    await serve()
  }
  await says('ещё')
  t.match(await quoteOf(anna.id), { model_id: 'google/nano-banana', inputs: { prompt: 'кот в лодке' } })
  await says('крупнее')
  t.match(await draftOf(anna.id), { kind: 'order', model_id: 'topaz/image-upscale' })
  await anna.says('/menu')
  await says('оживи')
  t.match(textOf(anna), /оживить|Оживить|модель/)
})

story('an answer to a message that is gone, of another, or no result, is words like any other', async t => {
  const anna = await person({ kop: 100_00 })
  const boris = await person({ kop: 100_00 })
  await shownResult(boris, 'google/nano-banana', 'image', [9_301])
  for (const [messageId, text] of [
    [9_301, 'сделай красным'],
    [1_234_567, 'нарисуй дом'],
  ] as const) {
    await anna.says('/menu')
    arrives(anna, { text, ...replyTo(messageId) })
    await serve()
    t.match(await quoteOf(anna.id), { model_id: 'z-image', inputs: { prompt: text } })
  }
})

story('words in answer to one’s own earlier photo are about that photo', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.sends('image/png', { kind: 'photo' })
  const photo = anna.chat().findLast(one => one.from === 'person')!
  await anna.says('/menu')
  const { fileId } = photo.media!
  arrives(anna, {
    text: 'добавь снег',
    reply_to_message: {
      message_id: photo.messageId,
      date: 1,
      from: { id: anna.id, is_bot: false, first_name: 'Анна' },
      chat: { id: anna.id, type: 'private' },
      photo: [{ file_id: fileId, file_unique_id: 'u', width: 600, height: 400, file_size: 100 }],
    },
  })
  await serve()
  t.match(await quoteOf(anna.id), { model_id: 'google/nano-banana-edit', inputs: { prompt: 'добавь снег' } })
})

story('two devices at once: each message is answered, and one press starts one order', async t => {
  const anna = await person({ kop: 100_00 })
  const at = Math.floor(Date.now() / 1000)
  arrives(anna, { text: 'кот' }, { at: at - 100 })
  arrives(anna, { text: 'пёс' }, { at })
  await serve()
  t.match(await quoteOf(anna.id), { inputs: { prompt: 'пёс' } })
  await anna.presses('✅', anna.last(), 2)
  t.equal((await generationsOf(anna.id)).length, 1)
})

story('a request that came while an order runs has its own price', async t => {
  const anna = await person({ kop: 100_00 })
  await anna.says('кот')
  await anna.presses('✅')
  await anna.says('пёс')
  await anna.presses('✅')
  t.equal((await generationsOf(anna.id)).length, 2)
})

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(api.calls)), [])
})
