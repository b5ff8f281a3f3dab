import { connect, createServer, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

export type Front = {
  port: number
  /** What each connection said first: the settings that it wants, and whether it was by TLS. */
  startups: { isSecure: boolean; settings: Record<string, string> }[]
  close(): Promise<void>
}

/** Stands before a Postgres without TLS: answers SSLRequest as it is told, and writes down what is asked for at the start. */
export async function startFront(
  to: { host: string; port: number },
  certificate?: { key: string; cert: string },
): Promise<Front> {
  const startups: Front['startups'] = []
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    sockets.add(client)
    client.on('error', () => {})
    client.once('data', first => {
      if (first.readInt32BE(4) !== 80877103) return pass(client, first, false)
      client.write(certificate ? 'S' : 'N')
      const inner = certificate ? new TLSSocket(client, { isServer: true, ...certificate }) : client
      inner.on('error', () => {})
      inner.once('data', (data: Buffer) => pass(inner, data, certificate !== undefined))
    })
  })
  function pass(client: Socket, first: Buffer, isSecure: boolean) {
    const words = first.subarray(8).toString().split('\0')
    const settings: Record<string, string> = {}
    for (let n = 0; words[n]; n += 2) settings[words[n]!] = words[n + 1] ?? ''
    startups.push({ isSecure, settings })
    const upstream = connect(to)
    sockets.add(upstream)
    upstream.on('error', () => client.destroy())
    upstream.write(first)
    client.pipe(upstream).pipe(client)
  }
  await new Promise<void>(resolve => server.listen(0, resolve))
  const { port } = server.address() as { port: number }
  return {
    port,
    startups,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
