import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { addressBy, createStrangers } from '../../src/http/strangers.ts'

/** For servers that are asked more than any stranger would: within bounds, and wide ones. */
export const strangers = createStrangers(addressBy(undefined), {
  perAddress: { everyMs: 0.001, burst: 1_000_000 },
  ofAll: { everyMs: 0.001, burst: 1_000_000 },
})

/** A server for one test: passes each request to `answer` and keeps it. Closes with the test. */
export async function listen(t: Test, answer: RequestListener) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { requests, port: (server.address() as AddressInfo).port }
}
