// The process that inspects people's files. It has no access to the service, may only read files, and is ended from
// outside if a file costs too much.
import { Refused } from '../errors.ts'
import type { Kind } from './family.ts'
import { type Inspected, inspect } from './inspect.ts'

export type Question = { path: string; accept: readonly Kind[] | undefined; convertiblePx: number | undefined }
export type Answer = { found: Inspected } | { refused: { code: string; message: string } } | { failed: string }

const send = (message: 'ready' | Answer) => void process.send?.(message)

// The parent process has ended.
process.on('disconnect', () => process.exit(0))
process.on('message', ({ path, accept, convertiblePx }: Question) => {
  inspect(path, accept, convertiblePx).then(
    found => send({ found }),
    error => {
      if (error instanceof Refused) send({ refused: { code: error.code, message: error.message } })
      else send({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    },
  )
})
send('ready')
