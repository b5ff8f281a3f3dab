import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { BadAddress, readAddress, sslModes } from './address.ts'
import { shortestSecret } from './scrub.ts'

// Begins at the first of them only: a run of slashes inside is read once, not once from each.
const trailingSlashes = /(?<!\/)\/+$/

/** What the operator set, checked. Money is in kopecks, rates are exact decimals as text. */
export type Config = {
  production: boolean
  botToken: string
  kieApiKey: string
  /** Absent outside production: the embedded server. */
  databaseUrl: string | undefined
  /** Of the role that owns the tables, where `databaseUrl` is a login of the service's own. */
  ownerUrl: string | undefined
  /** Absent outside production: long polling instead of a webhook. No trailing slash. */
  publicUrl: string | undefined
  /** The first is given to Telegram; an update may still carry one of the others. */
  webhookSecrets: string[]
  callbackSecret: string | undefined
  kieWebhookKey: string | undefined
  telegramApiRoot: string
  kieBaseUrl: string
  kieUploadUrl: string
  adminIds: number[]
  startBonusKop: number
  rates: { usdRubRate: string; markup: string }
  freeModelIds: string[] | undefined
  freeDailyLimit: number
  freeHourlyLimit: number
  /** Free runs a day of all accounts together that are younger than a week and have paid nothing. */
  newFreeDailyLimit: number
  /** Rubles credited per Telegram Star, an exact decimal. */
  starRateRub: string
  /** What can be added at once, kopecks. */
  packsKop: number[]
  /** Where to transfer money to, in words for the person; absent while that way is off. */
  transferDetails: string | undefined
  /** Of a payment provider connected at BotFather, and the VAT code of its receipts; absent while cards are off. */
  card: { providerToken: string; vatCode: number | undefined } | undefined
  maxActivePerUser: number
  contentFilter: boolean
  port: number
  host: string
  metricsPort: number
  /** The header in which a proxy in front writes who asks; absent where there is none. */
  clientAddressHeader: string | undefined
  roles: { web: boolean; worker: boolean }
  logLevel: string
  /** Where traces go, without a trailing slash; absent while nobody collects them. */
  traces: { endpoint: string | undefined; headers: Record<string, string> }
  /** Every value that must never be written anywhere. */
  secrets: string[]
}

const Text = Type.String({ minLength: 1 })
const Decimal = Type.String({ pattern: '^\\d{1,9}(\\.\\d{1,6})?$' })
const Count = Type.String({ pattern: '^\\d{1,6}$' })
const Port = Type.String({ pattern: '^\\d{1,5}$' })
const Url = Type.String({ pattern: '^https?://[^\\s/?#@]+(/[^\\s?#]*)?$' })

type Variable = {
  schema: TSchema
  fallback?: string
  expects: string
  secret?: true | ((value: string) => string[])
  /** In words what is wrong with a value, where that can be told, without any of it. */
  problem?: (value: string) => string | undefined
}

