import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { type Embedded, lifeOf, startEmbedded } from '../../src/embedded-postgres/embedded-postgres.ts'
import { freshDatabase, testServer } from '../support/postgres.ts'

const module = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
const isRoot = process.getuid?.() === 0

t.jobs = 3 // each has a folder of its own

// One cluster is made, the others are copies of it: making one takes half a second.
const original = fs.mkdtempSync(join(tmpdir(), 'telegen-embedded-'))
const settings = { fsync: 'off' } // a killed process loses nothing by it
await (await startEmbedded({ dataDir: original, settings, tied: true })).stop()
fs.rmSync(join(original, 'launch.json'))
t.teardown(() => fs.rmSync(original, { recursive: true, force: true }))

function dataFolder(t: Test): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'telegen-embedded-'))
  execFileSync('cp', ['-a', `${original}/.`, folder])
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

async function start(t: Test, dataDir: string): Promise<Embedded> {
  const server = await startEmbedded({ dataDir, settings, tied: true })
  t.teardown(() => server.stop())
  return server
}

async function ask(url: string, query: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 2, onnotice: () => {} })
  try {
    return [...(await sql.unsafe(query))]
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 15_000; !(await holds()); await sleep(10)) {
    if (Date.now() > end) throw new Error(`never came true: ${what}`)
  }
}

const listens = (url: string) =>
  new Promise<boolean>(done => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => done(!socket.destroy().connecting))
    socket.once('error', () => done(false))
  })

