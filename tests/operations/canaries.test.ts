import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { jpegOf } from '../support/media/media.ts'
import { canary, freePort, person, stage } from '../support/service.ts'
import { until } from '../support/world.ts'

// Marks stand for every secret and for what a person writes. They are looked for wherever something is left behind: in
// the lines of the log, in each row, in the figures, and in every byte that goes to somebody else.
const world = await stage(t)
const { telegram, upstream, owner } = world

/** Lets everything through to `target` and keeps what the service has sent there. */
async function recorder(t: Test, target: string) {
  const sent: Buffer[] = []
  const sockets = new Set<Socket>()
  const { hostname, port } = new URL(target)
  const server = createServer(client => {
    const there = connect(Number(port), hostname)
    client.on('data', data => sent.push(data))
    client.pipe(there).pipe(client)
    for (const socket of [client, there]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => client.destroy() && there.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  return { url, text: () => Buffer.concat(sent).toString('latin1') }
}

const toTelegram = await recorder(t, telegram.apiRoot)
const toUpstream = await recorder(t, upstream.baseUrl)
const metricsPort = await freePort()
const service = await world.service({
  TELEGRAM_API_ROOT: toTelegram.url,
  KIE_BASE_URL: toUpstream.url,
  METRICS_PORT: String(metricsPort),
})
await service.ready()
const token = telegram.token
const password = decodeURIComponent(new URL(world.databaseUrl).password)
const utf8 = (text: string) => Buffer.from(text).toString('latin1')

/** A mark as it may be written: as it is, in percent signs, JSON's escapes, hexadecimal, or base64 wherever it begins. */
function formsOf(mark: string): string[] {
  const base64 = [0, 1, 2].map(before => {
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(mark)]).toString('base64')
    // The first and the last signs hold bits of the neighbours.
    return text.slice(before === 0 ? 0 : before + 1, -4)
  })
  const escaped = [...mark].map(sign => (sign > '~' ? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}` : sign))
  const hex = Buffer.from(mark).toString('hex')
  const forms = [mark, utf8(mark), encodeURIComponent(mark), escaped.join(''), hex, ...base64]
  return forms.flatMap(form => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
}
const found = (text: string, marks: Record<string, string>) =>
  Object.entries(marks).flatMap(([name, mark]) =>
    mark && formsOf(mark).some(form => text.includes(form)) ? [name] : [],
  )

t.test('a mark is found however it is written', async t => {
  for (const mark of [canary.kieKey, canary.prompt]) {
    for (const before of ['', 'a', 'ab']) {
      const text = `${before}${mark}.`
      const written = [
        text,
        encodeURIComponent(text),
        Buffer.from(text).toString('hex'),
        Buffer.from(text).toString('base64'),
      ]
      for (const one of written) t.strictSame(found(one, { mark }), ['mark'], one)
    }
  }
  t.strictSame(found('nothing of the kind', { mark: canary.kieKey }), [])
})

t.test('S4, S25, S26, S28: no secret and no prompt is left where it does not belong', async t => {
  const anna = person(telegram)
  anna.open()
  await anna.sees(/Здравствуйте/)
  const orders = async (behaviour: Parameters<typeof upstream.next>[0] | undefined, end: RegExp) => {
    anna.open('m_flux-2-pro-text-to-image')
    await anna.press(/Начать/)
    anna.say(`кот, ${canary.prompt}`)
    await anna.press(/По умолчанию/)
    if (behaviour) {
      upstream.next(behaviour)
      await anna.press(/Запустить за/)
    }
    await anna.sees(end)
  }
  await orders('normal', /осталось/)
  await orders('fail', /Деньги вернулись/)
  await orders('moderation', /отказалась/)
  await orders('no_credit', /Сейчас запустить нельзя/)
  // What the world says back, with our own secrets in it.
  upstream.faultNext('recordInfo', { code: 500, msg: `key ${canary.kieKey} prompt кот, ${canary.prompt}` })
  upstream.faultNext('createTask', { code: 422, msg: `bad key ${canary.kieKey}, bad prompt кот, ${canary.prompt}` })
  await orders('normal', /не приняла|вернулись/)
  // The database itself repeats a row that it refuses.
  await owner`alter table pay.quotes add constraint of_a_test check (model_id not like 'flux%') not valid`
  await orders(undefined, /ошибк/i)
  await owner`alter table pay.quotes drop constraint of_a_test`
  await fetch(`${service.url}/webhook`, {
    method: 'POST',
    headers: { 'x-telegram-bot-api-secret-token': `${canary.webhookSecret}x` },
  })
  await fetch(`${service.url}/callbacks/kie/aaaaaaaaaaaa/${canary.callbackSecret}`, { method: 'POST' })
  await until('all is told', async () => (await owner`select from pay.outbox where done_at is null`).length === 0)

  const secrets = { token, half: token.split(':')[1]!, ...canary, password }
  const { prompt, ...ours } = secrets
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  t.match(metrics, /telegen_updates_total/)
  t.strictSame(found(metrics, secrets), [], 'in no figure')

  service.signal('SIGTERM')
  await service.ended
  t.match(service.output(), /of_a_test/, 'the refusal of the database is there')
  t.strictSame(found(service.output(), secrets), [], 'in no line, to the last')
  const tables = await owner<{ name: string }[]>`
    select table_schema || '.' || table_name as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE' order by 1`
  const withPrompt: string[] = []
  for (const { name } of tables) {
    const text = (await owner`select t::text as row from ${owner(name)} t`).map(({ row }) => row).join('\n')
    t.strictSame(found(text, ours), [], `no secret in ${name}`)
    if (found(text, { prompt }).length > 0) withPrompt.push(name)
  }
  t.strictSame(
    withPrompt,
    ['pay.drafts', 'pay.inbox', 'pay.quotes'],
    'what a person writes is where orders are, and no further',
  )

  const { kieKey, callbackSecret } = canary
  t.strictSame(found(toTelegram.text(), { kieKey, callbackSecret, password }), [], 'Telegram hears of no other secret')
  t.ok(toTelegram.text().includes(`/bot${token}/`))
  const { webhookSecret } = canary
  t.strictSame(
    found(toUpstream.text(), { token, half: secrets.half, webhookSecret, callbackSecret, password }),
    [],
    'nor does the upstream',
  )
  t.ok(toUpstream.text().includes(utf8(prompt)), 'which gets the order')
})

t.test('S27: the host of files gets what a person sends, and nothing else that is ours or theirs', async t => {
  const { telegram, upstream, databaseUrl, service } = await stage(t)
  const toFiles = await recorder(t, upstream.baseUrl)
  const { ready, output } = await service({ KIE_UPLOAD_URL: toFiles.url })
  await ready()
  const anna = person(telegram)
  anna.open('m_flux-2-pro-image-to-image')
  await anna.press(/Начать/)
  const { bytes } = jpegOf(512, 512)
  const caption = canary.prompt
  await telegram.player.send(anna.id, { kind: 'photo', fileName: 'cat.jpg', mime: 'image/jpeg', bytes, caption })
  await until('the photo is there', () => toFiles.text().includes('JFIF'))
  const password = decodeURIComponent(new URL(databaseUrl).password)
  const { kieKey, ...ours } = canary
  const marks = { token: telegram.token, half: telegram.token.split(':')[1]!, password, ...ours }
  t.strictSame(found(toFiles.text(), marks), [])
  t.ok(toFiles.text().includes(kieKey), 'it is asked in our name')
  t.strictSame(found(output(), { ...marks, kieKey }), [])
})
