import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect as dial } from 'node:net'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { createLog } from '../../src/log.ts'
import { until, world } from '../support/world.ts'

// What stands around the code: the image, the packages, the process, the log, the roles of the database.
const read = (file: string) => readFileSync(file, 'utf8')
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => ({ file, text: read(`src/${file}`) }))
const { url, sql, owner, user } = await world(t)

t.test('secret-compare: secrets and MACs are compared in constant time, nowhere with an operator', async t => {
  const wrong =
    /\b(secret|mac|signature|digest)\w*\s*[!=]==\s*(?!undefined|null|'')|[!=]==\s*\w*(secret|mac|signature)\b/i
  const found = sources.filter(({ text }) => wrong.test(text.replace(/typeof \w+/g, '')))
  t.strictSame(
    found.map(({ file }) => `${file}: ${wrong.exec(found[0]!.text)?.[0]}`),
    [],
  )
  t.equal(sources.filter(({ text }) => text.includes('timingSafeEqual(')).length, 3, 'webhook, callbacks, links')
})

t.test('big-numbers: the largest ids and sums there are stay what they are', async t => {
  const id = 2 ** 52 - 1
  await user(id, 1_000_000_00)
  const [row] = await owner<{ id: string; kop: string }[]>`
    select user_id as id, balance_kop as kop from pay.wallets where user_id = ${id}`
  t.match(row, { id: String(id), kop: '100000000' })
  await t.rejects(sql`select ${2 ** 60}::bigint as n`, RangeError, 'what a number cannot hold is refused')
  await t.rejects(sql`select 9007199254740993::bigint as n`, RangeError)
})

t.test('log-injection: whatever is written to the log is one line of JSON', async t => {
  const lines: string[] = []
  const stream = new PassThrough()
  stream.on('data', data => lines.push(String(data)))
  const log = createLog({ level: 'info', secrets: ['a-secret'] }, stream)
  const tricks = '\u001b[31m\u009b31m\u007f\u0085\u2028\u2029\u202e\u2066\u200f\u0000\v\f\ud800'
  const forged = `x\r\n{"level":"fatal","msg":"forged"}${tricks}`
  class Odd extends Error {
    code = forged
  }
  log.info({ name: forged, [forged]: 1, err: new Odd(forged, { cause: new Error(forged) }) }, forged)
  log.info({ name: `a-secret ${forged}` }, 'a line that is scrubbed')
  await until('the lines', () => lines.length > 1)
  const text = lines.join('')
  t.equal(text.trimEnd().split('\n').length, 2)
  t.notMatch(
    text.replaceAll('\n', ''),
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u,
    'nothing that a terminal or a reader obeys',
  )
  const [first, second] = text.trimEnd().split('\n') as [string, string]
  t.match(JSON.parse(first), { level: 'info', name: forged, msg: forged, [forged]: 1 })
  t.match(JSON.parse(second), { name: /^\[secret\] x/ })
})

t.test(
  'secret-in-image: nothing gets into the image but what is named, and no secret is given while it is built',
  async t => {
    const ignored = read('.dockerignore')
      .split('\n')
      .filter(line => line && !line.startsWith('#'))
    t.equal(ignored[0], '*', 'everything is left out first')
    t.strictSame(ignored.filter(line => line.startsWith('!')).sort(), [
      '!Dockerfile',
      '!package-lock.json',
      '!package.json',
      '!sql',
      '!src',
    ])
    t.ok(ignored.includes('**/.*'), 'no hidden file, so no .env')
    const docker = read('Dockerfile')
    t.notMatch(docker, /COPY \. |ADD |(ARG|ENV) \w*(TOKEN|SECRET|KEY|PASSWORD|DATABASE_URL)/)
    t.notMatch(read('fly.toml'), /^\s*(TELEGRAM_BOT_TOKEN|KIE_API_KEY|DATABASE_URL|\w*SECRET\w*)\s*=/m)
  },
)

t.test('secret-in-image: npm run check finds keys by their shape, in files that are not added yet too', async t => {
  const dashes = '-'.repeat(5)
  const cwd = t.testdir({
    'token.ts': `const token = '${'1'.repeat(9)}:AA${'b'.repeat(33)}'`,
    'pem.txt': `${dashes}BEGIN PRIVATE KEY${dashes}`,
    'cloud.md': `AKIA${'A'.repeat(16)}`,
    'quoted.ts': `const api_key = '${'a1'.repeat(16)}'`,
    'plain.toml': `KIE_API_KEY=${'a1'.repeat(16)}`,
    'deploy.env.txt': 'nothing',
    '.env': 'A=b',
    '.env.production': 'A=b',
    '.env.example': 'A=',
    sub: { '.env.example': 'A=' },
  })
  const run = (...args: [string, string[]]) => spawnSync(...args, { cwd, encoding: 'utf8' })
  run('git', ['init', '--quiet'])
  const { status, stderr } = run(process.execPath, [`${process.cwd()}/.ci/check.ts`])
  t.equal(status, 1)
  t.strictSame(
    stderr
      .trim()
      .split('\n')
      .sort()
      .map(line => line.split(' ')[0]),
    ['.env', '.env.production', 'cloud.md', 'pem.txt', 'plain.toml', 'quoted.ts', 'sub/.env.example', 'token.ts'],
  )
})

