import { Value } from '@sinclair/typebox/value'
import { readAddress, sslModes } from './address.ts'
import { kopecksOf } from './money.ts'
import { type MonthlyPlan, planProblems, readPlan } from './monthly-plans.ts'
import { shortestSecret } from './scrub.ts'
import {
  decoded,
  type Env,
  list,
  type Name,
  partsOf,
  secretNames,
  secretsOf,
  type Variable,
  variables,
} from './variables.ts'

export { secretsOf, variableNames } from './variables.ts'

// Matches only at the first of the final slashes: a run of slashes inside the text is scanned once, not from each
// slash.
const trailingSlashes = /(?<!\/)\/+$/

/** The operator's settings, checked. Money is in kopecks, rates are exact decimals as text. */
export type Config = {
  production: boolean
  botToken: string
  kieApiKey: string
  /** If missing outside production: the embedded server. */
  databaseUrl: string | undefined
  /** The address of the role that owns the tables, if `databaseUrl` is a login of the service's own. */
  ownerUrl: string | undefined
  /** If missing outside production: long polling instead of a webhook. No trailing slash. */
  publicUrl: string | undefined
  /** The first is registered with Telegram. Updates may still carry one of the others. */
  webhookSecrets: string[]
  callbackSecret: string | undefined
  kieWebhookKey: string | undefined
  telegramApiRoot: string
  kieBaseUrl: string
  kieUploadUrl: string
  /** Where recordings of voices are instead of the host in models.json. */
  kieSampleUrl: string | undefined
  adminIds: number[]
  startBonusKop: number
  rates: { usdRubRate: string; markup: string }
  freeModelIds: string[] | undefined
  /** Which models are offered: `core`, `all`, with changes `+id` and `-id`. */
  models: string
  freeDailyLimit: number
  freeHourlyLimit: number
  /** Free runs a day for all accounts together that are younger than a week and have paid nothing. */
  newFreeDailyLimit: number
  /** Answers a minute in one group, and to one member; kopecks of its money that a member of a new group may spend a day. */
  groupLimits: { perMinute: number; memberPerMinute: number; memberDailyKop: number }
  /** Rubles credited per Telegram Star, an exact decimal. */
  starRateRub: string
  /** The amounts of a top-up, in kopecks. */
  packsKop: number[]
  /** What is sold by the month in Stars. Empty: nothing. */
  plans: MonthlyPlan[]
  /** Instructions for a bank transfer, as text for the person. Missing: transfers are off. */
  transferDetails: string | undefined
  /**
   * The token of a payment provider connected in BotFather, and the VAT code of its receipts. Missing: cards are off.
   */
  card: { providerToken: string; vatCode: number | undefined } | undefined
  maxActivePerUser: number
  contentFilter: boolean
  /** The name to give the bot. Missing: the name from BotFather stays. */
  botName: string | undefined
  /** Whether descriptions, picture and menu button are written where they are empty or ours. */
  profile: boolean
  /** Whether a first result and a top-up are celebrated by an effect. */
  effects: boolean
  port: number
  host: string
  metricsPort: number
  /** The header in which a proxy in front passes the caller's address. Missing: there is no proxy. */
  clientAddressHeader: string | undefined
  roles: { web: boolean; worker: boolean }
  logLevel: string
  /** Where traces go, without a trailing slash. Missing: traces are off. */
  traces: { endpoint: string | undefined; headers: Record<string, string> }
  /** Every value that must never be written anywhere. */
  secrets: string[]
}

/** Thrown with all problems at once: names and expectations, never a value. */
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

type Reader = ReturnType<typeof reading>

