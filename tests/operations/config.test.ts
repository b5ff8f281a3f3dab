import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import t from 'tap'
import { BadConfig, readConfig, secretsOf, variableNames } from '../../src/config.ts'

const token = `1234567890:${'a'.repeat(35)}`
const whole = {
  TELEGRAM_BOT_TOKEN: token,
  KIE_API_KEY: 'kie-canary-key',
  DATABASE_URL: 'postgres://u:db-canary@db.example.com/telegen',
  PUBLIC_URL: 'https://bot.example.com/',
  TELEGRAM_WEBHOOK_SECRET: 'w'.repeat(32),
  CALLBACK_SECRET: 'c'.repeat(32),
}
const problemsOf = (env: Record<string, string>): string[] => {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof BadConfig) return error.problems
    throw error
  }
}

t.test('a whole configuration is read, with the defaults of the table', async t => {
  t.match(readConfig({ ...whole, NODE_ENV: 'production' }), {
    production: true,
    publicUrl: 'https://bot.example.com',
    rates: { usdRubRate: '95', markup: '2.0' },
    startBonusKop: 0,
    maxActivePerUser: 3,
    freeDailyLimit: 10,
    freeHourlyLimit: 3,
    newFreeDailyLimit: 1_000,
    contentFilter: true,
    port: 8080,
    metricsPort: 9090,
    roles: { web: true, worker: true },
    secrets: [token, 'kie-canary-key', 'db-canary', 'w'.repeat(32), 'c'.repeat(32)],
  })
  t.equal(readConfig({ ...whole, START_BONUS_RUB: '50.5' }).startBonusKop, 50_50)
  t.strictSame(readConfig({ ...whole, ADMIN_IDS: '1, 22' }).adminIds, [1, 22])
})

t.test('everything that is missing is named at once', async t => {
  t.match(problemsOf({ NODE_ENV: 'production' }), [
    /^TELEGRAM_BOT_TOKEN is missing/,
    /^KIE_API_KEY/,
    /^DATABASE_URL/,
    /^PUBLIC_URL/,
  ])
  t.match(problemsOf({ TELEGRAM_BOT_TOKEN: token, KIE_API_KEY: 'kie-canary-key', PUBLIC_URL: 'https://x.example' }), [
    /^TELEGRAM_WEBHOOK_SECRET is missing/,
    /^CALLBACK_SECRET is missing/,
  ])
  t.strictSame(problemsOf({ TELEGRAM_BOT_TOKEN: token, KIE_API_KEY: 'kie-canary-key' }), [], 'enough to try it at home')
})

