import { readAddress } from './address.ts'
import { commandLists, hasCommands } from './bot/commands.ts'
import { profileParts, profileSettings } from './bot/home/profile.ts'
import { openCatalogue } from './catalogue/models.ts'
import { BadConfig, type Config, readConfig, secretsOf } from './config.ts'
import { accessTo, rolesAdvice, togetherWarning } from './database/access.ts'
import { connect, type Sql } from './database/db.ts'
import { mayMakeRoles, missingSchema } from './database/migrate.ts'
import { createLog, scrubber } from './log.ts'
import { alarmRows, alarmsNow, isCreditLow, troubles } from './operations/alarms.ts'
import type { BotInfo, Telegram } from './telegram/api.ts'
import { createTelegram, TelegramRefused } from './telegram/client.ts'
import { plainAddress, readWebhook } from './telegram/webhook.ts'
import { createUpstream } from './upstream/client.ts'

// `npm run doctor`: checks everything that the service needs and says what to do. Changes nothing.

let problems = 0
// The provider's credits used in the last day, once read from the database.
let dayCredits = 0
// Texts from Telegram (its last error) and the database (a refusal) may repeat a secret.
const scrub = scrubber(secretsOf(process.env))
const good = (what: string) => console.log(scrub(`✓ ${what}`))
/** It works but could be better. */
const note = (what: string, advice: string) => console.log(scrub(`• ${what}\n  → ${advice}`))
const bad = (what: string, advice: string) => {
  problems += 1
  console.log(scrub(`✗ ${what}\n  → ${advice}`))
}

let config: Config
try {
  config = readConfig(process.env)
} catch (error) {
  if (!(error instanceof BadConfig)) throw error
  for (const problem of error.problems) bad(problem, 'Set it; docs/operations/configuration.md says how.')
  process.exit(1)
}
good('the configuration is complete')

const log = createLog({ level: 'silent', secrets: config.secrets })
const why = (error: unknown) => (error instanceof Error ? error.message : String(error))

const advices: [says: RegExp, advice: string][] = [
  [
    /unsupported startup parameter/,
    'A pooler refuses our settings: take the direct address, or let it ignore_startup_parameters (docs/operations/deploy.md).',
  ],
  [
    /no encryption|SSL(\/TLS)?( connection)?( is)? required|insecure/i,
    'The server wants TLS: add sslmode=require to DATABASE_URL.',
  ],
  [
    /does not support SSL/,
    'The server has no TLS: add sslmode=disable to DATABASE_URL, if the network may be trusted.',
  ],
  [/certificate|altname/i, 'The certificate is not vouched for: name its root by sslrootcert, or say sslmode=require.'],
  [
    /password authentication failed/,
    'Check user and password in DATABASE_URL; what is special in it is percent-encoded.',
  ],
]
const adviceOn = (cause: string) =>
  advices.find(([says]) => says.test(cause))?.[1] ?? 'Check DATABASE_URL and that this machine may reach it.'

try {
  const { offered, freeIds } = openCatalogue({
    choice: config.models,
    rates: config.rates,
    contentFilter: config.contentFilter,
    ...(config.freeModelIds ? { freeModelIds: config.freeModelIds } : {}),
  })
  good(`${offered.size} models can be sold, ${freeIds.size} of them with free runs`)
} catch (error) {
  bad(
    `the catalogue is not fit to sell from: ${why(error)}`,
    'Correct MODELS, FREE_TIER_MODEL_IDS, USD_RUB_RATE or PRICING_MARKUP.',
  )
}

await database(config)
await logins(config)
await bot(config)
await upstream(config)
console.log(problems === 0 ? 'Everything is in order.' : `${problems} to look at.`)
process.exit(problems === 0 ? 0 : 1)