/** Runs JavaScript in another process, which prints one line and stays. */
async function program(t: Test, code: string, command: string[] = [], ids: { uid?: number; gid?: number } = {}) {
  const [first, ...rest] = [...command, process.execPath, '--input-type=module', '--eval', code]
  const child: ChildProcess = spawn(first!, rest, { ...ids, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, cwd: '/' })
  t.teardown(() => child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout?.on('data', data => (out += data))
  child.stderr?.on('data', data => (err += data))
  await until(() => out.includes('\n') || child.exitCode !== null, 'the other process prints a line')
  return { child, line: out.trim(), err }
}

const starter = (dataDir: string, then: string) => `
  const { startEmbedded } = await import(${module('../../src/embedded-postgres/embedded-postgres.ts')})
  const server = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, settings: { fsync: 'off' }, tied: true })
  console.log(JSON.stringify(server))
  ${then}`

const stay = 'setInterval(() => {}, 1_000)'

t.test('a server starts, answers to its password alone, and is gone when stop resolves', async t => {
  const server = await start(t, dataFolder(t))
  t.strictSame(await ask(server.url, `select lower('ЖЁ') as word, inet_server_addr()::text as address`), [
    { word: 'жё', address: '127.0.0.1/32' },
  ])
  const stranger = new URL(server.url)
  stranger.password = 'guess'
  await t.rejects(ask(stranger.href, 'select 1'), { code: '28P01' })
  await server.stop()
  t.equal(lifeOf(server.pid), undefined)
  t.equal(await listens(server.url), false)
  await server.stop()
})

t.test('who starts it a second time gets the running one and cannot stop it', async t => {
  const dataDir = dataFolder(t)
  const server = await start(t, dataDir)
  const again = await startEmbedded({ dataDir })
  t.equal(again.pid, server.pid)
  t.equal(again.url, server.url)
  await again.stop()
  t.strictSame(await ask(server.url, 'select 1 as one'), [{ one: 1 }])
})

t.test('three starters at the same moment, one in another process, share one server', async t => {
  const dataDir = dataFolder(t)
  const [here, too, there] = await Promise.all([
    start(t, dataDir),
    start(t, dataDir),
    program(t, starter(dataDir, stay)),
  ])
  t.equal(too.pid, here.pid)
  t.equal((JSON.parse(there.line) as Embedded).pid, here.pid)
})

t.test('the first start in an empty folder may be raced too', async t => {
  const dataDir = join(dataFolder(t), 'new')
  const [one, two] = await Promise.all([start(t, dataDir), start(t, dataDir)])
  t.equal(one.pid, two.pid)
})

t.test('after SIGKILL of the server every committed row is there, under the same address', async t => {
  const dataDir = dataFolder(t)
  const server = await start(t, dataDir)
  await ask(server.url, `create table paid as select 'yes' as answer`)
  process.kill(server.pid, 'SIGKILL')
  const next = await start(t, dataDir)
  t.not(next.pid, server.pid)
  t.equal(next.url, server.url)
  t.strictSame(await ask(next.url, 'select answer from paid'), [{ answer: 'yes' }])
})

t.test('a pid file that names a living process of somebody else does not keep it from starting', async t => {
  const dataDir = dataFolder(t)
  const cluster = join(dataDir, 'cluster')
  const { child } = await program(t, `console.log('here');${stay}`)
  fs.writeFileSync(join(cluster, 'postmaster.pid'), `${child.pid}\n${cluster}\n0\n5432\n\n127.0.0.1\n0 0\nready\n`)
  const server = await start(t, dataDir)
  t.ok(lifeOf(child.pid!), 'and leaves that process alone')
  t.strictSame(await ask(server.url, 'select 1 as one'), [{ one: 1 }])
})

t.test('a lock left by a process that was killed is cleared', async t => {
  const dataDir = dataFolder(t)
  const { child } = await program(t, `console.log('here');${stay}`)
  const life = lifeOf(child.pid!)!
  child.kill('SIGKILL')
  await once(child, 'exit')
  fs.writeFileSync(join(dataDir, 'lock'), life)
  await t.resolves(start(t, dataDir))
})

t.test('a port taken meanwhile is replaced', async t => {
  const dataDir = dataFolder(t)
  const thief = createServer().listen(0, '127.0.0.1')
  await once(thief, 'listening')
  t.teardown(() => thief.close())
  const { port } = thief.address() as { port: number }
  fs.writeFileSync(join(dataDir, 'launch.json'), JSON.stringify({ port }))
  t.not(new URL((await start(t, dataDir)).url).port, `${port}`)
})

t.test('a tied server ends when its process is killed, and the next start finds its data', async t => {
  const dataDir = dataFolder(t)
  const { child, line, err } = await program(t, starter(dataDir, stay))
  if (!line) throw new Error(err)
  const server = JSON.parse(line) as Embedded
  await ask(server.url, 'create table kept as select 1 as one')
  child.kill('SIGKILL')
  if (process.platform === 'linux') await until(() => lifeOf(server.pid) === undefined, 'the server ends')
  const next = await start(t, dataDir)
  t.strictSame(await ask(next.url, 'select one from kept'), [{ one: 1 }])
})

t.test('what Postgres says against a setting reaches the caller', async t => {
  const started = startEmbedded({ dataDir: dataFolder(t), settings: { shared_buffers: 'many' } })
  await t.rejects(started, { message: /invalid value for parameter "shared_buffers"/ })
})

// Accounts: what this machine cannot show is skipped, and the name says why.
type Ids = { uid: number; gid: number } | Record<string, never>
const ways: { name: string; command: string[]; ids: Ids; owner?: Ids }[] = [
  { name: 'root', command: [], ids: {} },
  { name: 'root in a container', command: asInContainer(), ids: {} },
  { name: 'an ordinary user', command: [], ids: { uid: 65534, gid: 65534 } },
  { name: 'a user without a name', command: [], ids: { uid: 54321, gid: 54321 } },
  { name: 'root in the folder of another user', command: [], ids: {}, owner: { uid: 65534, gid: 65534 } },
  { name: 'root in the folder of a user without a name', command: [], ids: {}, owner: { uid: 54321, gid: 54321 } },
]
for (const { name, command, ids, owner = ids } of ways) {
  // Where root may not run it, the server runs as the folder's owner, or as nobody, and must reach its programs.
  const server: Ids = 'uid' in owner ? owner : command.length > 0 ? { uid: 65534, gid: 65534 } : {}
  const obstacle = isRoot ? (obstacleFor(command, ids) ?? obstacleFor([], server)) : 'needs root to change user'
  t.test(`${name} can start and stop it${obstacle ? ` (skipped: ${obstacle})` : ''}`, { skip: !!obstacle }, async t => {
    const dataDir = fs.mkdtempSync(join(tmpdir(), 'telegen-embedded-'))
    t.teardown(() => fs.rmSync(dataDir, { recursive: true, force: true }))
    if ('uid' in owner) fs.chownSync(dataDir, owner.uid, owner.gid)
    const { child, line, err } = await program(
      t,
      starter(dataDir, 'await server.stop(); console.log("down")'),
      command,
      ids,
    )
    t.match(line, /"pid":\d+/, err)
    await until(() => child.exitCode !== null, 'it stops the server and ends')
    t.equal(child.exitCode, 0, err)
  })
}

/** What a container leaves to root: no user namespaces (the program that makes them fails) and few capabilities. */
function asInContainer() {
  const left = '-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap'
  const script = 'mount --bind /bin/false "$(command -v unshare)" && exec setpriv --bounding-set "$@"'
  return ['unshare', '-m', '--', 'sh', '-c', script, 'sh', left]
}

function obstacleFor(command: string[], ids: { uid?: number; gid?: number }): string | undefined {
  const files = JSON.stringify([
    import.meta.filename,
    join(import.meta.dirname, '../../node_modules/postgres/package.json'),
  ])
  const [first, ...rest] = [...command, process.execPath, '-e', `${files}.forEach(f => fs.accessSync(f))`]
  try {
    execFileSync(first!, rest, { ...ids, stdio: 'ignore', cwd: '/' })
    return undefined
  } catch {
    return command.length > 0 ? 'no mount namespaces here' : `uid ${ids.uid} cannot enter this folder`
  }
}

t.test('databases of the test server are apart, made from one template, and gone when dropped', async t => {
  let migrations = 0
  const migrate = async (url: string) => {
    migrations += 1
    await ask(url, 'create table thing as select 1 as one')
  }
  const key = `embedded-postgres.test ${process.pid}`
  const [one, two] = await Promise.all([freshDatabase(migrate, key), freshDatabase(migrate, key)])
  t.equal(migrations, 1)
  await ask(one.url, 'update thing set one = 2')
  t.strictSame(await ask(two.url, 'select one from thing'), [{ one: 1 }])
  await Promise.all([one.drop(), two.drop()])
  await t.rejects(ask(one.url, 'select 1'), { code: '3D000' })
  t.equal(await testServer(), await testServer())
})

t.test('a migration that failed halfway is done again from nothing', async t => {
  const key = `embedded-postgres.test halfway ${process.pid}`
  const half = async (url: string) => {
    await ask(url, 'create table thing (one int)')
    throw new Error('halfway')
  }
  await t.rejects(freshDatabase(half, key), { message: 'halfway' })
  const { url, drop } = await freshDatabase(async url => void (await ask(url, 'create table thing (two int)')), key)
  t.strictSame(await ask(url, 'select two from thing'), [])
  await drop()
})

t.test('a test run that is killed leaves no server and no folder', async t => {
  const code = `
    const { testServer } = await import(${module('../support/postgres.ts')})
    console.log(await testServer())
    ${stay}`
  const { child, line, err } = await program(t, code)
  t.match(line, /^postgres:/, err)
  const folder = join('/tmp', `telegen-tests-${process.getuid?.() ?? ''}-${lifeOf(child.pid!)}`)
  t.ok(fs.existsSync(folder))
  child.kill('SIGKILL')
  await until(async () => !(await listens(line)), 'the server is gone')
  await until(() => !fs.existsSync(folder), 'the folder is gone')
})