const wrong: Record<string, string[]> = {
  TELEGRAM_BOT_TOKEN: ['bot', '12:short'],
  KIE_API_KEY: ['short'],
  DATABASE_URL: ['mysql://x'],
  PUBLIC_URL: ['bot.example.com', 'http://bot.example.com', 'https://u:p@x.example', 'ftp://x.example'],
  TELEGRAM_WEBHOOK_SECRET: ['short', 'x'.repeat(31), `${'x'.repeat(32)}!`, 'ы'.repeat(32)],
  CALLBACK_SECRET: ['short'],
  TELEGRAM_API_ROOT: ['api.telegram.org'],
  KIE_BASE_URL: ['kie'],
  KIE_UPLOAD_URL: ['kie'],
  KIE_SAMPLE_URL: ['kie'],
  ADMIN_IDS: ['me', '1;2', '-5'],
  START_BONUS_RUB: ['-1', '1e3', '0.001', 'NaN', '１２'],
  USD_RUB_RATE: ['0', '0.0', '-95', 'NaN', '1e2', '95,5', 'Infinity'],
  PRICING_MARKUP: ['0.99', '0', '-2', '.5', 'x'],
  FREE_DAILY_LIMIT: ['-1', '1.5', 'ten'],
  FREE_HOURLY_LIMIT: ['-1'],
  NEW_FREE_DAILY_LIMIT: ['-1', 'many', '1.5'],
  STAR_RATE_RUB: ['0', '0.00', 'x'],
  PLANS: [
    'x',
    'basic:250',
    'Basic:250:500:2:10:5',
    'a:0:500:0:0:0',
    'a:10001:500:0:0:0',
    'a:1:0:0:0:0',
    'a:1:1:0:0:91',
    'a:1:1:0:0:0,a:2:2:0:0:0',
  ],
  MODELS: ['most', 'core,z-image', '+', 'all core'],
  TOPUP_PACKS_RUB: ['0', '-5', '100,,300', '99.5', 'x'],
  MANUAL_TOPUP_DETAILS: ['x'.repeat(1001)],
  PAYMENT_PROVIDER_TOKEN: ['cards', '765432109', 'abc:LIVE:token', '765432109:LIVE:a b'],
  PAYMENT_RECEIPT_VAT: ['0', '13', '20 %'],
  MAX_ACTIVE_PER_USER: ['0', '-1', 'x'],
  GROUP_ANSWERS_PER_MINUTE: ['0', '-1', 'x'],
  GROUP_MEMBER_PER_MINUTE: ['0', '1.5'],
  GROUP_MEMBER_DAILY_RUB: ['0', '-5', '1.5'],
  CONTENT_FILTER: ['yes', 'true'],
  BOT_NAME: ['я'.repeat(65)],
  PROFILE: ['yes', 'true'],
  EFFECTS: ['yes', 'no'],
  PORT: ['x', '99999', '-1'],
  METRICS_PORT: ['x', '8080'],
  DATABASE_OWNER_URL: ['mysql://x', 'postgres:x'],
  CLIENT_ADDRESS_HEADER: ['x', 'two words', 'x-forwarded-for:', '1st', 'x'.repeat(65)],
  ROLES: ['boss', 'web worker', ''],
  LOG_LEVEL: ['loud'],
  OTEL_EXPORTER_OTLP_ENDPOINT: ['collector:4318', 'https://u:p@collector.example'],
  OTEL_EXPORTER_OTLP_HEADERS: ['token', 'a=b,c', 'a b=c', 'a=b c'],
}
t.test('a wrong value is named with what is expected, and never printed', async t => {
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const problems = problemsOf({ ...whole, [name]: value })
      if (value === '') continue // empty counts as absent
      t.ok(problems.filter(problem => problem.startsWith(name)).length === 1, `${name}=${value} is refused, once`)
      if (value.length > 4) t.notOk(problems.join().includes(value), `${name}: the value is not printed`)
    }
  }
  const untested = variableNames.filter(
    name => !(name in wrong) && !['KIE_WEBHOOK_KEY', 'FREE_TIER_MODEL_IDS', 'HOST', 'NODE_ENV'].includes(name),
  )
  t.strictSame(untested, [], 'every variable has its refusal')
})

t.test('the process refuses to start with all problems in one message and exit code 1', async t => {
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', TELEGRAM_BOT_TOKEN: 'canary-token', USD_RUB_RATE: '0' }
  const { code, text } = await new Promise<{ code: unknown; text: string }>(resolve => {
    execFile(process.execPath, ['src/main.ts'], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code, text: stdout + stderr }),
    )
  })
  t.equal(code, 1)
  for (const name of ['TELEGRAM_BOT_TOKEN', 'KIE_API_KEY', 'DATABASE_URL', 'PUBLIC_URL', 'USD_RUB_RATE'])
    t.match(text, name)
  t.notMatch(text, 'canary-token')
})

