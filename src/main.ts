import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import closeWithGrace from 'close-with-grace'
import { type Build, createApp } from './app.ts'
import { BadConfig, readConfig, readMigrationConfig } from './config.ts'
import { armCrash } from './crash.ts'
import { accessTo } from './database/access.ts'
import { rolesSql } from './database/migrate.ts'
import { createLog, type Log, scrubber } from './log.ts'
import { migrateAll, migrateSchema } from './migrate-all.ts'

if (process.env.NODE_ENV !== 'production' && process.env.CRASH) armCrash(process.env.CRASH)
if (process.argv[2] === 'migrate') process.exit(await migrateOnly(process.argv[3]))

const config = configOrExit(readConfig)
const log = createLog({ level: config.logLevel, secrets: config.secrets })

const embedded = config.databaseUrl ? undefined : await startDatabase(log)
const databaseUrl = config.databaseUrl ?? embedded?.url ?? ''

const app = createApp({ ...config, databaseUrl }, log, build())
const grace = closeWithGrace(
  { delay: 25_000, logger: false, skip: ['SIGINT', 'SIGTERM', 'unhandledRejection'] },
  async ({ err }) => {
    if (err) log.fatal({ err }, 'an error that nobody caught ends the process')
    await app.stop()
    await embedded?.stop()
  },
)
// A second signal during the drain changes nothing: npm sends Ctrl-C twice.
let isAsked = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (isAsked) return
    isAsked = true
    log.info({ signal }, 'asked to stop')
    grace.close()
  })
}
// An unhandled rejection is a bug to log. The rows are consistent, so the process need not end.
process.on('unhandledRejection', error => log.error({ err: error }, 'a rejection that nobody handled'))
await app.start()

function configOrExit<Read>(read: (env: NodeJS.ProcessEnv) => Read): Read {
  try {
    return read(process.env)
  } catch (error) {
    if (!(error instanceof BadConfig)) throw error
    process.stderr.write(
      `${error.message}\nSee docs/operations/configuration.md; npm run doctor checks them against the world.\n`,
    )
    process.exit(1)
  }
}

/**
 * `npm run migrate` needs only the database's address. `sql` prints what an administrator runs once. Returns the exit
 * code.
 */
async function migrateOnly(what: string | undefined): Promise<number> {
  const { databaseUrl, ownerUrl, botToken, logLevel, secrets } = configOrExit(readMigrationConfig)
  const log = createLog({ level: logLevel, secrets })
  const embedded = databaseUrl || ownerUrl ? undefined : await startDatabase(log)
  const url = databaseUrl ?? embedded?.url ?? ''
  const owner = ownerUrl ?? url
  const access = botToken ? accessTo(owner, botToken, ownerUrl && databaseUrl) : undefined
  try {
    if (what === 'sql') {
      if (!access) throw new Error('TELEGRAM_BOT_TOKEN is missing: the passwords of the logins are derived from it')
      process.stdout.write(`${rolesSql(owner, access)}\n`)
      return 0
    }
    if (access) await migrateAll(owner, access, log)
    else await migrateSchema(owner, log)
    log.info(
      access
        ? 'the database is up to date'
        : 'the database is up to date; the logins of the service are made at its start, by TELEGRAM_BOT_TOKEN',
    )
    return 0
  } catch (error) {
    log.debug({ err: error }, 'the migration failed')
    const causes = [error, error instanceof Error ? error.cause : undefined].filter(one => one instanceof Error)
    const words = [...new Set(causes.map(({ message }) => message))].join('\n  ')
    process.stderr.write(`${scrubber(secrets)(`the database was not migrated: ${words || String(error)}`)}\n`)
    return 1
  } finally {
    await embedded?.stop()
    await new Promise(resolve => log.flush(resolve))
  }
}

async function startDatabase(log: Log) {
  const { startEmbedded } = await import('./embedded-postgres/embedded-postgres.ts')
  const dataDir = fileURLToPath(new URL('../.data/postgres', import.meta.url))
  return startEmbedded({ dataDir, tied: true, log: line => log.debug({ line }, 'embedded database') })
}

/** The running build: from the image's build arguments, or from git in a checkout, read once at the start. */
function build(): Build {
  const root = new URL('../', import.meta.url)
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string }
  let commit = process.env.COMMIT ?? ''
  try {
    commit ||= execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    commit = 'unknown'
  }
  return { version, commit }
}
