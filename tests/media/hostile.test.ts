// Files that are small to send and dear to look at: each is refused or read for what it is, by a process that lives on,
// and costs the service itself neither memory nor its event loop. Those that cost more than any real one end the
// process that looks at them, and nothing else.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { createInspector, type Inspect, provider } from '../../src/media/inspector.ts'
import type { Limits } from '../../src/media/process.ts'
import { createTurns } from '../../src/media/turns.ts'
import { nearly, traps, whole } from '../support/media/hostile.ts'
import { jpegOf, mp4Of } from '../support/media/media.ts'
import { until } from '../support/world.ts'

const dir = await mkdtemp(join(tmpdir(), 'telegen-'))
t.teardown(() => rmSync(dir, { recursive: true, force: true }))
t.setTimeout(300_000)
const bytes = 19 * 1_048_576
// The clock of a machine that has much else to do; the processor's time is as it is.
const patient = { limits: { cpuMs: 8_000, wallMs: 60_000 } }
const photo = join(dir, 'photo')
writeFileSync(photo, jpegOf(64, 48).bytes)
const film = join(dir, 'film')
writeFileSync(film, (await mp4Of()).bytes)

/** An inspector of this test, with what it wrote to the log. */
function inspectorOf(t: Test, options: Partial<Parameters<typeof createInspector>[0]> = {}) {
  const given: string[] = []
  const log = pino({ level: 'warn' }, { write: line => void given.push(JSON.parse(line).why) })
  const inspector = createInspector({ folders: [dir], log, ...options })
  t.teardown(() => inspector.close())
  return { ...inspector, given }
}

/** The kind, or the code of the refusal; anything else is thrown. */
const outcome = (inspect: Inspect, path: string, owner = '1') =>
  inspect(path, { owner }).then(
    found => found.kind as string,
    error => {
      if (error.name !== 'Refused') throw error
      return error.code as string
    },
  )

function written(make: () => Buffer): string {
  const path = join(dir, 'hostile')
  writeFileSync(path, make())
  return path
}

t.test('each trap is refused by the count of its parts, and costs nobody a process', async t => {
  const { inspect, given } = inspectorOf(t, patient)
  await outcome(inspect, photo)
  const before = process.memoryUsage().rss
  let grown = 0
  for (const { name, make, is } of traps(bytes)) {
    const path = written(make)
    const start = process.memoryUsage().rss
    t.equal(await outcome(inspect, path), is, name)
    grown = Math.max(grown, process.memoryUsage().rss - start)
    t.equal(await outcome(inspect, photo), 'image', 'the next file is read')
  }
  t.strictSame(given, [], 'no process was ended for any of them')
  t.ok(grown < 30 * 1_048_576, `${Math.round(grown / 1_048_576)} MB with one file at most`)
  t.comment(
    `${Math.round((process.memoryUsage().rss - before) / 1_048_576)} MB with all of them, their making included`,
  )
})

t.test('what comes close to the limits is read without an end', async t => {
  const { inspect, given } = inspectorOf(t, patient)
  for (const { name, make } of nearly())
    t.match(await outcome(inspect, written(make)), /^(video|audio|image|not_media)$/, name)
  t.strictSame(given, [])
})

t.test('long films and recordings of honest people pass', async t => {
  const { inspect, given } = inspectorOf(t, patient)
  for (const { name, make, kind, seconds } of whole()) {
    const found = await inspect(written(make), { owner: '1' })
    t.equal(found.kind, kind, name)
    if (seconds) t.ok(Math.abs((found.seconds ?? 0) - seconds) < 0.1, `${name}: ${found.seconds} s`)
  }
  t.strictSame(given, [])
})

t.test('what the question does not want is refused by its first bytes, and no process starts', async t => {
  const { inspect, pids } = inspectorOf(t)
  const refusal = (path: string, accept: ('image' | 'video' | 'audio')[]) =>
    t.rejects(inspect(path, { owner: '1', accept }), { name: 'Refused', code: 'wrong_kind' })
  await refusal(film, ['image'])
  await refusal(photo, ['video', 'audio'])
  for (const { make, is } of traps(4_096).filter(one => one.name.startsWith('udta') || one.name.startsWith('Ogg'))) {
    if (is === 'not_media') await refusal(written(make), ['image'])
  }
  await t.rejects(
    inspect(
      written(() => Buffer.alloc(0)),
      { owner: '1' },
    ),
    { name: 'Refused', code: 'empty' },
  )
  await t.rejects(
    inspect(
      written(() => Buffer.alloc(9_999)),
      { owner: '1' },
    ),
    { name: 'Refused', code: 'not_media' },
  )
  t.strictSame(pids(), [])
  // A container of films: whether pictures are in it shows inside.
  await refusal(film, ['audio'])
  t.equal((await inspect(film, { owner: '1', accept: ['video'] })).kind, 'video')
})