t.test('what must never be written is known in each of its forms, and without a whole configuration too', async t => {
  const secrets = (more: Record<string, string>) => secretsOf({ ...whole, ...more })
  t.ok(secrets({ DATABASE_URL: 'postgres://u:pa%22ss%25@h/d' }).includes('pa"ss%'))
  t.ok(secrets({ DATABASE_URL: 'postgres://u:pw1!@h/d' }).includes('pw1!'))
  t.ok(secrets({ DATABASE_URL: 'postgres://u@h/d?password=in-the-query' }).includes('in-the-query'))
  t.ok(secrets({ DATABASE_URL: 'postgres://u:se#cret@h/d' }).includes('se#cret'), 'of what is no address')
  t.ok(secrets({ KIE_API_KEY: 'one,two,three' }).includes('one,two,three'), 'a comma parts nothing')
  const headers = secrets({ OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20abcd,tenant=7' })
  t.ok(headers.includes('Basic abcd') && headers.includes('Basic%20abcd') && !headers.includes('7'))
  t.strictSame(secretsOf({ PATH: '/bin' }), [])
})

t.test('a password that cannot be kept out of the log is refused in production', async t => {
  const short = { ...whole, DATABASE_URL: 'postgres://u:pg@h/d' }
  t.match(problemsOf({ ...short, NODE_ENV: 'production' }), [/^DATABASE_URL holds a secret of fewer than 4 characters/])
  t.strictSame(problemsOf(short), [], 'elsewhere it may be as short as people have it')
  t.strictSame(problemsOf({ ...whole, DATABASE_URL: 'postgres://u:pw1!@h/d', NODE_ENV: 'production' }), [])
})

t.test(
  'key-in-log: an address of a database that cannot be read is refused, and neither it nor its password is shown',
  async t => {
    const env = { PATH: process.env.PATH, ...whole }
    for (const url of [
      'postgres://u:se#cret9@host:5432/db',
      'postgres://u:se%zzcret9@127.0.0.1:1/db',
      'postgres://u:se"cret9@127.0.0.1:99999/db',
      'postgres://u:secret9@/db',
    ]) {
      t.match(problemsOf({ ...whole, DATABASE_URL: url }), [/^DATABASE_URL is not as expected/])
      // One that would be thrown by `URL`, one by `decodeURIComponent`.
      if (!/[#%]/.test(url)) continue
      for (const file of ['src/main.ts', 'src/doctor.ts', 'src/audit.ts']) {
        const text = await new Promise<string>(resolve => {
          execFile(process.execPath, [file], { env: { ...env, DATABASE_URL: url } }, (_, stdout, stderr) =>
            resolve(stdout + stderr),
          )
        })
        t.match(text, /DATABASE_URL is not as expected/, file)
        t.notMatch(text, /cret9/, `${file} with ${url}`)
      }
    }
  },
)

t.test('what is copied along with a key is named, and not what it is', async t => {
  const odd: [(key: string) => string, RegExp][] = [
    [key => `"${key}"`, /holds quotes/],
    [key => `'${key}'`, /holds quotes/],
    [key => `«${key}»`, /holds quotes/],
    [key => `Bearer ${key}`, /begins with «Bearer »/],
    [key => `bearer ${key}`, /begins with «Bearer »/],
    [key => `${key.slice(0, 12)} ${key.slice(12)}`, /holds a blank/],
    [key => `${key.slice(0, 12)}\r\n${key.slice(12)}`, /holds a line end/],
    [key => `${key}\nX-Injected: 1`, /holds a line end/],
    [key => `${key.slice(0, 12)}\u200b${key.slice(12)}`, /a sign that no key has/],
    [key => `TELEGRAM_BOT_TOKEN=${key}`, /begins with a name/],
  ]
  for (const [name, key] of [
    ['TELEGRAM_BOT_TOKEN', token],
    ['KIE_API_KEY', 'kie-canary-key'],
    ['KIE_WEBHOOK_KEY', 'kie-webhook-canary-key'],
  ] as const) {
    for (const [write, says] of odd) {
      const problems = problemsOf({ ...whole, [name]: write(key) })
      t.equal(problems.length, 1, JSON.stringify(write('key')))
      t.match(problems[0], new RegExp(`^${name} is not as expected: it .*${says.source}`))
      t.notMatch(problems[0], /canary|aaaa/)
    }
    t.strictSame(problemsOf({ ...whole, [name]: ` ${key}\n` }), [], 'what stands around it is left out')
  }
})

t.test('how TLS is used may be said beside an address that does not say it', async t => {
  const of = (DATABASE_URL: string, PGSSLMODE: string) => readConfig({ ...whole, DATABASE_URL, PGSSLMODE }).databaseUrl
  t.match(of('postgres://u:secret@h/d', 'no-verify'), /sslmode=no-verify/)
  t.match(of('postgres://u:secret@h/d?sslmode=verify-full', 'no-verify'), /sslmode=verify-full/)
  t.match(problemsOf({ ...whole, PGSSLMODE: 'requir' }), [/^PGSSLMODE is not as expected/])
})

t.test('tls-off: a start with TLS checks switched off is refused', async t => {
  t.match(problemsOf({ ...whole, NODE_TLS_REJECT_UNAUTHORIZED: '0' }), [/^NODE_TLS_REJECT_UNAUTHORIZED=0 switches TLS/])
  t.strictSame(problemsOf({ ...whole, NODE_TLS_REJECT_UNAUTHORIZED: '1' }), [])
})

t.test('token-in-error: what would make the library print the token is refused in production', async t => {
  const production = { ...whole, NODE_ENV: 'production' }
  for (const DEBUG of ['telegraf:client', 'telegraf:*', 'tele*', 'x,*', '*']) {
    t.match(problemsOf({ ...production, DEBUG }), [/^DEBUG would print secrets/], DEBUG)
  }
  // Node itself prints the address of each request, the token of Telegram's among it.
  for (const NODE_DEBUG of ['http', 'undici', 'fetch', 'net,tls', '*']) {
    t.match(problemsOf({ ...production, NODE_DEBUG }), [/^NODE_DEBUG would print secrets/], NODE_DEBUG)
  }
  t.strictSame(problemsOf({ ...production, DEBUG: '', NODE_DEBUG: '' }), [])
})

const read = (file: string) => readFileSync(file, 'utf8')

t.test(
  '.env.example has no secret, names only what is known, and is accepted once its empty values are filled',
  async t => {
    const example = parseEnv(read('.env.example')) as Record<string, string>
    t.strictSame(secretsOf(example), [])
    for (const name of Object.keys(example))
      t.ok(
        variableNames.some(known => known === name),
        name,
      )
    const missing = problemsOf(example).map(problem => problem.split(' ')[0]!)
    t.strictSame(
      missing.filter(name => example[name] !== ''),
      [],
      'what is wanted is there, and empty',
    )
    const filled = Object.fromEntries(missing.map(name => [name, (whole as Record<string, string>)[name] ?? '']))
    t.match(readConfig({ ...example, ...filled }), { production: true, publicUrl: 'https://bot.example.com' })
  },
)

t.test('the page about the configuration has a row for each variable, with its default', async t => {
  const page = read('docs/operations/configuration.md')
  const named = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(
    ([, names = '']) => names.match(/\w+/g) ?? [],
  )
  const alsoRead = ['PGSSLMODE', 'KIE_DOCS_URL']
  t.strictSame(named.sort(), [...variableNames, ...alsoRead].sort())
})

t.test('an older Node is told which one is needed, by each script that starts something', async t => {
  const { engines, scripts } = JSON.parse(read('package.json')) as {
    engines: { node: string }
    scripts: Record<string, string>
  }
  t.equal(engines.node, '>=24')
  for (const name of ['start', 'playground', 'migrate', 'models', 'models:check', 'doctor', 'audit', 'test']) {
    t.match(scripts[name], /^node src\/node-version\.cjs && exec /, name)
  }
  const startedWith = (version: string) => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`
    return spawnSync(process.execPath, ['-e', `${pretend}; require('./src/node-version.cjs')`], { encoding: 'utf8' })
  }
  t.match(startedWith('20.20.2'), {
    status: 1,
    stderr: /needs Node 24 or later\. This is Node 20\.20\.2 .*\nRun `npm ci`/,
  })
  t.match(startedWith('22.18.0'), { status: 1 })
  t.match(startedWith('24.0.0'), { status: 0, stderr: '' })
  t.match(startedWith('100.0.0'), { status: 0, stderr: '' })
})
