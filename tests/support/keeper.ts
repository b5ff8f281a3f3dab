import fs from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Embedded, isOver, startEmbedded } from '../../src/embedded-postgres/embedded-postgres.ts'

// Started by `testServer` for one test run: `node keeper.ts <life of the runner> <folder>`. It keeps the run's server
// until the runner ends, because tap gives its files no common parent code, and a runner that is killed cleans nothing.
if (import.meta.main) {
  const [runner, folder] = process.argv.slice(2)
  if (runner && folder) await keep(runner, folder)
}

async function keep(runner: string, folder: string) {
  let asked = false
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => (asked = true))
  let server: Embedded | undefined
  try {
    server = await startEmbedded({
      dataDir: join(folder, 'postgres'),
      // A crash of the machine may lose it; nothing else may.
      settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
      tied: true,
    })
    answer(folder, { url: server.url })
  } catch (error) {
    answer(folder, { problem: String(error) })
  }
  while (!asked && !isOver(runner)) await sleep(100)
  try {
    await server?.stop()
  } finally {
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Whole or not at all, since the files poll for it. */
function answer(folder: string, content: { url: string } | { problem: string }) {
  fs.writeFileSync(join(folder, 'answer.new'), JSON.stringify(content), { mode: 0o600 })
  fs.renameSync(join(folder, 'answer.new'), join(folder, 'answer.json'))
}
