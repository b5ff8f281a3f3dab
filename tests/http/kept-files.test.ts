import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { type Sql, untilAnswered } from '../../src/database/db.ts'
import { fileOfPath, filePath } from '../../src/delivery/file-links.ts'
import { keep, keptOutputs, keptPut, readKept } from '../../src/delivery/kept-files.ts'
import { Refused, Unknown } from '../../src/errors.ts'
import { buildServer } from '../../src/http/build-server.ts'
import { tidy } from '../../src/jobs/sweep.ts'
import type { Ref } from '../../src/payments/generations.ts'
import { callbackPath } from '../../src/upstream/callbacks.ts'
import { strangers } from '../support/http.ts'
import { picture, silent, until, world } from '../support/world.ts'

const { sql, owner, user, order, start, finish } = await world(t)
const dir = t.testdir()
const secret = 'a-secret-for-tests-only-of-32-characters'
/** Files of a database on a server as the service has it. */
async function serve(t: Test, sql: Sql): Promise<string> {
  const server = buildServer({ log: silent, strangers, files: { secret, sql } })
  t.teardown(() => server.close())
  return server.listen({ port: 0, host: '127.0.0.1' })
}
const origin = await serve(t, sql)

// What is still held, without what only waits to be collected.
setFlagsFromString('--expose-gc')
const sweep: () => void = runInNewContext('gc')
function held() {
  sweep()
  sweep() // what the first one found is let go beside it, and is sure to be gone by the second
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { heapUsed, arrayBuffers }
}

const chunk = 256 * 1024
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const soon = () => new Date(Date.now() + 60_000)

/** A run that has succeeded with `count` outputs. */
let people = 0
async function made(count = 1): Promise<Ref> {
  const userId = ++people
  await user(userId, 100_00)
  const { id } = await start(await order(userId, 10_00))
  const results = Array.from({ length: count }, (_, index) => ({ ...picture, n: index + 1 }))
  await finish({ userId, id }, { outcome: 'success', results })
  return { userId, id }
}

function file(size: number, name = 'a') {
  const bytes = randomBytes(size)
  const path = join(dir, name)
  writeFileSync(path, bytes)
  return { path, bytes: size, content: bytes }
}

async function read(ref: Ref, n: number): Promise<Buffer> {
  const [kept] = (await keptOutputs(sql, ref)).filter(one => one.n === n)
  if (!kept) throw new Error('it is not kept')
  const parts: Uint8Array[] = []
  for await (const part of readKept(sql, ref, n, 0, kept.bytes - 1)) parts.push(part)
  return Buffer.concat(parts)
}

/** A database in which the process dies after so many chunks. */
const dyingAfter = (chunks: number): Sql => {
  let left = chunks
  return (text, ...values) => {
    if (text.join('').includes('kept_put') && left-- === 0) throw new Error('killed')
    return sql(text, ...values)
  }
}

const paramsOf = (path: string) => {
  const [, , generation = '', n = '', expires = '', mac = ''] = path.split('/')
  return { generation, n, expires, mac }
}

t.test('a link that we made names its file until its time has passed, and nothing else is a link of ours', async t => {
  const then = new Date('2026-11-28T12:00:00.700Z')
  const mine = paramsOf(filePath('abcdefgh2345', 3, then, secret))
  const wanted = { generationId: 'abcdefgh2345', n: 3 }
  t.equal(Buffer.from(mine.mac, 'base64url').length, 32, 'the MAC is of full length')
  t.strictSame(fileOfPath(mine, secret, then.getTime() - 1_000), wanted)
  t.equal(fileOfPath(mine, secret, then.getTime()), undefined, 'expired')
  for (const [what, wrong] of Object.entries({
    'another run': { generation: 'abcdefgh2346' },
    'another output': { n: '4' },
    'the same number, written otherwise': { n: '03' },
    'a longer life': { expires: String(Number(mine.expires) + 1) },
    'a moved border': { n: '31', expires: mine.expires.slice(1) },
    'no MAC': { mac: '' },
    'half a MAC': { mac: mine.mac.slice(0, 20) },
    'a padded MAC': { mac: `${mine.mac}=` },
    'the MAC of a callback': { mac: callbackPath('abcdefgh2345', secret).split('/').at(-1)! },
  }))
    t.equal(fileOfPath({ ...mine, ...wrong }, secret, 0), undefined, what)
  t.equal(fileOfPath(mine, `${secret}x`, 0), undefined, 'another secret')
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z2-7]{12}$/),
      fc.integer({ min: 1, max: 99 }),
      fc.date({ noInvalidDate: true, min: new Date(0) }),
      (id, n, at) => {
        const named = fileOfPath(paramsOf(filePath(id, n, at, secret)), secret, -1)
        return named?.generationId === id && named.n === n
      },
    ),
  )
})

