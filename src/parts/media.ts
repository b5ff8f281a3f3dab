import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '../id.ts'
import type { Log } from '../log.ts'
import { createConverter } from '../media/convert/convert.ts'
import { createInspector } from '../media/inspector.ts'
import type { Part } from './part.ts'

/** The processes that look at files and convert them, and the folder in which people's files lie meanwhile. */
export function openMedia(log: Log) {
  // Both kinds of folders in which files lie for a moment begin so: this one, and the downloader's.
  const folders = [join(tmpdir(), 'telegen-*')]
  const inspector = createInspector({ folders, log })
  const { inspect } = inspector
  const converter = createConverter({ inspect, folders, log })
  const dir = join(tmpdir(), `telegen-${newId()}`)
  return {
    inspect,
    converter,
    /** Made by the start. */
    dir,
    start: async () => void (await mkdir(dir, { mode: 0o700 })),
    async [Symbol.asyncDispose]() {
      inspector.close()
      converter.close()
      await rm(dir, { recursive: true, force: true })
    },
  } satisfies Part
}

export type Media = ReturnType<typeof openMedia>
