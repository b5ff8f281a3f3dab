// What the linters do not see: layers, lengths, secrets, and things that must not lie in git. Prints every problem; exits 1.
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { mutants } from '../chaos/mutants/list.ts'
import { folderProblems, lengthProblems } from './lengths.ts'

const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter(file => file && statSync(file, { throwIfNoEntry: false })?.isFile())
const problems: string[] = []

// ── Layers: a folder of src/ imports itself or a lower line; docs/architecture.md draws them. Circles are Biome's rule. ──
const lines: string[][] = [
  ['main', 'doctor', 'audit'],
  ['app'],
  ['parts'],
  ['migrate-all'],
  ['http', 'bot', 'jobs'],
  ['delivery', 'operations'],
  ['payments'],
  ['health'],
  ['catalogue', 'events', 'upstream', 'telegram'],
  ['media'],
  ['i18n'],
  ['users'],
]
// Words need the format of money and the shape of a screen; a screen needs nothing of theirs.
const allowed = new Set(['i18n>telegram', 'i18n>catalogue'])
const partOf = (path: string) => path.replace(/^src\//, '').replace(/\/.*|\.ts$/g, '')
/** The number of the line; what is in none is the base, which lies below them all. */
function lineOf(part: string): number {
  const line = lines.findIndex(line => line.includes(part))
  return line === -1 ? lines.length : line
}
// The folders of the bot, lowest first; the files beside them lie below, and bot.ts lists them all.
const stairs = ['files', 'browse', 'runs', 'request', 'order', 'money', 'groups', 'admin', 'home']
const stairOf = (path: string) => stairs.indexOf(path.split('/')[2] ?? '')

for (const file of files.filter(file => /^(src|playground)\/.*\.[jt]s$/.test(file))) {
  const from = partOf(file)
  const text = readFileSync(file, 'utf8')
  for (const [, target = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
    const path = new URL(target, `file:///${file}`).pathname.slice(1)
    const to = partOf(path)
    if (from === to) {
      const isUp = from === 'bot' && file !== 'src/bot/bot.ts' && stairOf(path) > Math.max(stairOf(file), 0)
      if (isUp) problems.push(`${file} imports a feature above it: ${target}`)
      continue
    }
    if (from === 'playground') {
      // The playground starts the service beside its stand-ins; the stand-ins themselves know nothing of it.
      const isStandIn = /^playground\/(telegram|upstream)\//.test(file)
      if (isStandIn && !target.endsWith('models.json')) problems.push(`${file} is a stand-in and imports ${target}`)
      continue
    }
    if (to === 'playground') problems.push(`${file} knows the playground (${target})`)
    else if (lineOf(to) <= lineOf(from) && lineOf(from) < lines.length && !allowed.has(`${from}>${to}`))
      problems.push(`${file} imports upwards or sideways: ${target}`)
    else if (lineOf(from) === lines.length && lineOf(to) < lines.length)
      problems.push(`${file} belongs to the base and imports ${target}`)
  }
  if (
    /process\.env/.test(text) &&
    !/^(playground\/.*|src\/(main|doctor|audit|catalogue\/(list|check)))\.ts$/.test(file)
  ) {
    problems.push(`${file} reads the environment: take what it needs as an argument`)
  }
  if (/\bsql\.unsafe\b/.test(text) && !file.startsWith('playground/')) {
    problems.push(`${file} uses sql.unsafe: statements are written out`)
  }
  // postgres.js writes to a connection that the server has closed (porsager/postgres#1208): an uncaught error.
  if (/['"]postgres['"]/.test(text) && /\.(begin|reserve)\b/.test(text)) {
    problems.push(
      `${file} pins a connection by begin or reserve: money is one statement, migrations use src/database/transaction.ts`,
    )
  }
  if (file !== 'src/database/transaction.ts' && /(from|import)\s*\(?\s*'pg'/.test(text)) {
    problems.push(`${file} imports pg: only src/database/transaction.ts may hold a transaction open`)
  }
  if (
    /\bctx\.(tg|telegram\b|(reply|send|edit|delete|answer(Cb|Inline|PreCheckout))\w*\()/.test(text) &&
    file.startsWith('src/')
  ) {
    problems.push(`${file} calls Telegram through Telegraf, which knows Bot API 7.1: use ctx.api`)
  }
  if (/parseFloat\(/.test(text) && !file.startsWith('playground/')) problems.push(`${file} uses parseFloat`)
}

// ── SQL: what is defined anew with each change stands in one place, which is its text of today. ──
const longestSql = 300
const places = new Map<string, string[]>()
for (const file of files.filter(file => file.endsWith('.sql'))) {
  const text = readFileSync(file, 'utf8')
  const count = text.split('\n').length - 1
  if (count > longestSql) problems.push(`${file} has ${count} lines, over ${longestSql}: divide it by subject`)
  const code = text.replace(/--[^\n]*/g, '')
  const defines =
    /\bcreate\s+(?:or\s+replace\s+)?(?:(?:materialized|temp|temporary|recursive|constraint)\s+)*(function|procedure|view|trigger)\s+([\w.]+)(?:\s*\(([^)]*))?/gi
  for (const [, kind = '', name = '', list = ''] of code.matchAll(defines)) {
    if (!file.startsWith('sql/functions/'))
      problems.push(`${file} defines the ${kind} ${name}: that is for sql/functions/`)
    // Functions of one name differ by their arguments.
    const what = kind === 'function' ? `${kind} ${name}(${list.replace(/\s+/g, ' ').trim()})` : `${kind} ${name}`
    places.set(what, [...(places.get(what) ?? []), file])
  }
}
for (const [what, where] of places)
  if (where.length > 1) problems.push(`the ${what} is defined ${where.length} times: ${where.join(', ')}`)

// ── Mutants: each defect names its place by a text, which must occur exactly once. ──
for (const { what, file, find } of files.includes('chaos/mutants/list.ts') ? mutants : []) {
  const count = statSync(file, { throwIfNoEntry: false }) ? readFileSync(file, 'utf8').split(find).length - 1 : 0
  if (count !== 1) problems.push(`chaos/mutants, «${what}»: its text occurs ${count} times in ${file}, once is needed`)
}

problems.push(...lengthProblems(files), ...folderProblems(files))

// ── Secrets, by shape. Made-up ones in tests are marked by the word that follows the colon. ──
const shapes: [string, RegExp][] = [
  ['a bot token', /\b\d{8,10}:AA[\w-]{33}\b/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['a cloud key', /\b(AKIA[0-9A-Z]{16}|ghp_\w{36}|xox[bp]-[\w-]{20,})\b/],
  ['a key in an assignment', /(api|secret|access)[_-]?key\s*[=:]\s*['"]?[a-f0-9]{32,}/i],
]
// ── Health: nothing generated, stored, archived or oversized. ──
const forbidden =
  /(^|\/)(\.env(\..*)?|\.data|data|archive|artifacts|node_modules)(\/|$)|\.(bak|orig|rej|zip|gz|tgz|7z|sql\.dump|sqlite|log|pem)$|~$/
const maxBytes = 1024 * 1024
// Names the variables of a first deployment; a test holds that its secrets are empty.
const sample = '.env.example'
for (const file of files) {
  if (forbidden.test(file) && file !== sample) problems.push(`${file} does not belong in git`)
  if (statSync(file).size > maxBytes) problems.push(`${file} is over 1 MB`)
  if (/\.(png|jpg|ttf|woff2?|ico)$/.test(file)) continue
  const bytes = readFileSync(file)
  if (bytes[0] === 0xef && bytes[1] === 0xbb) problems.push(`${file} begins with a byte order mark`)
  const text = bytes.toString('utf8')
  if (text.includes('\uFFFD') && !file.startsWith('tests/')) problems.push(`${file} is not clean UTF-8`)
  for (const [what, shape] of shapes) if (shape.test(text)) problems.push(`${file} seems to hold ${what}`)
  if (file === 'package-lock.json' && /"resolved"/.test(text)) problems.push('the lock file names download addresses')
}

if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log(`ok: ${files.length} files, layers, lengths, secrets and health`)