t.test('node-inspector: the signal that opens the inspector of Node opens nothing', async t => {
  const [command] = /^CMD \[(.*)\]$/m.exec(read('Dockerfile'))!.slice(1)
  const flags = JSON.parse(`[${command}]`).filter((part: string) => part.startsWith('--'))
  t.notMatch(flags.join(), /inspect/)
  const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts
  t.match(scripts.start, / --disable-sigusr1 /, 'nor where it runs without the image')
  t.match(read('src/media/process.ts'), /'--disable-sigusr1',/, 'nor of the process that looks at files')
  const child = spawn(process.execPath, [...flags, '-e', 'process.stdout.write("up"); setInterval(() => {}, 1e3)'])
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', data => {
    said += data
  })
  await once(child.stdout, 'data')
  child.kill('SIGUSR1')
  const isOpen = await new Promise(resolve => {
    const socket = dial(9229, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    t.teardown(() => socket.destroy())
  })
  t.equal(isOpen, false)
  t.notMatch(said, /Debugger/)
})

t.test('media-library: no program and no native code reads what people or the upstream send', async t => {
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>
  }
  const used = Object.entries(lock.packages).filter(([, { dev, optional }]) => !dev && !optional)
  t.strictSame(
    used.map(([name]) => name).filter(name => /ffmpeg|sharp|imagemagick|canvas|libvips/.test(name)),
    ['node_modules/@imagemagick/magick-wasm'],
    'WebAssembly, which reaches nothing but its own memory',
  )
  const decoders = sources.filter(({ text }) => text.includes("from '@imagemagick/")).map(({ file }) => file)
  t.strictSame(decoders.sort(), ['media/convert/picture.ts', 'media/convert/preview.ts'])
  const loaders = sources
    .filter(({ text }) => /(from|import\() ?'.*\/(picture|preview)\.ts'/.test(text))
    .map(({ file }) => file)
  t.strictSame(loaders, ['media/convert/file.ts'])
  const askers = sources.filter(({ text }) => /import \{[^}]*convertFile/.test(text)).map(({ file }) => file)
  t.strictSame(askers, ['media/convert/child.ts'], 'in a process apart, and nowhere else')
  const callers = sources.filter(({ text }) => text.includes('node:child_process')).map(({ file }) => file)
  t.strictSame(
    callers.sort(),
    ['embedded-postgres/embedded-postgres.ts', 'main.ts', 'media/process.ts'],
    'a database, the commit at the start, and our own readers of files in a process apart',
  )
})