t.test('a file that costs too much ends its process: it is refused in words, and the next one works', async t => {
  const heavy = nearly().find(one => one.name === 'tables')!
  const lots: [string, Partial<Limits>, RegExp][] = [
    ['of the processor', { cpuMs: 150, wallMs: 60_000 }, /over 150 ms of the processor/],
    ['of memory', { rssMb: 110, wallMs: 60_000 }, /over 110 MB/],
    ['of the heap', { heapMb: 18, cpuMs: 60_000, wallMs: 60_000 }, /died/],
  ]
  for (const [what, limits, why] of lots) {
    const { inspect, given, pids } = inspectorOf(t, { limits })
    // The process that starts with the first file is warm for the second.
    await inspect(photo, { owner: '1' }).catch(() => {})
    const [pid] = pids()
    t.equal(await outcome(inspect, written(heavy.make)), 'not_media', what)
    t.match(given.at(-1), why)
    t.notSame(pids(), [pid], 'it is gone')
    t.equal(await outcome(inspect, photo), 'image', 'the next file is read')
  }
})

t.test('where the machine has no time for it, the file is not to blame', async t => {
  const { inspect, given, pids } = inspectorOf(t, { size: 1, limits: { wallMs: 2_000 } })
  await outcome(inspect, photo)
  for (const pid of pids()) process.kill(pid, 'SIGSTOP')
  await t.rejects(inspect(photo, { owner: '1' }), { name: 'Unknown', message: 'not done within 2000 ms' })
  t.equal(await outcome(inspect, photo), 'image')
  t.strictSame(given, [])
})

t.test('a process that is killed from outside costs its file, and no other', async t => {
  const { inspect, pids } = inspectorOf(t)
  await outcome(inspect, photo)
  const heavy = outcome(inspect, written(nearly().find(one => one.name === 'tables')!.make)).catch(error => error.name)
  await new Promise(resolve => setTimeout(resolve, 50))
  for (const pid of pids()) process.kill(pid, 'SIGKILL')
  t.match(await heavy, /Unknown|video/)
  t.equal(await outcome(inspect, photo), 'image')
  // Between two files nobody loses anything.
  for (const pid of pids()) process.kill(pid, 'SIGKILL')
  await until('they are gone', () => pids().length === 0)
  t.equal(await outcome(inspect, photo), 'image')
})

t.test('whoever goes away leaves: waiting, its place; at work, its process', async t => {
  const { inspect, pids } = inspectorOf(t, { size: 1 })
  await outcome(inspect, photo)
  const [pid] = pids()
  process.kill(pid!, 'SIGSTOP') // it is at work for as long as it takes
  const [first, second] = [new AbortController(), new AbortController()]
  const working = inspect(written(nearly()[0]!.make), { owner: '1', signal: first.signal })
  const waiting = inspect(photo, { owner: '2', signal: second.signal })
  await new Promise(resolve => setTimeout(resolve, 50)) // both have had their first look
  second.abort(new Error('the second went'))
  await t.rejects(waiting, { message: 'the second went' })
  first.abort(new Error('the first went'))
  await t.rejects(working, { message: 'the first went' })
  t.equal(await outcome(inspect, photo), 'image')
  t.notSame(pids(), [pid])
  const gone = { owner: '3', signal: AbortSignal.abort(new Error('never came')) }
  await t.rejects(inspect(photo, gone), { message: 'never came' })
})

