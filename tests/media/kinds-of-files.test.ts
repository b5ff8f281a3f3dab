// Files as phones send them, to the real service: what can be used is used, and what cannot is answered as soon as it
// arrives, in a dialogue or without one.
import t from 'tap'
import { heicFile } from '../support/media/heif.ts'
import { bmpHead, bmpOf, quartersIn, tiffOf, upright } from '../support/media/pictures.ts'
import { person, stage } from '../support/service.ts'
import { until } from '../support/world.ts'

t.setTimeout(240_000)
const { telegram, service: start, owner, broken } = await stage(t, { timeScale: 0.02 })
const service = await start({ LOG_LEVEL: 'warn' })
await service.ready()

type Person = ReturnType<typeof person>
type File = { fileName: string; mime: string; bytes: Uint8Array }
const send = (who: Person, file: File) => telegram.player.send(who.id, { kind: 'document', ...file })
const heic = (mime = 'image/heic', fileName = 'IMG_1234.HEIC') => ({ fileName, mime, bytes: heicFile })
const wma = (mime = 'audio/x-ms-wma', fileName = 'voice.wma') => ({
  fileName,
  mime,
  bytes: Buffer.concat([Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex'), Buffer.alloc(4_000, 7)]),
})

/** Somebody at the first question of a model. */
async function at(model: string): Promise<Person> {
  const anna = person(telegram)
  anna.open(`m_${model}`)
  await anna.press(/Начать/)
  await anna.sees(/Понадобится|Пришлите/)
  return anna
}

/** What the bot says next, after `act`. */
async function answer(who: Person, act: () => unknown): Promise<string> {
  const seen = who.fromBot().at(-1)?.messageId ?? 0
  await act()
  const message = await until('an answer', () => who.fromBot().find(({ messageId }) => messageId > seen), 30_000)
  return message.text ?? ''
}

/** The file of the newest price of a person, as it was stored. */
async function filePriced({ id }: Person, param: string) {
  const [quote] = await owner`select inputs from pay.quotes where user_id = ${id} order by created_at desc limit 1`
  const [file] = quote!.inputs[param]
  const bytes = Buffer.from(await (await fetch(file.url)).arrayBuffer())
  return { ...file, look: await quartersIn(bytes), isMeasured: bytes.length === file.bytes }
}

t.test('a HEIC sent as a document in the middle of a dialogue gets a price, as the picture that goes on', async t => {
  for (const file of [heic(), heic('application/octet-stream', 'file'), heic('audio/mpeg', 'песня.mp3')]) {
    const anna = await at('topaz-image-upscale')
    await send(anna, file)
    await anna.sees(/Шаг 2 из 2/, 30_000)
    await anna.press(/×2/)
    await anna.sees(/Цена: /)
    t.match(await filePriced(anna, 'image_url'), {
      kind: 'image',
      mime: 'image/jpeg',
      widthPx: 128,
      heightPx: 64,
      look: [...upright],
      isMeasured: true,
    })
  }
})

t.test('a picture that had to be converted fits the model, and one that is too small is told so', async t => {
  const anna = await at('recraft-remove-background')
  t.match(await answer(anna, () => send(anna, heic())), /^Фото слишком маленькое/)
  const long = { fileName: 'скан.bmp', mime: 'image/bmp', bytes: bmpOf(5_000, 300, { bits: 24 }) }
  t.match(await answer(anna, () => send(anna, long)), /^Фото слишком маленькое/, 'as it is after that')
  await send(anna, { fileName: 'скан.tif', mime: 'image/tiff', bytes: tiffOf(400, 300, { orientation: 6 }) })
  await anna.sees(/Цена: /, 30_000)
  t.match(await filePriced(anna, 'image'), { mime: 'image/jpeg', widthPx: 300, heightPx: 400, isMeasured: true })
})

t.test('what cannot be taken is named as soon as it arrives, without any dialogue', async t => {
  const anna = person(telegram)
  await answer(anna, () => anna.open())
  const says = async (file: File, what: RegExp, why = file.fileName) =>
    t.match(await answer(anna, () => send(anna, file)), what, why)
  const saveAsMp3 = /^Это WMA, такой звук бот не принимает\. Сохраните его как MP3 и пришлите снова\./
  await says(wma(), saveAsMp3)
  await says(wma('image/png', 'фото.png'), saveAsMp3, 'whatever it is called')
  await says(
    { fileName: 'договор.pdf', mime: 'application/pdf', bytes: Buffer.from('%PDF-1.7\n') },
    /^Это PDF, документ\./,
  )
  const raw = tiffOf(8, 8, { tags: [[50_706, 4, 0x01040000]] })
  await says(
    { fileName: 'IMG_1.dng', mime: 'image/x-adobe-dng', bytes: raw },
    /^Это DNG, снимок без обработки\. .* JPEG /,
  )
  const large = { fileName: 'запись.wma', mime: 'audio/x-ms-wma', bytes: Buffer.alloc(20 * 1_048_576 + 1) }
  await says(large, saveAsMp3, 'its name is all that is known')
  await says({ ...large, fileName: 'запись.mp3' }, /^Файл больше 20 МБ/)
  const bomb = {
    fileName: 'a.bmp',
    mime: 'image/bmp',
    bytes: Buffer.concat([bmpHead(60_000, 60_000), Buffer.alloc(99)]),
  }
  await says(bomb, /^Размер картинки не подходит/)
  t.strictSame([...(await owner`select from pay.drafts where user_id = ${anna.id}`)], [], 'nothing is kept of them')
})

t.test('a HEIC without a dialogue is asked about as a photo, and serves the wish that is pressed then', async t => {
  const anna = person(telegram)
  await answer(anna, () => anna.open())
  t.match(await answer(anna, () => send(anna, heic('application/octet-stream', 'file'))), /^Что сделать с этим фото/)
  await anna.press(/Увеличить/)
  await anna.sees(/Цена: /)
  t.match(await filePriced(anna, 'image_url'), { mime: 'image/jpeg', widthPx: 128, heightPx: 64 })
})

t.test('a recording that cannot be taken is named where a recording is asked for, and where a photo is', async t => {
  const anna = await at('elevenlabs-audio-isolation')
  t.match(await answer(anna, () => send(anna, wma())), /^Это WMA, такой звук бот не принимает\. Сохраните его как MP3/)
  const boris = await at('topaz-image-upscale')
  t.match(await answer(boris, () => send(boris, wma('image/jpeg', 'a.jpg'))), /^Это WMA\. Здесь подойдёт только фото/)
  t.match(await answer(boris, () => send(boris, heic())), /Шаг 2 из 2/, 'and the question stays open')
})

t.test('the service is well after all of them', async t => {
  t.equal((await service.fetch('/readyz')).status, 200)
  t.notMatch(service.output(), /could not be looked at|given up/)
  t.strictSame(await broken(), [])
})