async function database({ databaseUrl }: Config) {
  if (!databaseUrl) return good('no DATABASE_URL: the embedded server will be used (not for production)')
  const { leftOut } = readAddress(process.env.DATABASE_URL?.trim() ?? databaseUrl)
  if (leftOut.length > 0) good(`DATABASE_URL is read without what is not for this service: ${leftOut.join(', ')}`)
  const db = connect(databaseUrl)
  try {
    const [link] = await db.sql<{ isSecure: boolean }>`
      select coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as "isSecure"`
    good(link?.isSecure ? 'the connection to the database has TLS' : 'the connection to the database has no TLS')
    const missing = await missingSchema(db.sql)
    const [durable] = await db.sql<{ fsync: string; commits: string; standbys: string }>`
      select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits,
        current_setting('synchronous_standby_names') as standbys`
    if (durable?.fsync !== 'on' || durable.commits === 'off')
      bad(
        `fsync is ${durable?.fsync}, synchronous_commit is ${durable?.commits}: a power cut loses what was acknowledged`,
        'Set both to on.',
      )
    else if (durable.standbys === '')
      good('commits wait for the disk and for no standby: a failover may lose the last of them')
    else good(`commits wait for the disk and for a standby (${durable.standbys})`)
    if (missing.length === 0) {
      good('the database answers and its schema is current')
      await alarms(db.sql)
    } else bad(`the database lacks ${missing.join(', ')}`, 'Run npm run migrate (a start does it too).')
  } catch (error) {
    const cause = error instanceof Error && error.cause ? why(error.cause) : why(error)
    if (cause.includes('schema_migrations'))
      bad('the database answers and is empty', 'Run npm run migrate (a start does it too).')
    else if (cause.includes('schema_functions'))
      bad('the database answers, and its schema is of another build', 'Run npm run migrate: it says what to do.')
    else bad(`the database does not answer: ${cause}`, adviceOn(cause))
  } finally {
    await db.close().catch(() => {})
  }
}

async function logins({ databaseUrl, ownerUrl = databaseUrl, botToken }: Config) {
  if (!databaseUrl || !ownerUrl) return
  const access = accessTo(ownerUrl, botToken, ownerUrl === databaseUrl ? undefined : databaseUrl)
  const isIn = async (url: string) => {
    const db = connect(url, { max: 1 })
    return db.sql`select 1 as one`
      .then(
        () => true,
        () => false,
      )
      .finally(() => db.close())
  }
  if (!(await isIn(ownerUrl))) return // already reported, or the owner cannot be reached from here
  const out = []
  for (const url of [access.app, access.admin]) if (!(await isIn(url))) out.push(new URL(url).username)
  if (out.length === 0) return good('the service and its admins have logins of their own')
  if (await mayMakeRoles(ownerUrl)) return good(`a start of the service makes its logins: ${out.join(', ')}`)
  note(
    `${out.join(' and ')} cannot log in, and the login of DATABASE_URL may make no roles: ${togetherWarning}`,
    rolesAdvice,
  )
}

/** The service's own alarms: the same rows as in the chat, /metrics and /readyz. */
async function alarms(sql: Sql) {
  const { on, lookedS, isSilent } = alarmsNow(await alarmRows(sql))
  for (const { name, ageS } of on)
    bad(`the alarm ${name} is on, for ${Math.ceil(ageS / 60)} minutes`, `See docs/operations/runbook.md#${name}.`)
  if (lookedS === undefined) good('nobody has looked for alarms yet: no worker has run')
  else if (isSilent)
    bad(
      `nobody has looked for alarms for ${Math.ceil(lookedS / 60)} minutes`,
      'Is a machine with the role worker running?',
    )
  else if (on.length === 0) good('no alarm is on')
  const [now] = await troubles(sql)
  dayCredits = now?.dayCredits ?? 0
}