t.test('a large file is kept and given out whole, with little memory, and as what we found it to be', async t => {
  const ref = await made()
  const big = file(55 * 1024 * 1024 + 17)
  const before = held()
  const peak = { ...before }
  let statements = 0
  const watched: Sql = (text, ...values) => {
    if (statements++ % 20 === 0) {
      const now = held()
      peak.heapUsed = Math.max(peak.heapUsed, now.heapUsed)
      peak.arrayBuffers = Math.max(peak.arrayBuffers, now.arrayBuffers)
    }
    return sql(text, ...values)
  }
  const address = await serve(t, watched)
  const keptUntil = await keep(watched, ref, 1, big)
  t.ok(Math.abs(keptUntil.getTime() - Date.now() - 14 * 86_400_000) < 60_000, 'for 14 days')

  const hash = createHash('sha256')
  const response = await fetch(address + filePath(ref.id, 1, soon(), secret))
  for await (const part of response.body!) hash.update(part)
  t.equal(hash.digest('hex'), hashOf(big.content))
  t.match(Object.fromEntries(response.headers), {
    'content-type': 'image/png',
    'x-content-type-options': 'nosniff',
    'content-disposition': `attachment; filename="telegen-${ref.id.slice(-4)}-1.png"`,
    'cache-control': 'private, no-store',
    'content-length': String(big.bytes),
    'accept-ranges': 'bytes',
  })
  const grew = (what: 'heapUsed' | 'arrayBuffers') => (peak[what] - before[what]) / 1_048_576
  t.ok(grew('arrayBuffers') < 10, `buffers grew by ${grew('arrayBuffers').toFixed(1)} MB`)
  t.ok(grew('heapUsed') < 10, `the heap grew by ${grew('heapUsed').toFixed(1)} MB`)
})

t.test('a reader who stops holds nothing up: no chunk is read ahead of him', async t => {
  const ref = await made()
  await keep(sql, ref, 1, file(40 * chunk))
  let chunks = 0
  const counting: Sql = (text, ...values) => {
    if (text.join('').includes('kept_chunks')) chunks += 1
    return sql(text, ...values)
  }
  const address = await serve(t, counting)
  t.ok((await fetch(address + filePath(ref.id, 1, soon(), secret), { method: 'HEAD' })).ok)
  t.equal(chunks, 0, 'and who asks for the size alone, reads none')
  const lazy = request(address + filePath(ref.id, 1, soon(), secret))
  lazy.end()
  const response = await new Promise<import('node:http').IncomingMessage>(resolve => lazy.once('response', resolve))
  let seen = -1
  await until('the reading stands still', async () => {
    await sleep(150)
    const isStill = chunks === seen
    seen = chunks
    return isStill
  })
  t.ok(chunks < 35, `${chunks} of 40 chunks were read`)
  response.destroy()
})

