// Whatever does not do as an answer, for every parameter of every model: the person is told what to send instead, the
// draft stays at its question, and no price is made. Files are fetched and looked at by the real code.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import t from 'tap'
import { startUpstream } from '../../playground/upstream/server.ts'
import { createUserFiles } from '../../src/bot/files/user-files.ts'
import { choiceOf, eitherOf } from '../../src/bot/order/state.ts'
import { askOf, isLink, isNumeric, shiftOf } from '../../src/bot/parameter-texts.ts'
import { type Model, modelKey, type Param } from '../../src/catalogue/models.ts'
import { questions } from '../../src/catalogue/parameters.ts'
import { orderingRu } from '../../src/i18n/ordering.ru.ts'
import type { Ask } from '../../src/i18n/ordering.ts'
import { createTelegram } from '../../src/telegram/client.ts'
import { type Html, toPlain } from '../../src/telegram/html.ts'
import { createUpstream } from '../../src/upstream/client.ts'
import { createDownloader } from '../../src/upstream/download.ts'
import { chats, type Person } from '../support/chat.ts'
import { converterOf, inspectorOf } from '../support/media/inspector.ts'
import { jpegOf, mp3Of, mp4Of, pngOf, type Sent, wavOf } from '../support/media/media.ts'
import { freePort } from '../support/service.ts'
import { silent } from '../support/world.ts'

const { api, deps, serve, catalogue, person, draftOf, quoteOf, running, end, generationsOf, balanceOf, story } =
  await chats(t)
t.setTimeout(240_000)

const page = '<!doctype html><html><body>не фото</body></html>'
const host = createServer((request, response) => {
  if (request.url === '/away.png') return response.writeHead(302, { location: 'http://169.254.169.254/a.png' }).end()
  if (request.url === '/inside.png') return response.writeHead(301, { location: 'https://[fdaa::3]/a.png' }).end()
  if (request.url === '/lie.png') return response.writeHead(200, { 'content-type': 'image/png' }).end(page)
  if (request.url === '/film') return response.writeHead(200, { 'content-type': 'image/png' }).end(right.video.bytes)
  if (request.url === '/empty.png') return response.writeHead(200, { 'content-type': 'image/png' }).end()
  return response.writeHead(404).end()
})
await new Promise<void>(resolve => host.listen(0, '127.0.0.1', resolve))
const web = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
const nobody = `http://127.0.0.1:${await freePort()}`
const store = await startUpstream()
// Only these hosts of the test may be plain and inside; everything else is judged as in production.
const { inspect } = inspectorOf(t)
const downloader = createDownloader({ trustedOrigins: [web, nobody], inspect })
t.teardown(async () => {
  await Promise.allSettled([store.close(), downloader.close()])
  host.closeAllConnections()
  host.close()
})
const { token, apiRoot } = api
deps.files = createUserFiles({
  telegram: createTelegram({ token, apiRoot, rateLimiter: async () => 0, log: silent }),
  token,
  apiRoot,
  upstream: createUpstream({ baseUrl: store.baseUrl, uploadUrl: store.baseUrl, apiKey: store.apiKey, log: silent }),
  downloader,
  converter: converterOf(t, inspect),
  dir: tmpdir(),
})

const right = { image: jpegOf(640, 480), video: await mp4Of(), audio: mp3Of(1) }
const sizes = { small: pngOf(16, 16), long: pngOf(4_097, 300), large: pngOf(4_001, 4_000) }
const tooMuch: Sent = { fileName: 'a.png', mime: 'image/png', bytes: pngOf(300, 300, 20 * 1024 * 1024 + 1).bytes }
const lies = (mime: string): Sent => ({ fileName: `a.${mime.split('/')[1]}`, mime, bytes: Buffer.from(page) })
const seconds = new Map<number, Sent>()

/** One wrong answer and how the bot must begin to answer it. */
type Case = { what: string; send: string | Sent; says: Html | RegExp }
const { needed, refused, unreachable, noSuchOption } = orderingRu.wizard

function casesOf(model: Model, param: Param): Case[] {
  const ask = askOf(model, param, 'ru', id => catalogue.byId(id)!.name.ru)
  const text = (send: string, says: Case['says'] = needed(ask)): Case => ({
    what: `«${send.slice(0, 30)}»`,
    send,
    says,
  })
  const aPhoto: Case = { what: 'a photo', send: right.image, says: needed(ask) }
  if (param.previous_models) return [text('кот'), text('330a9433fd309e9e18df1c567ae38471'), aPhoto]
  switch (param.type) {
    case 'boolean':
      return [text('может быть'), text('1'), aPhoto]
    case 'enum':
      return [text('нет такого', noSuchOption('нет такого', [])), text('-1', noSuchOption('-1', [])), aPhoto]
    case 'integer':
    case 'number': {
      const step = param.step ?? 1
      const shown = (n: number) => String(Number((n + shiftOf(param)).toFixed(4)))
      return [
        ...['кот', '１２', '1e3', 'NaN', 'Infinity', '--1', '1/2', '0x10'].map(one => text(one)),
        ...(param.min === undefined ? [] : [text(shown(param.min - step))]),
        ...(param.max === undefined ? [] : [text(shown(param.max + step))]),
        text(shown((param.min ?? 0) + step / 2), /^Нужно (целое число|число с шагом)/),
        aPhoto,
      ]
    }
    case 'string':
      return [...wrongTexts(param, text), aPhoto]
    default:
      return wrongFiles(param, ask, text)
  }
}

