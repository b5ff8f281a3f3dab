import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startUpstream } from '../../playground/upstream/server.ts'
import { fits } from '../../src/bot/button-width.ts'
import { keyOf } from '../../src/bot/files/samples.ts'
import { to } from '../../src/bot/routes.ts'
import { createInspector } from '../../src/media/inspector.ts'
import type { Settings } from '../../src/parts/part.ts'
import { openUpstream } from '../../src/parts/upstream.ts'
import { screensOf, wrongStyles } from '../support/button-styles.ts'
import { chats, type Person } from '../support/chat.ts'
import { listen } from '../support/http.ts'
import { buttons, captions } from '../support/messages.ts'
import { silent } from '../support/world.ts'

// A voice is heard before it is chosen: the provider's recording, fetched once and sent by Telegram from then on.
const stage = await chats(t)
const { deps, draftOf, owner, person, quoteOf, story } = stage
const provider = await startUpstream()
t.teardown(() => provider.close())
/** What the host of recordings does next, beside serving them. */
let trouble: ((response: ServerResponse) => void) | undefined
const host = await listen(t, async (request, response) => {
  if (trouble) return trouble(response)
  const { status, headers, body } = await fetch(provider.baseUrl + request.url).then(async answer => ({
    status: answer.status,
    headers: { 'content-type': answer.headers.get('content-type') ?? '' },
    body: Buffer.from(await answer.arrayBuffer()),
  }))
  response.writeHead(status, headers).end(body)
})
const inspector = createInspector({ folders: [join(tmpdir(), 'telegen-*')], log: silent })
const near = `http://127.0.0.1:${host.port}`
const config = { kieBaseUrl: provider.baseUrl, kieUploadUrl: provider.baseUrl, kieSampleUrl: near, kieApiKey: 'key' }
const upstream = openUpstream({
  config: { ...config, adminIds: [] as number[] } as Settings,
  ...{ sql: stage.sql, telegram: stage.telegram, inspect: inspector.inspect, log: silent, sampleMs: 1_500 },
  observe: (_call, work) => work(),
  scrub: text => text,
})
t.teardown(async () => {
  await upstream[Symbol.asyncDispose]()
  inspector.close()
})
deps.sample = upstream.sample

const [james, arabella] = ['EkK5I93UQWFDigLMpZcX', 'Z3R5wn05IrDiVCyEkUrK']
const choose = '✅ Выбрать этот голос'
/** Somebody at the list of voices, about to listen. */
async function listener(text = 'Добрый вечер') {
  const anna = await person({ kop: 100_00 })
  await anna.begins('elevenlabs-text-to-speech-turbo-2-5')
  await anna.says(text)
  await anna.presses('✏️')
  await anna.presses('Голос')
  await anna.presses('🎧 Послушать')
  return { anna, list: anna.last() }
}
const listNow = (anna: Person, { messageId }: { messageId: number }) =>
  anna.chat().find(one => one.messageId === messageId)!

story('a press on a voice sends how it sounds, the list stays, and the button below it chooses the voice', async t => {
  const { anna, list } = await listener()
  t.match(list.text, /Нажмите на голос, и я пришлю запись/)
  t.ok(captions(list).includes('🎧 Arabella — загадочная, волнующая'))
  await anna.presses('🎧 James', list)
  const first = anna.last()
  t.match(first, { media: { kind: 'audio', fileName: 'James.mp3' }, text: 'James — хриплый, смелый' })
  t.strictSame(captions(first), [choose])
  await anna.presses('🎧 Arabella', listNow(anna, list))
  await anna.presses('›', listNow(anna, list))
  t.match(captions(listNow(anna, list))[0], /^🎧 /, 'the next page is for listening as well')
  t.strictSame(
    (await draftOf(anna.id))!.inputs.answers.voice ?? 'none',
    'nPczCjzI2devNBz1zQrb',
    'nothing is chosen yet',
  )
  await anna.presses(choose, first)
  t.match(anna.last().text, /Что изменить/)
  t.ok(captions(anna.last()).includes('Голос: James — хриплый, смелый'))
  await anna.presses('Готово')
  t.match(anna.last().text, /Голос: James/)
  t.equal((await quoteOf(anna.id))!.params.voice, james)
  await anna.presses(choose, anna.chat().findLast(({ text, media }) => media && text?.startsWith('Arabella'))!)
  t.match(anna.last().text, /Голос: Arabella[\s\S]*Цена: /, 'also at the price')
  t.equal((await quoteOf(anna.id))!.params.voice, arabella)
})

