import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { jpegOf } from '../support/media/media.ts'
import { person, type Service, stage } from '../support/service.ts'
import { until } from '../support/world.ts'

t.setTimeout(300_000)
const world = await stage(t, { timeScale: 0.02 })
const { telegram, upstream, owner, broken } = world

// A host of the people's, and the upstream's host of files behind the same address: that one is trusted on loopback.
const dripping = new Set<ServerResponse>()
let asked = 0
let maxOpen = 0
const host = createServer(async (request, response) => {
  if (request.url?.startsWith('/slow')) {
    asked += 1
    dripping.add(response)
    maxOpen = Math.max(maxOpen, dripping.size)
    response.on('close', () => dripping.delete(response))
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': '100000' })
    return response.write(jpegOf(600, 400).bytes.subarray(0, 10))
  }
  if (request.url?.startsWith('/good')) return response.end(jpegOf(600, 400).bytes)
  if (request.url?.startsWith('/bad')) {
    asked += 1
    return response.writeHead(404).end()
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = request.headers
  const answer = await fetch(upstream.baseUrl + request.url, {
    method: request.method ?? 'GET',
    headers: headers as Record<string, string>,
    ...(request.method === 'POST' && { body: Buffer.concat(chunks) }),
  })
  return response
    .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
    .end(Buffer.from(await answer.arrayBuffer()))
})
await new Promise<void>(resolve => host.listen(0, '127.0.0.1', resolve))
t.teardown(() => {
  host.closeAllConnections()
  host.close()
})
const web = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
const env = { KIE_UPLOAD_URL: web }
let service: Service = await world.service(env)
await service.ready()

/** Somebody new at the question for a picture. */
async function asking(name: string, model = 'recraft-remove-background') {
  const anna = person(telegram, name)
  anna.open(`m_${model}`)
  await anna.press(/Начать/)
  await anna.sees(/Понадобится|Пришлите/)
  return anna
}
type Person = Awaited<ReturnType<typeof asking>>
const photo = (who: Person) =>
  telegram.player.send(who.id, {
    kind: 'photo',
    fileName: 'photo.jpg',
    mime: 'image/jpeg',
    bytes: jpegOf(600, 400).bytes,
  })

t.test(
  'fair-share: people whose links trickle hold up nobody: not those who talk, nor who sends a photo or a link',
  async t => {
    const slow = await Promise.all(Array.from({ length: 40 }, (_, n) => asking(`Медленный ${n}`)))
    for (const [n, who] of slow.entries()) who.say(`${web}/slow/${n}.jpg`)
    await until('all of them are open', () => dripping.size === 40)
    const [anna, boris] = [await asking('Анна'), await asking('Борис')]
    await photo(anna)
    boris.say(`${web}/good.jpg`)
    await anna.press(/Запустить/)
    await boris.press(/Запустить/)
    t.equal(dripping.size, 40, 'while they still trickle')
    // Who waits for a link may do something else, and what was fetched for what they left is let go.
    const [first] = slow
    first!.say('/balance')
    await first!.sees(/💳 Баланс/)
    first!.say('/cancel')
    await first!.sees(/Отменено/)
    await until('the socket is closed', () => dripping.size < 40)
    for (const who of slow.slice(1)) who.say('/cancel')
    await until('all sockets are closed', () => dripping.size === 0, 30_000)
    t.strictSame(await broken(), [])
  },
)

t.test('of a message with 130 links as many are fetched as the question takes, one at a time', async t => {
  const vera = await asking('Вера')
  const before = asked
  const shown = vera.fromBot().length
  maxOpen = 0
  vera.say(Array.from({ length: 130 }, (_, n) => `${web}/bad${n}`).join(' '))
  await until('it is answered', () => vera.fromBot().length > shown)
  t.match(vera.fromBot().at(-1)?.text, /не больше 1|Можно|1 файл/i)
  t.ok(asked - before <= 1, `${asked - before} were asked for`)
  const links = (kind: string) => Array.from({ length: 100 }, (_, n) => `${web}/${kind}/${n}`).join(' ')
  const many = await asking('Галя', 'seedream-4-5-edit')
  const earlier = asked
  many.say(links('slow'))
  await until('the first is open', () => dripping.size === 1)
  t.equal(maxOpen, 1)
  many.say('/cancel')
  await until('it is closed', () => dripping.size === 0, 30_000)
  t.ok(asked - earlier <= 2, `${asked - earlier} were asked for`)
})

t.test(
  'what is sent while a file is fetched waits for it: a photo and its words, and an album, are taken in order',
  async t => {
    const dina = await asking('Дина', 'hailuo-2-3-image-to-video-pro')
    await photo(dina)
    dina.say('ветер качает ветви')
    const answersOf = async (who: Person) => {
      const [draft] = await owner<{ inputs: { answers?: Record<string, unknown> } }[]>`
      select inputs from pay.drafts where user_id = ${who.id}`
      return Object.values(draft?.inputs.answers ?? {})
    }
    await until('both are answers', async () => {
      const answers = await answersOf(dina)
      return answers.some(Array.isArray) && answers.includes('ветер качает ветви')
    })
    const lena = await asking('Лена', 'seedream-4-5-edit')
    for (let n = 0; n < 3; n++) await photo(lena)
    await lena.sees(/Принято 3 из 14/)
    t.equal((await answersOf(lena)).find(Array.isArray)?.length, 3)
  },
)

t.test(
  'a process that dies in the middle of a fetch leaves it to the next; the second death ends it in words',
  async () => {
    const egor = await asking('Егор')
    egor.say(`${web}/slow/egor.jpg`)
    await until('it is open', () => dripping.size === 1)
    service.signal('SIGKILL')
    await service.ended
    service = await world.service(env)
    await service.ready()
    const due = () => owner`update pay.intakes set next_at = now() where done_at is null`
    await due()
    await until('it is fetched once more', () => dripping.size === 1, 60_000)
    service.signal('SIGKILL')
    await service.ended
    service = await world.service(env)
    await service.ready()
    await due()
    await egor.sees(/не удалось прочитать/, 60_000)
    const waiting = () => owner`select from pay.intakes where done_at is null`
    await until('nothing waits', async () => (await waiting()).length === 0, 60_000) // the sweep comes every 15 s
    await photo(egor)
    await egor.press(/Запустить/)
  },
)

t.test('a process that is asked to end lets its fetches go at once, and the next one goes on with them', async t => {
  const zoya = await asking('Зоя')
  zoya.say(`${web}/slow/zoya.jpg`)
  await until('it is open', () => dripping.size === 1)
  service.signal('SIGTERM')
  t.equal(await service.ended, 0)
  t.equal(dripping.size, 0)
  service = await world.service(env)
  await service.ready()
  await until('it is fetched anew', () => dripping.size === 1, 60_000)
  zoya.say('/cancel')
  await until('it is let go', () => dripping.size === 0, 30_000)
  const kept = () => owner`select from pay.intakes where payload::text <> '{}'`
  await until('nothing of it is kept', async () => (await kept()).length === 0, 30_000)
})

t.test('who sends more files than may wait reads it, and the earlier ones are taken', async t => {
  const kolya = await asking('Коля')
  kolya.say(`${web}/slow/kolya.jpg`)
  await until('it is open', () => dripping.size === 1)
  for (let n = 0; n < 25; n++) await photo(kolya)
  await kolya.sees(/Слишком много файлов сразу/, 60_000)
  const [row] = await owner`select count(*)::int as n from pay.intakes where done_at is null`
  t.ok(Number(row?.n) <= 20)
  kolya.say('/cancel')
})