function wrongTexts(param: Param, text: (send: string, says?: Case['says']) => Case): Case[] {
  if (isNumeric(param)) return ['кот', '1.5', '1e3', '９'].map(one => text(one))
  if (param.pattern) {
    const wrong = isLink(param)
      ? ['кот', 'https://sora.chatgpt.com.evil.example/', 'ftp://sora.chatgpt.com/']
      : ['кот', 'r']
    return wrong.map(one => text(one, /^Нужна ссылка вида|^Такой ответ не подходит|букв/))
  }
  const { min_length: least = 0, max_length: most = Infinity } = param
  return [
    ...(least > 1 ? [text('я'.repeat(least - 1), /^Текст короче/)] : []),
    // A longer text cannot be sent: Telegram cuts it into several messages.
    ...(most < 4_096 ? [text('я'.repeat(most + 1), /^Текст длиннее .* на 1\./)] : []),
  ]
}

function wrongFiles(param: Param, ask: Ask, text: (send: string, says?: Case['says']) => Case): Case[] {
  const others = (['image', 'video', 'audio'] as const).filter(kind => !param.accept!.includes(kind))
  const cases: Case[] = [
    text('кот'),
    ...others.map(kind => ({ what: kind, send: right[kind], says: needed(ask) })),
    // What a document is called says nothing: its content decides.
    { what: 'a page called a picture', send: lies('image/png'), says: refused('not_media') },
    { what: 'a page called a film', send: lies('video/mp4'), says: refused('not_media') },
    { what: 'a byte over 20 MB', send: tooMuch, says: refused('too_big') },
    ...foreignCases(ask),
    text('http://example.com/a.png', refused('bad_url')),
    ...['https://127.0.0.1/a.png', 'https://[::1]/a.png', 'https://[fdaa::3]/a', 'https://169.254.169.254/a'].map(one =>
      text(one, refused('private_address')),
    ),
    ...['https://localhost./a.png', 'https://a.internal/a.png'].map(one => text(one, refused('private_address'))),
    text(`${web}/away.png`, refused('redirect')),
    text(`${web}/inside.png`, refused('redirect')),
    text(`${web}/lie.png`, refused('not_media')),
    ...(others.includes('video') ? [text(`${web}/film`, needed(ask))] : []),
    // Telegram takes no empty file, a link leads to one all the same.
    text(`${web}/empty.png`, refused('empty')),
    text(`${web}/gone.png`, refused('not_found')),
    text(`${nobody}/a.png`, unreachable),
  ]
  if (param.min_side_px) cases.push({ what: 'too small', send: sizes.small, says: /^Фото слишком маленькое/ })
  if (param.max_side_px) cases.push({ what: 'too long a side', send: sizes.long, says: /^Фото слишком большое/ })
  if (param.max_megapixels) cases.push({ what: 'too large', send: sizes.large, says: /^Фото слишком большое/ })
  if (param.accept![0] === 'image' && param.max_mb! < 20) {
    const bytes = param.max_mb! * 1024 * 1024 + 1
    cases.push({ what: 'a byte too much', send: pngOf(300, 300, bytes), says: new RegExp(`до ${param.max_mb} МБ`) })
  }
  if (param.max_seconds) {
    if (!seconds.has(param.max_seconds)) seconds.set(param.max_seconds, wavOf(param.max_seconds + 1))
    cases.push({ what: 'a second too long', send: seconds.get(param.max_seconds)!, says: /^Запись длиннее/ })
  }
  return cases
}