story('whoever listens next is sent what Telegram has; the host is asked once', async t => {
  const before = host.requests.length
  const heard: (string | undefined)[] = []
  for (const text of ['Доброе утро', 'Good morning']) {
    const { anna, list } = await listener(text)
    await anna.presses('🎧 Xavier', list)
    heard.push(anna.last().media?.fileId)
  }
  t.equal(host.requests.length, before + 1)
  t.ok(heard[0])
  t.equal(heard[1], heard[0])
  t.match(await owner`select address, sent_as from pay.samples where file_id = ${heard[0]!}`, [
    { address: 'https://static.aiquickdraw.com/elevenlabs/voice/YOq2y2Up4RgXP2HyXjE5.mp3', sent_as: 'audio' },
  ])
})

story('a file that Telegram does not know any longer is fetched once more', async t => {
  await owner`update pay.samples set file_id = 'of-another-bot'`
  const { anna, list } = await listener()
  await anna.presses('🎧 Xavier', list)
  t.match(anna.last(), { media: { kind: 'audio' } })
  const stale = await owner`select from pay.samples where file_id = 'of-another-bot' and address like '%YOq2y2Up4RgX%'`
  t.equal(stale.length, 0)
})

const page = '<!doctype html><html><body>Sorry</body></html>'
/** Bytes that the host has sent without an end. */
let poured = 0
const troubles: Record<string, (response: ServerResponse) => void> = {
  'is down': response => void response.destroy(),
  'has no such recording': response => void response.writeHead(404).end('Not Found'),
  'is broken': response => void response.writeHead(503).end(),
  'sends a page under the type of music': response =>
    void response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(page),
  'promises 50 MB': response => {
    response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': 50 * 1_048_576 }).write('ID3')
  },
  'sends without an end': response => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' })
    const more = (): void => {
      if (response.destroyed) return
      poured += 262_144
      if (response.write(Buffer.alloc(262_144, 0xff))) setImmediate(more)
      else response.once('drain', more)
    }
    more()
  },
  'leads elsewhere': response => void response.writeHead(302, { location: 'http://127.0.0.1/' }).end(),
  'does not answer': () => {},
}
for (const [what, does] of Object.entries(troubles)) {
  story(`where the host ${what}, the person is told so and can choose the voice without hearing it`, async t => {
    const { anna, list } = await listener()
    trouble = does
    await anna.presses('🎧 Kuon', list)
    trouble = undefined
    t.ok(poured < 20 * 1_048_576, 'no more than a recording has is read')
    t.match(anna.last().text, /^Запись голоса «Kuon — бодрая, ясная, ровная» сейчас недоступна\./)
    t.strictSame(captions(anna.last()), [choose])
    const said = anna.last()
    await anna.presses('🎧 Eve', listNow(anna, list))
    t.match(anna.last(), { media: { kind: 'audio' } }, 'the next one is heard')
    await anna.presses(choose, said)
    t.ok(captions(anna.last()).includes('Голос: Kuon — бодрая, ясная, ровная'))
  })
}

story('the button of a recording is of one order, and a forged one changes nothing', async t => {
  const { anna, list } = await listener()
  const { id, rev } = (await draftOf(anna.id))!
  await anna.presses({ data: to.sample(id, '00000000') })
  t.equal((await draftOf(anna.id))!.rev, rev)
  const { anna: boris } = await listener('Good evening')
  await boris.presses({ data: to.sample(id, keyOf(james)) })
  t.equal((await draftOf(boris.id))!.inputs.answers.voice, undefined, 'somebody else’s order')
  await anna.presses({ data: to.sample(id, keyOf(james)) }, list, 2)
  t.equal((await draftOf(anna.id))!.inputs.answers.voice, james)
  t.equal((await draftOf(anna.id))!.rev, rev + 1, 'handled twice, it is one choice')
  await anna.begins('z-image')
  await anna.presses({ data: to.draft(id, rev, 'hear', 0) })
  t.notMatch(anna.last().text, 'Нажмите на голос')
})

story('the list is chosen from again after one press, and no caption is cut on a phone', async t => {
  const { anna, list } = await listener()
  for (let n = 0; n < 5; n++) {
    const shown = listNow(anna, list)
    for (const { text } of buttons(shown)) t.ok(fits(text), text)
    await anna.presses('Выбрать без прослушивания', shown)
    for (const { text } of buttons(listNow(anna, list))) t.ok(fits(text), text)
    await anna.presses('🎧 Послушать', listNow(anna, list))
    await anna.presses('›', listNow(anna, list))
  }
  await anna.presses('Выбрать без прослушивания', listNow(anna, list))
  await anna.presses('James', listNow(anna, list))
  t.ok(captions(anna.last()).includes('Голос: James — хриплый, смелый'))
})

t.test('no screen of this file has two main buttons, and what deletes or cancels is red', async t => {
  t.strictSame(wrongStyles(screensOf(stage.api.calls)), [])
})