t.test('a phone may ask how long it is, resume, and ask for the end', async t => {
  const ref = await made()
  const { content, ...kept } = file(2 * chunk + 100)
  await keep(sql, ref, 1, kept)
  const url = origin + filePath(ref.id, 1, soon(), secret)
  const get = async (headers: Record<string, string>, method = 'GET') => {
    const response = await fetch(url, { headers, method })
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
  }
  const head = await get({}, 'HEAD')
  t.equal(head.status, 200)
  t.equal(head.headers.get('content-length'), String(content.length))
  t.equal(head.body.length, 0)
  const size = content.length
  for (const [range, from, to] of [
    ['bytes=0-0', 0, 0],
    [`bytes=${chunk - 1}-${chunk}`, chunk - 1, chunk],
    [`bytes=${2 * chunk}-`, 2 * chunk, size - 1],
    ['bytes=-7', size - 7, size - 1],
    [`bytes=5-${size + 50}`, 5, size - 1],
    [`bytes=-${size + 50}`, 0, size - 1],
  ] as const) {
    const part = await get({ range })
    t.equal(part.status, 206, range)
    t.equal(part.headers.get('content-range'), `bytes ${from}-${to}/${size}`)
    t.ok(part.body.equals(content.subarray(from, to + 1)), range)
  }
  for (const range of [`bytes=${size}-`, 'bytes=-0']) {
    const none = await get({ range })
    t.equal(none.status, 416, range)
    t.equal(none.headers.get('content-range'), `bytes */${size}`)
  }
  for (const range of ['bytes=0-1,5-6', 'bytes=5-1', 'bytes=-', 'lines=1-2']) {
    const whole = await get({ range })
    t.ok(whole.status === 200 && whole.body.equals(content), range)
  }
  const etag = head.headers.get('etag')!
  t.equal((await get({ range: 'bytes=0-0', 'if-range': etag })).status, 206)
  t.equal((await get({ range: 'bytes=0-0', 'if-range': '"another"' })).status, 200)
})

t.test('whatever is wrong with a link, the answer is the same', async t => {
  const [ref, half, old] = [await made(), await made(), await made()]
  const small = file(100)
  await keep(sql, ref, 1, small)
  await t.rejects(keep(dyingAfter(1), half, 1, file(2 * chunk)), { message: 'killed' })
  await keep(sql, old, 1, small)
  await owner`update pay.kept_files set expires_at = now() where generation_id = ${old.id}`
  const right = filePath(ref.id, 1, soon(), secret)
  t.equal((await fetch(origin + right)).status, 200)

  const answers = await Promise.all(
    [
      '/files/no/such/address/at-all',
      '/nothing',
      right.slice(0, -1),
      `${right}x`,
      filePath(ref.id, 1, new Date(Date.now() - 1_000), secret),
      filePath(ref.id, 1, soon(), 'another secret'),
      filePath(ref.id, 2, soon(), secret),
      filePath('aaaaaaaaaaaa', 1, soon(), secret),
      filePath(half.id, 1, soon(), secret),
      filePath(old.id, 1, soon(), secret),
      right.replace(/[^/]+$/, callbackPath(ref.id, secret).split('/').at(-1)!),
      right.replace(/[^/]+$/, 'x'.repeat(128)),
    ].map(async path => {
      const response = await fetch(origin + path, { headers: { range: 'bytes=0-5' } })
      const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== 'date'))
      return { status: response.status, body: await response.text(), headers }
    }),
  )
  t.equal(answers[0]!.status, 404)
  for (const answer of answers) t.strictSame(answer, answers[0])
})

t.test('killed in the middle, the next one goes on where it stopped', async t => {
  const ref = await made()
  const { content, ...kept } = file(5 * chunk + 1)
  await t.rejects(keep(dyingAfter(3), ref, 1, kept), { message: 'killed' })
  t.strictSame([...(await keptOutputs(sql, ref))], [], 'nobody reads a part')
  const begun =
    await owner`select chunk, ctid::text from pay.kept_chunks where generation_id = ${ref.id} order by chunk`
  t.equal(begun.length, 3)
  let puts = 0
  const counting: Sql = (text, ...values) => {
    if (text.join('').includes('kept_put')) puts += 1
    return sql(text, ...values)
  }
  await keep(counting, ref, 1, kept)
  t.equal(puts, 3, 'only what was missing')
  t.ok((await read(ref, 1)).equals(content))
  const all = await owner`select chunk, ctid::text from pay.kept_chunks where generation_id = ${ref.id} order by chunk`
  t.strictSame([...all.slice(0, 3)], [...begun], 'nothing was written twice')

  await keep(sql, ref, 1, file(chunk, 'other'))
  t.ok((await read(ref, 1)).equals(content), 'what is whole stays')
})

