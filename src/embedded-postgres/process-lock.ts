import fs from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, isOver, lifeOf } from './process-life.ts'

/**
 * Takes the lock of a folder, for one process at a time. Returns a function that releases it. The lock names its
 * owner's run, so that a killed owner blocks nobody. Throws if it is not free within `patienceMs` milliseconds.
 */
export async function lock(dir: string, patienceMs: number): Promise<() => void> {
  const path = join(dir, 'lock')
  for (const end = Date.now() + patienceMs; ; await sleep(20)) {
    if (takes(path)) return () => fs.rmSync(path, { force: true })
    if (Date.now() > end) throw new Error(`another process holds ${path}: end it, or remove the file`)
    // Only one process at a time may remove a dead owner's lock. Otherwise it could remove the lock that another has
    // just taken.
    if (isAbandoned(path) && (takes(`${path}.turn`) || isAbandoned(`${path}.turn`))) {
      if (isAbandoned(path)) fs.rmSync(path, { force: true })
      fs.rmSync(`${path}.turn`, { force: true })
    }
  }
}

function takes(path: string): boolean {
  try {
    fs.writeFileSync(path, lifeOf(process.pid)!, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

function isAbandoned(path: string): boolean {
  try {
    const owner = fs.readFileSync(path, 'utf8')
    // Empty: its owner is about to write, or was killed just then.
    return owner === '' ? Date.now() - fs.statSync(path).mtimeMs > 5_000 : isOver(owner)
  } catch {
    return false // removed meanwhile
  }
}