function reading(env: Env) {
  const problems: string[] = []
  const known = new Map<Name, string | undefined>() // so that each variable has at most one problem, however often it is read
  const read = (name: Name): string | undefined => {
    if (!known.has(name)) known.set(name, checked(name))
    return known.get(name)
  }
  const checked = (name: Name): string | undefined => {
    const variable: Variable = variables[name]
    const value = env[name]?.trim() || variable.fallback
    if (value === undefined) return undefined
    const problem = variable.problem?.(value)
    if (!problem && Value.Check(variable.schema, value)) return value
    problems.push(`${name} is not as expected: ${problem ? `it ${problem}` : variable.expects}`)
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
  // Heroku sets TLS here, since its addresses lack it.
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

/** Reads what a migration needs: the database and, to create the logins, the bot's token. Throws `BadConfig`. */
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
  const reader = reading(env)
  const { problems, read, need, wanted, spelled, refuseShort } = reader

  const production = wanted('NODE_ENV') === 'production'
  const botToken = need('TELEGRAM_BOT_TOKEN')
  const kieApiKey = need('KIE_API_KEY')
  const databaseUrl = spelled(production ? need('DATABASE_URL', ' in production') : read('DATABASE_URL'))
  const publicUrl = plain(production ? need('PUBLIC_URL', ' in production') : read('PUBLIC_URL')) || undefined
  const webhookSecrets = publicUrl
    ? need('TELEGRAM_WEBHOOK_SECRET', ' (PUBLIC_URL is set)')
    : read('TELEGRAM_WEBHOOK_SECRET')
  const callbackSecret = publicUrl ? need('CALLBACK_SECRET', ' (PUBLIC_URL is set)') : read('CALLBACK_SECRET')
  if (production) secretNames.forEach(refuseShort)
  refuseUnfit(reader, env, { production, publicUrl })
  const roles = wanted('ROLES').split(',')
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
    telegramApiRoot: plain(wanted('TELEGRAM_API_ROOT')),
    kieBaseUrl: plain(wanted('KIE_BASE_URL')),
    kieUploadUrl: plain(wanted('KIE_UPLOAD_URL')),
    kieSampleUrl: plain(read('KIE_SAMPLE_URL')),
    adminIds: list(wanted('ADMIN_IDS')).map(Number),
    ...moneyOf(reader),
    ...limitsOf(reader, env),
    contentFilter: wanted('CONTENT_FILTER') === 'on',
    botName: read('BOT_NAME'),
    profile: wanted('PROFILE') === 'on',
    effects: wanted('EFFECTS') === 'on',
    port: Number(wanted('PORT')),
    host: wanted('HOST'),
    metricsPort: Number(wanted('METRICS_PORT')),
    clientAddressHeader: read('CLIENT_ADDRESS_HEADER'),
    roles: { web: roles.includes('web'), worker: roles.includes('worker') },
    logLevel: wanted('LOG_LEVEL'),
    traces: tracesOf(reader),
    secrets: secretsOf(env),
  }
  if (problems.length > 0) throw new BadConfig(problems)
  return config
}

/** Refuses valid values that do not fit each other or production. */
function refuseUnfit(
  { read, wanted, refuse }: Reader,
  env: Env,
  { production, publicUrl }: Pick<Config, 'production' | 'publicUrl'>,
) {
  const needsProvider = !read('PAYMENT_PROVIDER_TOKEN') && read('PAYMENT_RECEIPT_VAT') !== undefined
  const [usdRubRate, markup, starRateRub] = [wanted('USD_RUB_RATE'), wanted('PRICING_MARKUP'), wanted('STAR_RATE_RUB')]
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
  refuse(needsProvider, 'PAYMENT_RECEIPT_VAT needs PAYMENT_PROVIDER_TOKEN')
  for (const problem of planProblems(list(wanted('PLANS')).map(readPlan))) refuse(true, problem)
}

function moneyOf({ read, wanted }: Reader) {
  const [providerToken, vat] = [read('PAYMENT_PROVIDER_TOKEN'), read('PAYMENT_RECEIPT_VAT')]
  return {
    startBonusKop: kopecksOf(wanted('START_BONUS_RUB')) ?? 0,
    rates: { usdRubRate: wanted('USD_RUB_RATE'), markup: wanted('PRICING_MARKUP') },
    starRateRub: wanted('STAR_RATE_RUB'),
    packsKop: list(wanted('TOPUP_PACKS_RUB')).map(rubles => Number(rubles) * 100),
    plans: list(wanted('PLANS')).map(readPlan),
    transferDetails: read('MANUAL_TOPUP_DETAILS'),
    card: providerToken ? { providerToken, vatCode: vat ? Number(vat) : undefined } : undefined,
  }
}

const limitsOf = ({ wanted }: Reader, env: Env) => ({
  models: wanted('MODELS'),
  freeModelIds: env.FREE_TIER_MODEL_IDS?.trim() ? list(wanted('FREE_TIER_MODEL_IDS')) : undefined,
  freeDailyLimit: Number(wanted('FREE_DAILY_LIMIT')),
  freeHourlyLimit: Number(wanted('FREE_HOURLY_LIMIT')),
  newFreeDailyLimit: Number(wanted('NEW_FREE_DAILY_LIMIT')),
  maxActivePerUser: Number(wanted('MAX_ACTIVE_PER_USER')),
  groupLimits: {
    perMinute: Number(wanted('GROUP_ANSWERS_PER_MINUTE')),
    memberPerMinute: Number(wanted('GROUP_MEMBER_PER_MINUTE')),
    memberDailyKop: Number(wanted('GROUP_MEMBER_DAILY_RUB')) * 100,
  },
})

function tracesOf({ read }: Reader): Config['traces'] {
  const pairs = list(read('OTEL_EXPORTER_OTLP_HEADERS') ?? '').map(pair => pair.split('='))
  const headers = Object.fromEntries(pairs.map(([name = '', value = '']) => [name, decoded(value)]))
  return { endpoint: plain(read('OTEL_EXPORTER_OTLP_ENDPOINT')), headers }
}

/** Returns an address without trailing slashes. */
function plain(url: string): string
function plain(url: string | undefined): string | undefined
function plain(url: string | undefined) {
  return url?.replace(trailingSlashes, '')
}

const isLoopback = (url: string) => ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname)