t.test('parts of two files are never mixed', async t => {
  const ref = await made()
  await t.rejects(keep(dyingAfter(2), ref, 1, file(4 * chunk, 'one')), { message: 'killed' })
  const { content, ...other } = file(3 * chunk, 'two')
  await keep(sql, ref, 1, other)
  t.ok((await read(ref, 1)).equals(content))

  // A chunk of the first that is under way while the second takes its place comes to nothing.
  const late = await made()
  const [slow, quick] = [file(2 * chunk, 'slow'), file(2 * chunk, 'quick')]
  await t.rejects(keep(dyingAfter(0), late, 1, slow), { message: 'killed' })
  let put: Promise<{ isStored: boolean }[]> | undefined
  await owner.begin(async tx => {
    await tx`select from pay.kept_begin(${late.userId}, ${late.id}, 1, ${quick.bytes}, ${hashOf(quick.content)})`
    // A lock is waited for two seconds; on a busy machine that may be over before anybody looked.
    put = untilAnswered(() => keptPut(sql, late, 1, hashOf(slow.content), 0, slow.content.subarray(0, chunk)))
    await until('it waits', async () => {
      await tx`select pg_stat_clear_snapshot()` // else a transaction sees what it saw first
      const [row] = await tx`select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%kept_put%'`
      return row?.n === 1
    })
  })
  t.match(await put, [{ isStored: false }])
  await keep(sql, late, 1, quick)
  t.ok((await read(late, 1)).equals(quick.content))

  const raced = await made()
  const rivals = ['three', 'four', 'five'].map(name => file(12 * chunk, name))
  const ends = await Promise.allSettled([...rivals, ...rivals].map(one => keep(sql, raced, 1, one)))
  for (const end of ends) if (end.status === 'rejected') t.ok(end.reason instanceof Unknown, String(end.reason))
  await keep(sql, raced, 1, rivals[0]!)
  const hash = hashOf(await read(raced, 1))
  t.ok(rivals.some(({ content }) => hashOf(content) === hash))
})

t.test('what has had its time is forgotten, may be kept again, and nothing else goes', async t => {
  const [ref, other] = [await made(2), await made()]
  for (const n of [1, 2]) await keep(sql, ref, n, file(3 * chunk))
  const { content, ...fresh } = file(2 * chunk)
  await keep(sql, other, 1, fresh)
  await owner`update pay.kept_files set expires_at = now() where generation_id = ${ref.id}`
  await t.rejects(read(ref, 1), { message: 'it is not kept' })
  await keep(sql, ref, 2, fresh)
  await tidy(sql, silent)
  t.match([...(await owner`select n from pay.kept_files where generation_id = ${ref.id}`)], [{ n: 2 }])
  t.match(
    [...(await owner`select count(*)::int as n from pay.kept_chunks where generation_id = ${ref.id}`)],
    [{ n: 2 }],
  )
  for (const one of [other, ref]) t.ok((await read(one, one === ref ? 2 : 1)).equals(content))

  const reading = readKept(sql, other, 1, 0, 2 * chunk - 1)
  await reading.next()
  await owner`update pay.kept_files set expires_at = now() where generation_id = ${other.id}`
  await tidy(sql, silent)
  await t.rejects(reading.next(), Refused, 'a reader is told that there is no more')
})

/** What is kept of a person and readable, by n; and whether the counter of all bytes agrees with the rows. */
const keptOf = async (ref: Ref) => (await keptOutputs(sql, ref)).map(({ n }) => n).sort()
const total = async () => Number((await owner`select bytes from pay.kept_total`)[0]!.bytes)
const sum = async () =>
  Number((await owner`select coalesce(sum(bytes), 0) as bytes from pay.kept_files where not is_dropped`)[0]!.bytes)
const roomy = 1e12

