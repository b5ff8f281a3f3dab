import { globSync, readFileSync } from 'node:fs'
import t from 'tap'
import { allowedUpdates } from '../../src/telegram/webhook.ts'

const root = new URL('../../', import.meta.url)
const textOf = (pattern: string) =>
  globSync(pattern, { cwd: root })
    .map(file => readFileSync(new URL(file, root), 'utf8'))
    .join('\n')

/** The methods and fields that a package of declarations describes. */
function described(folder: string) {
  const text = textOf(`node_modules/${folder}/*.d.ts`).replace(/\/\*[\s\S]*?\*\//g, '')
  const names = (pattern: RegExp) => new Set([...text.matchAll(pattern)].map(([, name]) => name!))
  return { methods: names(/^ {4}([a-z]\w+)\(/gm), fields: names(/^\s+([a-z]\w*)\??:/gm) }
}
const today = described('@grammyjs/types')
const before = described('@telegraf/types')
const code = textOf('src/**/*.ts')
// Names of service messages: a list of its own that the page points to.
const others = code.replace(textOf('src/telegram/readable.ts'), '')

const page = readFileSync(new URL('docs/providers/telegram.md', root), 'utf8')
/** The rows of one table of the page: names in code marks, and the version. */
function table(heading: string): Map<string, string> {
  const [, rows = ''] = new RegExp(`\\| ${heading} \\| since \\|.*\\n\\| ---.*\\n((?:\\|.*\\n)+)`).exec(page) ?? []
  return new Map(
    rows
      .trim()
      .split('\n')
      .flatMap(row => {
        const [, names = '', since = ''] = row.split('|')
        return [...names.matchAll(/`([^`]+)`/g)].map(([, name]): [string, string] => [name!, since.trim()])
      }),
  )
}
const isOld = (since: string) => since === '7.1 or before'

t.test('the table names every method that the code calls, and no other', async t => {
  const called = [...code.matchAll(/\bcall(?:Checked)?\(\s*(?:\w+,\s*)?'([a-z]\w+)'/gi)].map(([, name]) => name!)
  const rows = table('method')
  t.ok(rows.size > 20)
  t.strictSame([...rows.keys()].sort(), [...new Set(called)].sort())
  for (const [name, since] of rows) {
    t.ok(today.methods.has(name), `${name} is described`)
    t.equal(before.methods.has(name), isOld(since), `${name} since ${since}`)
  }
})

t.test('the table names every kind of update that is wanted', async t => {
  const rows = table('update')
  t.strictSame([...rows.keys()].sort(), [...allowedUpdates].sort())
  for (const [name, since] of rows) {
    t.ok(today.fields.has(name), `${name} is described`)
    t.equal(before.fields.has(name), isOld(since), `${name} since ${since}`)
  }
})

// Columns and words of ours that Telegram has too.
const ours = new Set(['draft_id', 'is_open'])

t.test('the table names every newer field that the code uses', async t => {
  const rows = table('field')
  const words = new Set([...others.matchAll(/\b[a-z]+(?:_[a-z0-9]+)+\b/g)].map(([word]) => word))
  const used = [...words].filter(word => today.fields.has(word) && !before.fields.has(word) && !ours.has(word))
  t.ok(used.length > 3)
  for (const name of used) t.ok(rows.has(name), `${name} has a row`)
  for (const [name, since] of rows) {
    t.ok(code.includes(name), `${name} is used`)
    t.match(since, /^\d+\.\d+$/, name)
  }
})