t.test('owners take turns: many files of one wait for each other, and the provider has every other turn', async t => {
  const turns = createTurns(['a', 'b'], { provider, patienceMs: 60_000, prefer: () => true })
  const order: string[] = []
  const held = new Map<string, string>()
  const take = (owner: string) =>
    turns.take(owner).then(place => {
      order.push(owner)
      t.notOk(held.has(owner), 'one at a time')
      held.set(owner, place)
    })
  const give = async (owner: string) => {
    const place = held.get(owner)!
    held.delete(owner)
    turns.give(owner, place)
    await new Promise(resolve => setImmediate(resolve))
  }
  for (let n = 0; n < 5; n += 1) void take('anna')
  for (let n = 0; n < 5; n += 1) void take(provider)
  for (const owner of ['boris', 'vera', 'gleb']) void take(owner)
  await new Promise(resolve => setImmediate(resolve))
  while (held.size > 0) for (const owner of [...held.keys()]) await give(owner)
  t.equal(order.length, 13)
  t.strictSame(order.slice(0, 2).sort(), ['anna', provider].sort())
  const second = order.indexOf('anna', order.indexOf('anna') + 1)
  for (const owner of ['boris', 'vera', 'gleb']) t.ok(order.indexOf(owner) < second, `${owner} before her second`)
  for (let n = 0; n < 6; n += 1) t.ok(order.slice(n, n + 3).includes(provider), 'results are never far')
})

t.test('waiting has bounds: a number for one, a time for all', async t => {
  const { inspect, close } = inspectorOf(t, { size: 1, patienceMs: 60_000 })
  const many = Array.from({ length: 40 }, () => outcome(inspect, photo).catch(error => error.name))
  const results = await Promise.all(many)
  t.ok(results.includes('Unknown') && results.filter(one => one === 'image').length >= 30, String(results))

  const name = (promise: Promise<unknown>) => promise.then(() => 'found').catch(error => error.name)
  const hasty = inspectorOf(t, { size: 1, patienceMs: 1 })
  const heavy = written(nearly()[0]!.make)
  const two = await Promise.all(['1', '2'].map(owner => name(outcome(hasty.inspect, heavy, owner))))
  t.strictSame(two.sort(), ['Unknown', 'found'], 'one has the place, the other waits in vain')

  const last = Promise.all(['1', '2', '2'].map(owner => name(outcome(inspect, heavy, owner))))
  await new Promise(resolve => setTimeout(resolve, 30))
  close()
  t.strictSame(await last, ['Unknown', 'Unknown', 'Unknown'])
  t.equal(await name(inspect(photo, { owner: '1' })), 'Unknown')
})

t.test('the process knows no secrets, reads its folder alone, and has bounds of the system', async t => {
  process.env.CANARY = 'canary-in-the-environment'
  t.teardown(() => delete process.env.CANARY)
  const { inspect, pids } = inspectorOf(t)
  await outcome(inspect, photo)
  const [pid] = pids()
  const outside = t.testdir({ photo: readFileSync(photo) })
  await t.rejects(inspect(join(outside, 'photo'), { owner: '1' }), {
    name: 'Error',
    message: /could not be looked at: Error: Access to this API has been restricted/,
  })
  t.equal(await outcome(inspect, photo), 'image')
  if (process.platform !== 'linux') return
  t.notMatch(readFileSync(`/proc/${pid}/environ`, 'latin1'), /canary|PATH=/)
  const limits = readFileSync(`/proc/${pid}/limits`, 'latin1')
  t.match(limits, /Max cpu time +60 +60 /, 'an orphan in a loop is ended by the kernel')
  t.match(limits, /Max file size +0 +0 /)
  t.equal(readFileSync(`/proc/${pid}/oom_score_adj`, 'latin1').trim(), '1000', 'the first to go when memory is short')
})

t.test('a process ends when nobody has a file, and with the one that started it', async t => {
  const { inspect, pids } = inspectorOf(t, { idleMs: 1 })
  await outcome(inspect, photo)
  await until('it ends', () => pids().length === 0)

  const script = `
    import { createInspector } from './src/media/inspector.ts'
    const { inspect, pids } = createInspector({ folders: [${JSON.stringify(dir)}], log: { warn() {} } })
    await inspect(${JSON.stringify(photo)}, { owner: '1' })
    process.stdout.write(String(pids()[0]))
    setInterval(() => {}, 1_000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => parent.kill('SIGKILL'))
  const [pid] = await once(parent.stdout, 'data')
  parent.kill('SIGKILL')
  const isThere = () => {
    try {
      return process.kill(Number(pid), 0)
    } catch {
      return false
    }
  }
  await until('its process is gone', () => !isThere())
})
