import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { mutants } from './list.ts'
import type { Mutant } from './mutant.ts'

// `npm run mutants [words]`: does a test fail for each defect? Works in a copy of the code. Every test must pass there
// first. Then each defect is made, its test runs, and the defect is taken out. Exits 1 if no test noticed a defect.

const root = fileURLToPath(new URL('../../', import.meta.url))
const maxMs = 300_000

const wanted = process.argv.slice(2).join(' ')
const chosen = mutants.filter(({ what }) => what.includes(wanted))
const copy = await mkdtemp(join(tmpdir(), 'telegen-mutants-'))
try {
  for (const name of ['src', 'playground', 'sql', 'tests', 'package.json'])
    await cp(join(root, name), join(copy, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const test of new Set(chosen.map(({ test }) => test))) {
    if (!(await passes(test))) throw new Error(`tests/${test}.test.ts fails without any defect`)
  }
  const missed: string[] = []
  for (const [n, mutant] of chosen.entries()) {
    const isCaught = await withDefect(mutant, async () => !(await passes(mutant.test)))
    if (!isCaught) missed.push(mutant.what)
    console.log(`${n + 1}. ${isCaught ? 'caught' : 'NOT CAUGHT'} by ${mutant.test}: ${mutant.what}`)
  }
  console.log(`${chosen.length - missed.length} of ${chosen.length} defects were caught`)
  process.exitCode = missed.length === 0 ? 0 : 1
} finally {
  await rm(copy, { recursive: true, force: true })
}

async function withDefect<T>({ what, file, find, replace }: Mutant, look: () => Promise<T>): Promise<T> {
  const path = join(copy, file)
  const whole = await readFile(path, 'utf8')
  if (whole.split(find).length !== 2) throw new Error(`«${what}»: its place in ${file} is not there, or there twice`)
  await writeFile(
    path,
    whole.replace(find, () => replace),
  )
  try {
    return await look()
  } finally {
    await writeFile(path, whole)
  }
}

async function passes(test: string): Promise<boolean> {
  const options = {
    cwd: copy,
    timeout: maxMs,
    maxBuffer: 64 * 1_048_576,
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      OPERATIONS: '2000',
      TAP_TIMEOUT: '300',
    },
  }
  return promisify(execFile)(process.execPath, [`tests/${test}.test.ts`], options).then(
    () => true,
    () => false,
  )
}
