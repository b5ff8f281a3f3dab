import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createUpstream } from '../../src/upstream/client.ts'
import { buttons, withFiles } from '../support/messages.ts'
import { canary, freePort, person, stage } from '../support/service.ts'
import { silent, until } from '../support/world.ts'

// One machine answers the world, another one works; what the worker keeps the other one gives out.
const world = await stage(t)
const { telegram, upstream, owner } = world
const web = await world.service({ ROLES: 'web' })
const workerPort = String(await freePort())
const worker = (more = {}) => world.service({ ROLES: 'worker', PORT: workerPort, ...more })
let atWork = await worker({ CRASH: 'chunk_kept:100' })
await Promise.all([web.ready(), atWork.ready()])

async function buys(anna: ReturnType<typeof person>) {
  anna.open('m_flux-2-pro-text-to-image')
  await anna.press(/Начать/)
  anna.say(canary.prompt)
  await anna.press(/По умолчанию/)
  await anna.press(/Запустить за/)
}
const runOf = async (userId: number) =>
  (await owner`select id, price_kop, task_id, exec_state from pay.generations where user_id = ${userId}`)[0]!
const debits = async (userId: number) =>
  (await owner`select amount_kop from pay.ledger_entries where user_id = ${userId} and kind = 'debit'`).length

/** A minute of noise as the upstream would make it: a real sound of more than 50 MB. */
function largeSound(): Buffer {
  const bytes = Buffer.alloc(52 * 1024 * 1024)
  for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(Math.imul(at, 2_654_435_761) >>> 0, at)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(2, 22)
  bytes.writeUInt32LE(44_100, 24)
  bytes.writeUInt32LE(176_400, 28)
  bytes.writeUInt16LE(4, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(bytes.length - 44, 40)
  return bytes
}

t.test('a result over 50 MB is kept though its worker is killed, and another machine gives it out', async t => {
  const anna = person(telegram)
  anna.open()
  await anna.sees(/Здравствуйте/)
  await buys(anna)
  await anna.result()
  const { id } = await runOf(anna.id)

  // What the stand-in of the upstream makes is small: the run gets another file, which lies there as well.
  const sound = largeSound()
  const path = join(t.testdir(), 'sound.wav')
  writeFileSync(path, sound)
  const { baseUrl, apiKey } = upstream
  const client = createUpstream({ baseUrl, uploadUrl: baseUrl, apiKey, log: silent })
  const url = await client.upload({ path, fileName: 'sound.wav', mime: 'audio/wav' })
  await client.close()
  await owner`update pay.results
    set url = ${url}, bytes = ${sound.length}, kind = 'audio', mime = 'audio/wav', extension = 'wav', file_id = null, sent_as = null
    where generation_id = ${id}`

  anna.say('/history')
  await anna.press(/^✅/)
  await anna.press(/Прислать ещё раз/)
  t.equal(await atWork.ended, 'SIGKILL', 'the worker dies in the middle of keeping')
  t.match([...(await owner`select is_whole from pay.kept_files`)], [{ is_whole: false }])
  t.match([...(await owner`select count(*)::int as n from pay.kept_chunks`)], [{ n: 100 }])
  const [first] = await owner`select ctid::text from pay.kept_chunks where chunk = 0`
  await owner`update pay.outbox set next_at = now() where done_at is null`
  atWork = await worker()
  const message = await anna.sees(/слишком большой для Telegram/, 60_000)
  t.match([...(await owner`select ctid::text from pay.kept_chunks where chunk = 0`)], [first], 'it was gone on with')

  atWork.signal('SIGTERM')
  t.equal(await atWork.ended, 0)
  const link = buttons(message).find(button => button.url)!
  t.match(link, { text: /^Скачать \(до \d\d\.\d\d \d\d:\d\d\)$/, url: `${web.url}/files/${id}/1/` })
  const response = await fetch(link.url!)
  t.equal(response.headers.get('content-type'), 'audio/wav')
  t.equal(response.headers.get('content-length'), String(sound.length))
  const given = createHash('sha256')
  for await (const part of response.body!) given.update(part)
  t.equal(given.digest('hex'), createHash('sha256').update(sound).digest('hex'))
  t.equal((await fetch(`${link.url}x`)).status, 404)
  t.equal(await debits(anna.id), 1)
  atWork = await worker()
  await atWork.ready()
})

for (const [back, name] of [
  ['/start', 'Борис'],
  ['/balance', 'Вера'],
] as const) {
  t.test(`whoever had blocked the bot gets the result with ${back}, though the upstream has forgotten it`, async t => {
    const guest = person(telegram, name)
    guest.open()
    await guest.sees(/Здравствуйте/)
    upstream.speed.runMs = 3_000
    await buys(guest)
    await until('the run', async () => (await runOf(guest.id))?.exec_state === 'running')
    telegram.player.block(guest.id, true)
    await until('the result is kept', async () => {
      const [row] = await owner`select dead_reason from pay.outbox where user_id = ${guest.id}`
      return row?.dead_reason === 'blocked'
    })
    upstream.speed.runMs = 50
    const run = await runOf(guest.id)
    t.match(run, { exec_state: 'success' })
    upstream.expire(run.task_id)
    t.notOk(withFiles(guest.fromBot()).length > 0)

    telegram.player.block(guest.id, false)
    guest.say(back)
    await guest.sees(/Пока вас не было, готовы результаты: 1/)
    const result = await guest.result()
    t.match(result.text, /✅.*Списано/s)
    t.equal(withFiles(guest.fromBot()).length, 1)
    t.equal(await debits(guest.id), 1)
    const [wallet] = await owner`select balance_kop from pay.wallets where user_id = ${guest.id}`
    t.equal(Number(wallet!.balance_kop), 500_00 - Number(run.price_kop), 'the charge stands')
  })
}

t.test('no message named an address of the upstream, and every promise is kept', async t => {
  const { host } = new URL(upstream.baseUrl)
  const said = telegram.calls
    .filter(({ method }) => /^(send|edit)/.test(method))
    .map(call => JSON.stringify(call.fields))
  t.ok(said.length > 10)
  t.strictSame(
    said.filter(fields => fields.includes(host)),
    [],
  )
  t.strictSame(await world.broken(), [])
  t.strictSame(world.leaks(), [])
})
