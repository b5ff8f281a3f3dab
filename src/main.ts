import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import closeWithGrace from 'close-with-grace'
import { accessTo } from './access.ts'
import { type Build, createApp, migrateAll } from './app.ts'
import { BadConfig, type Config, readConfig } from './config.ts'
import { armCrash } from './crash.ts'
import { createLog } from './log.ts'

const config = configOrExit()
const log = createLog({ level: config.logLevel, secrets: config.secrets })
if (!config.production && process.env.CRASH) armCrash(process.env.CRASH)

const embedded = config.databaseUrl ? undefined : await startDatabase()
const databaseUrl = config.databaseUrl ?? embedded?.url ?? ''

if (process.argv[2] === 'migrate') {
  const { ownerUrl = databaseUrl } = config
  await migrateAll(ownerUrl, accessTo(ownerUrl, config.botToken, config.ownerUrl && databaseUrl), log)
  log.info('the database is up to date')
  await embedded?.stop()
} else {
  const app = createApp({ ...config, databaseUrl }, log, build())
  const grace = closeWithGrace(
    { delay: 25_000, logger: false, skip: ['SIGINT', 'SIGTERM', 'unhandledRejection'] },
    async ({ err }) => {
      if (err) log.fatal({ err }, 'an error that nobody caught ends the process')
      await app.stop()
      await embedded?.stop()
    },
  )
  // A second signal while draining changes nothing: npm sends Ctrl-C twice.
  let isAsked = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isAsked) return
      isAsked = true
      log.info({ signal }, 'asked to stop')
      grace.close()
    })
  }
  // A promise that failed unheard is a fault to be seen; the rows stand, so it need not end the process.
  process.on('unhandledRejection', error => log.error({ err: error }, 'a rejection that nobody handled'))
  await app.start()
}

function configOrExit(): Config {
  try {
    return readConfig(process.env)
  } catch (error) {
    if (!(error instanceof BadConfig)) throw error
    process.stderr.write(
      `${error.message}\nSee the table of variables in README.md; npm run doctor checks them against the world.\n`,
    )
    process.exit(1)
  }
}

async function startDatabase() {
  const { startEmbedded } = await import('./embedded-postgres.ts')
  const dataDir = fileURLToPath(new URL('../.data/postgres', import.meta.url))
  return startEmbedded({ dataDir, tied: true, log: line => log.debug({ line }, 'embedded database') })
}

/** What runs: from the image's build arguments, or from git in a checkout, read once at the start. */
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
