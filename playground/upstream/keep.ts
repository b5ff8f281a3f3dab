import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stored } from './files.ts'
import type { TaskView } from './stand-in.ts'

export type Kept = { baseUrl: string; credit: number; tasks: { task: TaskView; credits: number }[]; files: Stored[] }

/** Writes are gathered for this long: a burst of changes is one write. */
const GATHER_MS = 300

/** State across runs in one JSON file. Addresses of the earlier run are turned into those of this one. */
export function openKeep(dataDir: string, state: () => Kept) {
  const path = join(dataDir, 'upstream.json')
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const write = () => {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(async () => {
      await mkdir(dataDir, { recursive: true })
      // A rename is whole or not at all, also when the process dies now.
      await writeFile(`${path}.new`, JSON.stringify(state()))
      await rename(`${path}.new`, path)
    })
    return writing
  }

  return {
    changed() {
      timer ??= setTimeout(
        () => void write().catch(error => console.error('the upstream could not be kept', error)),
        GATHER_MS,
      )
    },
    async load(baseUrl: string): Promise<Kept | undefined> {
      const text = await readFile(path, 'utf8').catch(() => undefined)
      if (text === undefined) return undefined
      const earlier: Kept = JSON.parse(text)
      return JSON.parse(text.replaceAll(earlier.baseUrl, baseUrl))
    },
    close: write,
  }
}