// One row a variable: docs/operations/configuration.md says the same in words.
const variables = {
  TELEGRAM_BOT_TOKEN: {
    schema: Type.String({ pattern: '^\\d{6,}:[\\w-]{30,}$' }),
    expects: 'the token from BotFather',
    secret: true,
    problem: problemOfKey,
  },
  KIE_API_KEY: {
    schema: Type.String({ minLength: 8 }),
    expects: "the upstream's key",
    secret: true,
    problem: problemOfKey,
  },
  DATABASE_URL: {
    schema: Text,
    expects: 'postgres://user:password@host/database, what is special in the password percent-encoded',
    secret: passwordsOf,
    problem: problemOfAddress,
  },
  DATABASE_OWNER_URL: {
    schema: Text,
    expects: 'postgres://user:password@host/database, of the role that owns the tables',
    secret: passwordsOf,
    problem: problemOfAddress,
  },
  PUBLIC_URL: { schema: Url, expects: 'https://host, the base of webhook and callback addresses' },
  TELEGRAM_WEBHOOK_SECRET: {
    schema: Type.String({ pattern: '^[A-Za-z0-9_-]{32,256}(,[A-Za-z0-9_-]{32,256})?$' }),
    expects: '32 to 256 characters of A-Z a-z 0-9 _ -, and after a comma the one before it',
    secret: list,
  },
  CALLBACK_SECRET: { schema: Type.String({ minLength: 32 }), expects: 'at least 32 characters', secret: true },
  KIE_WEBHOOK_KEY: { schema: Text, expects: "the upstream's signing key", secret: true, problem: problemOfKey },
  TELEGRAM_API_ROOT: { schema: Url, fallback: 'https://api.telegram.org', expects: 'an http(s) address' },
  KIE_BASE_URL: { schema: Url, fallback: 'https://api.kie.ai', expects: 'an http(s) address' },
  KIE_UPLOAD_URL: { schema: Url, fallback: 'https://kieai.redpandaai.co', expects: 'an http(s) address' },
  ADMIN_IDS: {
    schema: Type.String({ pattern: '^(\\d{1,16}(\\s*,\\s*\\d{1,16})*)?$' }),
    fallback: '',
    expects: 'Telegram user ids, separated by commas',
  },
  START_BONUS_RUB: {
    schema: Type.String({ pattern: '^\\d{1,6}(\\.\\d{1,2})?$' }),
    fallback: '0',
    expects: 'rubles, with two decimals at most',
  },
  USD_RUB_RATE: { schema: Decimal, fallback: '95', expects: 'a number above 0' },
  PRICING_MARKUP: { schema: Decimal, fallback: '2.0', expects: 'a number from 1' },
  FREE_TIER_MODEL_IDS: { schema: Text, expects: 'exactly 5 model ids, separated by commas' },
  FREE_DAILY_LIMIT: { schema: Count, fallback: '10', expects: 'a whole number' },
  FREE_HOURLY_LIMIT: { schema: Count, fallback: '3', expects: 'a whole number' },
  NEW_FREE_DAILY_LIMIT: { schema: Count, fallback: '1000', expects: 'a whole number' },
  STAR_RATE_RUB: { schema: Decimal, fallback: '1.2', expects: 'a number above 0' },
  TOPUP_PACKS_RUB: {
    schema: Type.String({ pattern: '^[1-9]\\d{0,5}(\\s*,\\s*[1-9]\\d{0,5}){0,9}$' }),
    fallback: '100,300,500,1000,5000',
    expects: 'whole rubles, up to ten amounts separated by commas',
  },
  MANUAL_TOPUP_DETAILS: {
    schema: Type.String({ minLength: 1, maxLength: 1000 }),
    expects: 'up to 1000 characters: where to transfer money to',
  },
  PAYMENT_PROVIDER_TOKEN: {
    schema: Type.String({ pattern: '^\\d{3,}:[A-Z]+:\\S{3,200}$' }),
    expects: 'the token of a payment provider from BotFather, like 123456789:LIVE:…',
    secret: true,
    problem: problemOfKey,
  },
  PAYMENT_RECEIPT_VAT: {
    schema: Type.String({ pattern: '^([1-9]|1[0-2])$' }),
    expects: 'the VAT code of receipts by the provider, 1 to 12',
  },
  MAX_ACTIVE_PER_USER: {
    schema: Type.String({ pattern: '^[1-9]\\d{0,3}$' }),
    fallback: '3',
    expects: 'a whole number from 1',
  },
  CONTENT_FILTER: {
    schema: Type.Union([Type.Literal('on'), Type.Literal('off')]),
    fallback: 'on',
    expects: 'on or off',
  },
  PORT: { schema: Port, fallback: '8080', expects: 'a port' },
  CLIENT_ADDRESS_HEADER: {
    schema: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{2,63}$' }),
    expects: 'the name of a header, like Fly-Client-IP',
  },
  HOST: { schema: Text, fallback: '0.0.0.0', expects: 'an address to listen on' },
  METRICS_PORT: { schema: Port, fallback: '9090', expects: 'a port' },
  ROLES: {
    schema: Type.String({ pattern: '^(web|worker|web,worker|worker,web)$' }),
    fallback: 'web,worker',
    expects: 'web, worker or web,worker',
  },
  LOG_LEVEL: {
    schema: Type.Union(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map(level => Type.Literal(level)),
    ),
    fallback: 'info',
    expects: 'a pino level',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: { schema: Url, expects: 'an http(s) address, the base of a collector' },
  OTEL_EXPORTER_OTLP_HEADERS: {
    schema: Type.String({ pattern: '^[\\w-]+=[^,=\\s]+(,[\\w-]+=[^,=\\s]+)*$' }),
    expects: 'name=value, several separated by commas, the values percent-encoded',
    secret: headerValues,
  },
  NODE_ENV: { schema: Text, fallback: 'development', expects: 'production or anything else' },
} satisfies Record<string, Variable>

type Name = keyof typeof variables
export const variableNames = Object.keys(variables) as Name[]

/** Thrown with every problem at once; names and expectations, never a value. */
export class BadConfig extends Error {
  override name = 'BadConfig'
  readonly problems: string[]
  constructor(problems: string[]) {
    super(
      `the configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${problems.map(problem => `  - ${problem}`).join('\n')}`,
    )
    this.problems = problems
  }
}

type Env = Record<string, string | undefined>

function reading(env: Env) {
  const problems: string[] = []
  const read = (name: Name): string | undefined => {
    const variable: Variable = variables[name]
    const value = env[name]?.trim() || variable.fallback
    if (value === undefined) return undefined
    const problem = variable.problem?.(value)
    if (problem) {
      problems.push(`${name} is not as expected: it ${problem}`)
      return variable.fallback
    }
    if (Value.Check(variable.schema, value)) return value as Static<typeof Text>
    problems.push(`${name} is not as expected: ${variable.expects}`)
    return variable.fallback
  }
  const need = (name: Name, why = ''): string => {
    const value = read(name)
    if (value === undefined && !problems.some(problem => problem.startsWith(`${name} `))) {
      problems.push(`${name} is missing${why}: ${variables[name].expects}`)
    }
    return value ?? ''
  }
  const wanted = (name: Name) => read(name) ?? ''
  const refuse = (bad: boolean, problem: string) => bad && problems.push(problem)
  // Heroku's way to say it, whose addresses do not.
  const sslMode = env.PGSSLMODE?.trim() || undefined
  const isMode = sslMode === undefined || sslModes.includes(sslMode)
  refuse(!isMode, `PGSSLMODE is not as expected: one of ${sslModes.join(', ')}`)
  const spelled = (url: string | undefined) => url && readAddress(url, isMode ? sslMode : undefined).href
  const refuseShort = (name: Name) =>
    refuse(
      partsOf(name, env).some(part => part.length < shortestSecret),
      `${name} holds a secret of fewer than ${shortestSecret} characters: it cannot be kept out of the log`,
    )
  return { problems, read, need, wanted, refuse, spelled, refuseShort }
}

/** What a migration needs: the database. With the bot's token it makes the logins too. Throws `BadConfig`. */
export function readMigrationConfig(env: Env) {
  const { problems, read, need, wanted, spelled, refuseShort } = reading(env)
  const production = wanted('NODE_ENV') === 'production'
  const ownerUrl = spelled(read('DATABASE_OWNER_URL'))
  const databaseUrl = spelled(production && !ownerUrl ? need('DATABASE_URL', ' in production') : read('DATABASE_URL'))
  const botToken = read('TELEGRAM_BOT_TOKEN')
  const logLevel = wanted('LOG_LEVEL')
  for (const name of ['DATABASE_URL', 'DATABASE_OWNER_URL'] as const) if (production) refuseShort(name)
  if (problems.length > 0) throw new BadConfig(problems)
  return { databaseUrl, ownerUrl, botToken, logLevel, secrets: secretsOf(env) }
}

/** Reads and checks the variables. Throws `BadConfig`. */
export function readConfig(env: Env): Config {
  const { problems, read, need, wanted, refuse, spelled, refuseShort } = reading(env)

  const production = wanted('NODE_ENV') === 'production'
  const botToken = need('TELEGRAM_BOT_TOKEN')
  const kieApiKey = need('KIE_API_KEY')
  const databaseUrl = spelled(production ? need('DATABASE_URL', ' in production') : read('DATABASE_URL'))
  const publicUrl =
    (production ? need('PUBLIC_URL', ' in production') : read('PUBLIC_URL'))?.replace(trailingSlashes, '') || undefined
  const webhookSecrets = publicUrl
    ? need('TELEGRAM_WEBHOOK_SECRET', ' (PUBLIC_URL is set)')
    : read('TELEGRAM_WEBHOOK_SECRET')
  const callbackSecret = publicUrl ? need('CALLBACK_SECRET', ' (PUBLIC_URL is set)') : read('CALLBACK_SECRET')
  if (production) secretNames.forEach(refuseShort)
  const [providerToken, vat] = [read('PAYMENT_PROVIDER_TOKEN'), read('PAYMENT_RECEIPT_VAT')]
  const usdRubRate = wanted('USD_RUB_RATE')
  const markup = wanted('PRICING_MARKUP')
  const starRateRub = wanted('STAR_RATE_RUB')
  const roles = wanted('ROLES').split(',')
  const [port, metricsPort] = [Number(wanted('PORT')), Number(wanted('METRICS_PORT'))]

  refuse(
    publicUrl?.startsWith('http:') === true && (production || !isLoopback(publicUrl)),
    'PUBLIC_URL must be https (plain http only on loopback, outside production)',
  )
  refuse(/^0*(\.0*)?$/.test(usdRubRate), 'USD_RUB_RATE is not as expected: a number above 0')
  refuse(/^0*(\.|$)/.test(markup), 'PRICING_MARKUP is not as expected: a number from 1')
  refuse(/^0*(\.0*)?$/.test(starRateRub), 'STAR_RATE_RUB is not as expected: a number above 0')
  refuse(port > 65_535, 'PORT is not as expected: a port')
  refuse(metricsPort > 65_535, 'METRICS_PORT is not as expected: a port')
  refuse(port === metricsPort && port !== 0, 'METRICS_PORT must differ from PORT')
  refuse(
    production && env.DEBUG !== undefined && /telegraf|\*/.test(env.DEBUG),
    'DEBUG would print secrets: unset it in production',
  )
  refuse(production && Boolean(env.NODE_DEBUG), 'NODE_DEBUG would print secrets: unset it in production')
  refuse(env.NODE_TLS_REJECT_UNAUTHORIZED === '0', 'NODE_TLS_REJECT_UNAUTHORIZED=0 switches TLS checks off: unset it')

  refuse(vat !== undefined && !providerToken, 'PAYMENT_RECEIPT_VAT needs PAYMENT_PROVIDER_TOKEN')

  const [rubles = '0', kopecks = ''] = wanted('START_BONUS_RUB').split('.')
  const pairs = list(read('OTEL_EXPORTER_OTLP_HEADERS') ?? '').map(pair => pair.split('='))
  const headers = Object.fromEntries(pairs.map(([name = '', value = '']) => [name, decoded(value)]))
  const config: Config = {
    production,
    botToken,
    kieApiKey,
    databaseUrl,
    ownerUrl: spelled(read('DATABASE_OWNER_URL')),
    publicUrl,
    webhookSecrets: list(webhookSecrets ?? ''),
    callbackSecret,
    kieWebhookKey: read('KIE_WEBHOOK_KEY'),
    telegramApiRoot: wanted('TELEGRAM_API_ROOT').replace(trailingSlashes, ''),
    kieBaseUrl: wanted('KIE_BASE_URL').replace(trailingSlashes, ''),
    kieUploadUrl: wanted('KIE_UPLOAD_URL').replace(trailingSlashes, ''),
    adminIds: list(wanted('ADMIN_IDS')).map(Number),
    startBonusKop: Number(rubles) * 100 + Number(kopecks.padEnd(2, '0')),
    rates: { usdRubRate, markup },
    freeModelIds: env.FREE_TIER_MODEL_IDS?.trim() ? list(wanted('FREE_TIER_MODEL_IDS')) : undefined,
    freeDailyLimit: Number(wanted('FREE_DAILY_LIMIT')),
    freeHourlyLimit: Number(wanted('FREE_HOURLY_LIMIT')),
    newFreeDailyLimit: Number(wanted('NEW_FREE_DAILY_LIMIT')),
    starRateRub,
    packsKop: list(wanted('TOPUP_PACKS_RUB')).map(rubles => Number(rubles) * 100),
    transferDetails: read('MANUAL_TOPUP_DETAILS'),
    card: providerToken ? { providerToken, vatCode: vat ? Number(vat) : undefined } : undefined,
    maxActivePerUser: Number(wanted('MAX_ACTIVE_PER_USER')),
    contentFilter: wanted('CONTENT_FILTER') === 'on',
    port,
    host: wanted('HOST'),
    metricsPort,
    clientAddressHeader: read('CLIENT_ADDRESS_HEADER'),
    roles: { web: roles.includes('web'), worker: roles.includes('worker') },
    logLevel: wanted('LOG_LEVEL'),
    traces: { endpoint: read('OTEL_EXPORTER_OTLP_ENDPOINT')?.replace(trailingSlashes, ''), headers },
    secrets: secretsOf(env),
  }
  if (problems.length > 0) throw new BadConfig(problems)
  return config
}

const secretNames = variableNames.filter(name => 'secret' in variables[name])

/** What must never be written anywhere of these variables, also of those that are wrong and of a start that failed. */
export const secretsOf = (env: Env): string[] => [...new Set(secretNames.flatMap(name => partsOf(name, env)))]

function partsOf(name: Name, env: Env): string[] {
  const { secret }: Variable = variables[name]
  const value = env[name]?.trim()
  if (!secret || !value) return []
  return (typeof secret === 'function' ? secret(value) : [value]).filter(Boolean)
}

// Of an address only the password is a secret; hiding the whole would hide every mention of its host.
function passwordsOf(value: string): string[] {
  const [from, to] = [value.indexOf(':', value.indexOf('://') + 3), value.lastIndexOf('@')]
  const written = value.includes('://') && from >= 0 && to > from ? value.slice(from + 1, to) : ''
  const inQuery = [...value.matchAll(/[?&](?:ssl)?password=([^&#]*)/g)].map(([, password = '']) => password)
  // What is no address may hold the password anywhere: before the last `@`, or in all of it.
  const passwords = [written, ...inQuery, problemOfAddress(value) ? value : '']
  return [...new Set([...passwords, ...passwords.map(decoded)])]
}

function problemOfAddress(value: string): string | undefined {
  try {
    readAddress(value)
    return undefined
  } catch (error) {
    if (error instanceof BadAddress) return error.message
    throw error
  }
}

/** What comes along when a key is copied: it would be sent with it, and the answer would be «wrong key». */
function problemOfKey(value: string): string | undefined {
  if (/["'`«»“”]/.test(value)) return 'holds quotes: write it without them'
  if (/^bearer\b/i.test(value)) return 'begins with «Bearer »: write the key alone'
  if (/[\r\n]/.test(value)) return 'holds a line end: it is one line'
  if (/\s/.test(value)) return 'holds a blank: it has none'
  if (/[^\x21-\x7e]/.test(value)) return 'holds a sign that no key has, perhaps one that is not seen: copy it again'
  if (/^[A-Z][A-Z_]+=/.test(value)) return 'begins with a name and «=»: write the value alone'
  return undefined
}

// A header of a few signs names something; one that gives access is longer.
function headerValues(text: string): string[] {
  return list(text)
    .map(pair => pair.slice(pair.indexOf('=') + 1))
    .flatMap(value => [value, decoded(value)])
    .filter(value => value.length >= shortestSecret)
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function list(text: string): string[] {
  return text
    .split(',')
    .map(part => part.trim())
    .filter(Boolean)
}

const isLoopback = (url: string) => ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