const wma = Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex')
/** What can be saved as something that the question takes is told so; anything else is told what it takes. */
function foreignCases(ask: Ask): Case[] {
  const audio = ask.kind === 'files' && ask.media.includes('audio')
  const image = ask.kind === 'files' && ask.media.includes('image')
  const sent = (fileName: string, bytes: Uint8Array) => ({ fileName, mime: 'image/png', bytes })
  return [
    {
      what: 'WMA called a picture',
      send: sent('a.png', wma),
      says: audio ? /^Это WMA.* MP3 / : /^Это WMA\. Здесь подойдёт только /,
    },
    {
      what: 'a PDF',
      send: sent('a.png', Buffer.from('%PDF-1.7\n')),
      says: image ? /^Это PDF.* JPEG / : /^Это PDF\. Здесь подойдёт только /,
    },
    { what: 'an archive', send: sent('a.png', Buffer.from('PK\x03\x04zip')), says: /^Это ZIP, архив\. Распакуйте/ },
    {
      what: 'a recording of which the name is all that is known',
      send: { ...tooMuch, fileName: 'Звук.WMA' },
      says: audio ? /^Это WMA.* MP3 / : /^Это WMA\. Здесь подойдёт только /,
    },
  ]
}

/** Sends what is wrong; gives what was not as it should be. */
async function faultsOf(anna: Person, one: Case): Promise<string[]> {
  const before = await draftOf(anna.id)
  const seen = anna.last().messageId
  const quote = (await quoteOf(anna.id))?.id
  if (typeof one.send === 'string') await anna.says(one.send)
  else {
    await api.player.send(anna.id, { ...one.send, kind: 'document' })
    await serve()
  }
  const after = await draftOf(anna.id)
  const { text = '', messageId } = anna.last()
  const isSaid = one.says instanceof RegExp ? one.says.test(text) : text.startsWith(`${toPlain(one.says)}\n\n`)
  const faults = [
    after?.step !== before?.step && `the step became ${after?.step}`,
    JSON.stringify(after?.inputs.answers) !== JSON.stringify(before?.inputs.answers) && 'the answers changed',
    messageId === seen && 'nothing was said',
    !isSaid && `it was said: ${text.split('\n')[0]}`,
    (await quoteOf(anna.id))?.id !== quote && 'there is a price',
  ]
  return faults.filter(fault => fault !== false)
}

/** From the extras to the question of one field. */
async function asks(anna: Person, model: Model, param: Param) {
  const press = async (op: string) => {
    const { id, rev } = (await draftOf(anna.id))!
    await anna.presses({ data: `d:${id}:${rev}:${op}` })
  }
  const needs = model.rules.find(rule => rule.type === 'only_with' && rule.param === param.name)
  const other = needs?.type === 'only_with' ? model.params.find(one => one.name === needs.with)! : undefined
  if (other) {
    await asks(anna, model, other)
    await press('v:0')
  }
  await press(`e:${model.params.indexOf(param)}`)
  if (eitherOf(model, param.name)) await press(`v:${choiceOf(model).indexOf(param)}`)
  const { step } = (await draftOf(anna.id))!
  if (step !== `edit:${param.name}@0`) throw new Error(`${model.id}: asked ${step}, not ${param.name}`)
  return press
}

let count = 0
for (const model of catalogue.models) {
  await story(`ssrf-link: ${model.id}: what does not do is named, and the question stays`, async t => {
    const anna = await person({ kop: 100_00 })
    const earlier = model.params.flatMap(param => param.previous_models ?? [])[0]
    if (earlier) await end(anna.id, await running(anna.id, { modelId: earlier, params: { resolution: '480p' } }))
    const balance = earlier ? undefined : await balanceOf(anna.id)
    const faults: string[] = []

    // Without an answer to what must be answered there is no price, however one gets past the question.
    await anna.begins(modelKey(model.id))
    const first = questions(model).asked[0]!
    const draft = (await draftOf(anna.id))!
    await anna.presses({ data: `d:${draft.id}:${draft.rev}:o` })
    const extras = (await draftOf(anna.id))!
    await anna.presses({ data: `d:${extras.id}:${extras.rev}:a` })
    const missing = (await draftOf(anna.id))!
    if (!missing.step.endsWith(`:${first.name}@0`) && !missing.step.startsWith('choose')) faults.push(missing.step)
    await anna.presses({ data: `d:${missing.id}:${missing.rev}:s` })
    if ((await draftOf(anna.id))!.step !== missing.step) faults.push('a question that must be answered was skipped')

    for (const param of model.params.filter(one => !one.hidden)) {
      await anna.begins(modelKey(model.id))
      const { id, rev } = (await draftOf(anna.id))!
      await anna.presses({ data: `d:${id}:${rev}:o` })
      const press = await asks(anna, model, param)
      for (const one of casesOf(model, param)) {
        count++
        faults.push(...(await faultsOf(anna, one)).map(fault => `${param.name}, ${one.what}: ${fault}`))
      }
      await press('b')
    }
    t.strictSame(faults, [])
    if (balance !== undefined) t.equal(await balanceOf(anna.id), balance)
    t.equal((await generationsOf(anna.id)).length, earlier ? 1 : 0)
  })
}
t.test('there was something to refuse', async t => {
  t.comment(`${count} wrong answers`)
  t.ok(count > 1_000)
})
