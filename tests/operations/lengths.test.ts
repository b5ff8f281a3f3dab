import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import t, { type Test } from 'tap'

// `npm run check` in a repository with planted offenders.
const check = resolve('.ci/check.ts')
const lines = (count: number, line = '') => `${line}\n`.repeat(count)
/** A function of so many lines, its first and last included. */
const functionOf = (count: number, head: string) => `${head} {\n${lines(count - 2)}}\n`

/** What the check prints about these files, a line for each problem. */
function problemsOf(t: Test, files: Record<string, string>): string[] {
  const root = t.testdir()
  execFileSync('git', ['init', '-q', root])
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', check], {
    cwd: root,
    encoding: 'utf8',
  })
  t.equal(status, stderr === '' ? 0 : 1)
  return stderr.split('\n').filter(Boolean).sort()
}

const many = (count: number, name: (n: number) => string) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [name(n), '']))

t.test('the check prints every function over 60 lines and every file over 300', async t => {
  const problems = problemsOf(t, {
    'src/long.ts': `type Id = string\n${functionOf(61, 'export function long(id: Id): void')}`,
    'bench/arrow.ts': functionOf(61, 'export const arrow = (n: number) =>'),
    'chaos/full.ts': lines(301, '// a line'),
    'playground/page/page.js': functionOf(61, 'export function page()'),
    'tests/long.test.ts': functionOf(400, 'export function test()'),
    'src/i18n/ru.ts': lines(301, '// a text'),
    'src/fits.ts': functionOf(60, 'export function fits()') + lines(240),
  })
  t.strictSame(problems, [
    'bench/arrow.ts:1 arrow has 61 lines, 60 at most',
    'chaos/full.ts has 301 lines, 300 at most: split it by subject',
    'playground/page/page.js:1 page has 61 lines, 60 at most',
    'src/long.ts:2 long has 61 lines, 60 at most',
  ])
})

t.test('the check prints every folder with more than 25 files, and src/bot with more than 15', async t => {
  const problems = problemsOf(t, {
    ...many(26, n => `tests/money/${n}.test.ts`),
    ...many(26, n => `playground/page/${n}.svg`),
    ...many(25, n => `src/fits/${n}.ts`),
    ...many(5, n => `src/fits/deeper/${n}.ts`),
    ...many(16, n => `src/bot/${n}.ts`),
    ...many(26, n => `docs/${n}.md`),
  })
  t.strictSame(problems, [
    'playground/page has 26 files, 25 at most: divide it by subject',
    'src/bot has 16 .ts files, 15 at most: a feature has its folder',
    'tests/money has 26 files, 25 at most: divide it by subject',
  ])
})