t.test('over the limit of a person the oldest of their files make room, and nobody else’s do', async t => {
  const [anna, other] = [await made(5), await made(1)]
  const limits = { ofOne: 300, ofAll: roomy }
  await keep(sql, other, 1, file(100), limits)
  for (const n of [1, 2, 3]) await keep(sql, anna, n, file(100), limits)
  t.strictSame(await keptOf(anna), [1, 2, 3])
  const old = filePath(anna.id, 1, soon(), secret)
  t.equal((await fetch(origin + old)).status, 200)
  await keep(sql, anna, 4, file(150), limits)
  t.strictSame(await keptOf(anna), [3, 4], 'two of 100 for one of 150')
  t.equal((await fetch(origin + old)).status, 404)
  t.strictSame(await keptOf(other), [1])
  t.equal(await total(), await sum())

  await keep(sql, anna, 1, file(100), limits)
  t.strictSame(await keptOf(anna), [1, 4], 'what had to go may come again')
  await keep(sql, anna, 1, file(100), limits)
  t.strictSame(await keptOf(anna), [1, 4], 'what is there needs no room')
  await tidy(sql, silent)
  const [row] = await owner`select count(*)::int as n from pay.kept_chunks where generation_id = ${anna.id}`
  t.equal(row!.n, 2, 'the bytes of what had to go are gone')
  t.equal(await total(), await sum())
})

t.test('where there is no room the file is refused, and nothing goes for it in vain', async t => {
  const [anna, other] = [await made(4), await made(1)]
  await keep(sql, anna, 1, file(100), { ofOne: 300, ofAll: roomy })
  await t.rejects(keep(sql, anna, 2, file(301), { ofOne: 300, ofAll: roomy }), { code: 'kept_full' })
  t.strictSame(await keptOf(anna), [1])
  const full = { ofOne: roomy, ofAll: await total() }
  await t.rejects(keep(sql, other, 1, file(50), full), { name: 'Refused', code: 'kept_full' })
  await keep(sql, anna, 2, file(100), full)
  t.strictSame(await keptOf(anna), [2], 'over the limit of all, room is made by the same person')
  await t.rejects(keep(sql, anna, 3, file(101), full), { code: 'kept_full' })
  t.strictSame(await keptOf(anna), [2])

  await t.rejects(keep(dyingAfter(1), anna, 3, file(2 * chunk), { ofOne: roomy, ofAll: roomy }), { message: 'killed' })
  const tight = { ofOne: 2 * chunk + 150, ofAll: roomy }
  await t.rejects(keep(sql, anna, 4, file(300), tight), { code: 'kept_full' }, 'what is being written stays')
  await owner`update pay.kept_files set expires_at = expires_at - interval '2 hours' where generation_id = ${anna.id} and n = 3`
  await keep(sql, anna, 4, file(300), tight)
  t.strictSame(await keptOf(anna), [2, 4], 'what nobody goes on with makes room')
  t.equal(await total(), await sum())
})

t.test('files that come at once never pass a limit together', async t => {
  const people = await Promise.all([made(6), made(6), made(6)])
  const one = file(100)
  const ofAll = (await total()) + 500
  const asked = people.flatMap(ref => [1, 2, 3, 4, 5, 6].map(n => keep(sql, ref, n, one, { ofOne: 250, ofAll })))
  let most = 0
  const watching = until('all have come to an end', async () => {
    most = Math.max(most, await sum())
    return Promise.race([Promise.allSettled(asked).then(() => true), sleep(5).then(() => false)])
  })
  const ends = await Promise.allSettled(asked)
  await watching
  for (const end of ends)
    if (end.status === 'rejected')
      t.ok(end.reason instanceof Unknown || end.reason.code === 'kept_full', String(end.reason))
  t.ok(ends.some(({ status }) => status === 'fulfilled'))
  t.ok(most <= ofAll, `${most} of ${ofAll}`)
  for (const ref of people) t.ok((await keptOf(ref)).length <= 2)
  t.equal(await total(), await sum())
})

t.test('a chunk of a file that had to go comes to nothing', async t => {
  const anna = await made(2)
  const first = file(2 * chunk, 'first')
  await t.rejects(keep(dyingAfter(1), anna, 1, first), { message: 'killed' })
  await owner`update pay.kept_files set is_dropped = true, expires_at = now() where generation_id = ${anna.id}`
  t.match(await keptPut(sql, anna, 1, hashOf(first.content), 1, first.content.subarray(chunk)), [{ isStored: false }])
  await keep(sql, anna, 1, first)
  t.ok((await read(anna, 1)).equals(first.content))
  t.equal(await total(), await sum())
})
