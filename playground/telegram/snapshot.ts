import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SavedChats } from './chats/chats.ts'
import type { StoredFile } from './files/register.ts'
import type { SavedPayments } from './payments/payments.ts'
import type { SavedSettings } from './settings/settings.ts'
import type { SavedDelivery } from './updates/delivery.ts'

/** Everything that outlives a run. Open presses and checkouts do not: people see them as expired. */
export type Saved = {
  token: string
  /** How often this folder was opened: keeps ids of different runs apart under one seed. */
  runs: number
  chats: SavedChats
  delivery: SavedDelivery
  payments: SavedPayments
  settings: SavedSettings
  files: StoredFile[]
}

// Several changes in a row make one write.
const PAUSE_MS = 300

export async function load(dataDir: string): Promise<Saved | undefined> {
  await mkdir(dataDir, { recursive: true })
  const json = await readFile(join(dataDir, 'telegram.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return
    throw error
  })
  return json === undefined ? undefined : (JSON.parse(json) as Saved)
}

/** Writes `take()` a moment after each change, and once more on close. */
export function openSnapshot(dataDir: string | undefined, take: () => Saved) {
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  function write() {
    clearTimeout(timer)
    timer = undefined
    // A failed write was reported; the next one tries again.
    writing = writing
      .catch(() => {})
      .then(async () => {
        const path = join(dataDir!, 'telegram.json')
        // A crash in the middle leaves the old file whole.
        await writeFile(`${path}.new`, JSON.stringify(take()))
        await rename(`${path}.new`, path)
      })
    return writing
  }

  return {
    changed() {
      if (dataDir !== undefined) timer ??= setTimeout(() => void write().catch(report), PAUSE_MS)
    },
    async close() {
      if (dataDir !== undefined) await write()
    },
  }
}

const report = (error: unknown) => console.error('stand-in Bot API server: the snapshot was not written:', error)
