import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { World } from './world.ts'

/** A host whose files arrive slowly. All other requests go to the upstream's host of files, whose address it takes. */
export async function openSlowHost() {
  let to = ''
  const server = createServer(async (request, response) => {
    if (request.url?.startsWith('/slow')) {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': '100000' })
      const drip = setInterval(() => response.write('x'), 1_000)
      return response.on('close', () => clearInterval(drip))
    }
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = request.headers
    const answer = await fetch(to + request.url, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(request.method === 'POST' && { body: Buffer.concat(parts) }),
    })
    const type = answer.headers.get('content-type') ?? 'application/json'
    return response.writeHead(answer.status, { 'content-type': type }).end(Buffer.from(await answer.arrayBuffer()))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const web = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    web,
    address(world: Pick<World, 'upstream'>) {
      to = world.upstream.baseUrl
      return web()
    },
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