t.test('sql-injection: a text of SQL is a text, and statements are never put together', async t => {
  for (const { file, text } of sources) {
    // The provider's words hold this one, and migrations are texts.
    if (file !== 'upstream/wordings/content.ts' && file !== 'database/migrate.ts')
      t.notMatch(text, /\bunsafe\b|\[['"`]unsafe|executeSql|\bsql\((?!text, \.\.\.values\))/, file)
  }
  // What goes to the job engine's own connection is that engine's; migrations have theirs.
  t.strictSame(
    sources.filter(({ text }) => /from 'pg'|from 'pg-boss'/.test(text)).map(({ file }) => file),
    ['database/transaction.ts', 'jobs/queue.ts', 'jobs/workers.ts'],
  )
  const dynamic = await owner<{ name: string }[]>`
    select proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'pay' and prosrc ~* '\\mexecute\\M'`
  t.strictSame([...dynamic], [], 'no function makes a statement of a text')
  const [{ open }] = (await owner`
    select coalesce(array_agg(proname::text), '{}')::text as open from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'pay' and prosecdef and not coalesce(array_to_string(proconfig, ',') like '%search_path=pg_catalog%', false)`) as [
    { open: string },
  ]
  t.equal(open, '{}', 'a function with the rights of the owner has a search path of its own')
})

t.test('role-rights, data-copy: the service’s role reads no file, runs no program and copies nothing out', async t => {
  const denied = async (what: Promise<unknown>, about: string) => t.rejects(what, { code: '42501' }, about)
  await denied(sql`copy pay.wallets to program 'cat'`, 'copy to a program')
  await denied(sql`copy pay.wallets to '/tmp/wallets'`, 'copy to a file')
  await denied(sql`select pg_read_file('PG_VERSION')`, 'read a file')
  await denied(sql`truncate pay.inbox`, 'truncate')
  await denied(sql`alter table pay.wallets disable trigger all`, 'put triggers to sleep')
  await denied(sql`set session_replication_role = replica`, 'look away from constraints')
  const [role] = await owner`
    select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
      pg_has_role(rolname, 'pg_read_all_data', 'member') as reads_all
    from pg_roles where rolname = 'pay_app'`
  t.strictSame(
    { ...role },
    {
      rolsuper: false,
      rolcreatedb: false,
      rolcreaterole: false,
      rolreplication: false,
      rolbypassrls: false,
      reads_all: false,
    },
  )
  t.match(url, /^postgres/)
})

t.test('pool-leak: nothing hangs on a setting of the session, which a pooler would give to somebody else', async t => {
  const [{ n }] = (await owner`select count(*)::int as n from pg_policies`) as [{ n: number }]
  t.equal(n, 0, 'rows are kept apart by the arguments of functions, not by policies')
  const setting = /set_config|\bset\s+(local|session|role)\b|current_setting|sql`\s*(re)?set\s|pg_(try_)?advisory_lock/i
  for (const { file, text } of sources) {
    // The doctor reads what is set for the whole server.
    if (!/^(database\/migrate|embedded-postgres|doctor)/.test(file)) t.notMatch(text, setting, file)
  }
  const bodies = await owner<{ name: string; body: string }[]>`
    select proname as name, prosrc as body from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'pay'`
  t.ok(bodies.length > 50)
  // The event of a run goes with its statement, and ends with it.
  const own = /set_config\('telegen\.event', [^;]*, true\)|current_setting\('telegen\.event', true\)/g
  for (const { name, body } of bodies) t.notMatch(body.replaceAll(own, ''), setting, name)
  // As any other client of the pooler would have them: bounds of time, and a name.
  const [, opening = ''] = /connection: \{(.*?)\n {4}\}/s.exec(read('src/database/db.ts')) ?? []
  const set = [...opening.replace(/\/\/.*/g, '').matchAll(/(\w+)(?=: )/g)].map(([name]) => name).sort()
  const bounds = ['idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout', 'tcp_user_timeout']
  t.strictSame(set, ['application_name', ...bounds, 'work_mem'])
})

t.test('replaced-package: every package is pinned by its content, and none of production runs a script', async t => {
  type Package = {
    version: string
    integrity?: string
    hasInstallScript?: boolean
    dev?: boolean
    optional?: boolean
    inBundle?: boolean
  }
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Package> }
  const installed = Object.entries(packages).filter(([name, { inBundle }]) => name !== '' && !inBundle)
  t.ok(installed.length > 100)
  t.strictSame(
    installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([name]) => name),
    [],
  )
  const scripts = installed.filter(([, one]) => one.hasInstallScript && !one.dev && !one.optional)
  t.strictSame(
    scripts.map(([name]) => name),
    [],
  )
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    t.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${name} is pinned`)
  }
  t.match(read('Dockerfile'), /npm ci --omit=dev --omit=optional --ignore-scripts/)
})

t.test(
  'image-escape: the image runs as nobody in particular, without tools of development, and needs no place to write',
  async t => {
    const docker = read('Dockerfile')
    const last = docker.slice(docker.lastIndexOf('\nFROM'))
    const user = [...last.matchAll(/^USER (\S+)$/gm)].at(-1)
    t.match(user?.[1], /^[1-9]\d*:[1-9]\d*$/, 'a number, and not root’s')
    t.ok(user!.index < last.indexOf('\nCMD'))
    const versions = [...docker.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)
    t.strictSame([...new Set(versions)].length, 1)
    t.match(versions[0], /^node:\d+\.\d+\.\d+-slim@sha256:[0-9a-f]{64}$/, 'by what is in it, not by a name that moves')
    const writers = sources
      .filter(({ text }) => /writeFile|createWriteStream|mkdtemp|mkdir\(/.test(text))
      .map(({ file }) => file)
    // The process that looks at files is told how dispensable it is, in /proc.
    for (const file of writers.filter(file => !file.startsWith('embedded-postgres/') && file !== 'media/process.ts')) {
      t.match(
        sources.find(one => one.file === file)!.text,
        /tmpdir\(\)|dir\b/,
        `${file} writes below the temporary folder`,
      )
    }
  },
)

t.test('each of the sixty-five rows has a test with its name, and docs/security.md says where', async t => {
  const rows = [...read('docs/security.md').matchAll(/^\| ([a-z]+(?:-[a-z]+)+) \|.*\| ([\w, /-]+) \|$/gm)]
  const table = new Map(rows.map(([, name = '', files = '']) => [name, files]))
  t.equal(rows.length, 65)
  t.equal(table.size, 65, 'no two rows have one name')
  const marked = new Map<string, Set<string>>()
  for (const file of readdirSync('tests', { recursive: true, encoding: 'utf8' })
    .sort()
    .filter(file => file.endsWith('.test.ts'))) {
    for (const [, , title = ''] of read(`tests/${file}`).matchAll(/(?:t\.test|story)\(\s*(['`])(.*?)\1,/gs)) {
      const [, names = ''] = /^([a-z]+(?:-[a-z]+)+(?:, [a-z]+(?:-[a-z]+)+)*): /.exec(title) ?? []
      for (const name of names.split(', ').filter(Boolean)) {
        marked.set(name, (marked.get(name) ?? new Set()).add(file.replace('.test.ts', '')))
      }
    }
  }
  for (const [name, files] of table) t.strictSame(files.split(', '), [...(marked.get(name) ?? [])], name)
  t.strictSame(
    [...marked.keys()].filter(name => !table.has(name)),
    [],
    'no test names a row that is not there',
  )
})