async function bot(config: Config) {
  const { botToken, telegramApiRoot, publicUrl } = config
  const telegram = createTelegram({
    token: botToken,
    apiRoot: telegramApiRoot,
    rateLimiter: async () => 0,
    log,
    timeoutMs: 10_000,
  })
  try {
    const me = await telegram.call('getMe', {})
    good(`the bot is @${me.username}`)
    modes(me)
    const { url, shownUrl, hasOurKinds, pending, failedAt, lastError } = await readWebhook(telegram, scrub)
    const wanted = publicUrl && `${publicUrl}/webhook`
    if (!wanted && url)
      bad(
        `the bot has a webhook (${shownUrl}), but PUBLIC_URL is not set`,
        'Long polling refuses to start beside it: set PUBLIC_URL, or call deleteWebhook.',
      )
    else if (wanted && url !== wanted)
      bad(
        `the webhook is ${shownUrl || 'not set'}, not ${plainAddress(wanted)}`,
        'A running service sets it within a minute. If this address is of another deployment, stop one of the two: docs/operations/runbook.md, webhook_fought.',
      )
    else good(wanted ? `the webhook is ${plainAddress(wanted)}` : 'no webhook: long polling')
    if (url && !hasOurKinds)
      bad('the webhook does not get every kind of update', 'A running service sets it right within a minute.')
    if (pending > 100) bad(`${pending} updates wait`, 'Is the service running and ready? See /readyz.')
    if (failedAt && Date.now() - failedAt.getTime() < 600_000) {
      bad(
        `Telegram could not deliver lately: ${lastError}`,
        '401: TELEGRAM_WEBHOOK_SECRET differs between machines, or a proxy drops the header. Timeout: the address is not reachable.',
      )
    }
    await profile(config, telegram, me.id)
  } catch (error) {
    bad(`Telegram: ${why(error)}`, 'Check TELEGRAM_BOT_TOKEN (BotFather, /token) and TELEGRAM_API_ROOT.')
  }
}

/** What only the owner can switch on, at BotFather. */
function modes(me: BotInfo) {
  const { supports_inline_queries: isInline, has_topics_enabled: hasTopics, supports_guest_queries: isGuest } = me
  if (isInline) good('inline mode is on')
  else
    note('inline mode is off: nobody can share a result into a chat', 'BotFather: /setinline, then /setinlinefeedback.')
  if (hasTopics) good('private chats may have topics')
  if (isGuest) good('guest queries are on: the bot answers where it is no member')
  if (!me.can_join_groups)
    note('the bot cannot be added to groups', 'BotFather: /setjoingroups. Without it there are no groups.')
}

/** What people see of the bot: compared with what a start would write. */
async function profile(config: Config, telegram: Telegram, botId: number) {
  const found = { ours: [] as string[], due: [] as string[], theirs: [] as string[] }
  for (const { what, read } of profileParts({ telegram, botId, ...profileSettings(config) })) {
    try {
      found[await read()].push(what)
    } catch (error) {
      if (!(error instanceof TelegramRefused)) throw error
      note(`the bot's ${what} cannot be read: ${why(error)}`, 'An old Bot API server? The bot works without it.')
    }
  }
  const { ours, due, theirs } = found
  let missing = 0
  for (const list of commandLists()) if (!(await hasCommands(telegram, list))) missing += 1
  if (missing > 0) due.push(`${missing} of the lists of commands`)
  if (due.length > 0) note(`the bot's profile lacks ${due.join(', ')}`, 'A start of the service writes it.')
  if (theirs.length > 0)
    note(
      `the bot's ${theirs.join(', ')} stay as they are, made by hand`,
      'To have ours, clear them in BotFather and start the service (docs/operations/configuration.md, PROFILE).',
    )
  if (!config.profile) good("PROFILE=off: the bot's descriptions, picture and menu button are not ours to write")
  else if (due.length === 0 && theirs.length === 0) good(`the bot's profile is as it should be (${ours.length} parts)`)
}

async function upstream({ kieBaseUrl, kieUploadUrl, kieApiKey }: Config) {
  const client = createUpstream({ baseUrl: kieBaseUrl, uploadUrl: kieUploadUrl, apiKey: kieApiKey, log })
  try {
    const credit = await client.credit()
    if (isCreditLow(credit, dayCredits))
      bad(
        `the upstream account has ${credit} credits left`,
        'Top it up (docs/operations/runbook.md#credit_low): nothing is sold when it is empty.',
      )
    else good(`the upstream account has ${credit} credits`)
  } catch (error) {
    bad(`the upstream: ${why(error)}`, 'Check KIE_API_KEY, its address allowlist and KIE_BASE_URL.')
  } finally {
    await client.close()
  }
}
