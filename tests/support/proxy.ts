import { connect, createServer, type Socket } from 'node:net'

export type Proxy = {
  port: number
  /** From now on nothing passes in either direction, and nobody is told. */
  stall(): void
  /** Lets new connections pass again; those that were stalled stay so. */
  heal(): void
  /** Cuts every connection. */
  cut(): void
  close(): Promise<void>
}

/** Whether to close the link to the client, in good order, once these bytes have passed. */
type ClosesAfter = (sender: 'client' | 'server', data: Buffer) => boolean

/** A loopback TCP link that can fail the way networks do. */
export async function startProxy(
  to: { host: string; port: number },
  closesAfter: ClosesAfter = () => false,
): Promise<Proxy> {
  const links = new Set<Socket>()
  let isStalled = false
  const server = createServer(client => {
    const upstream = connect(to)
    for (const socket of [client, upstream]) {
      links.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        links.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    let wasStalled = isStalled
    const pass = (from: Socket, into: Socket) =>
      from.on('data', data => {
        wasStalled ||= isStalled
        if (wasStalled) return
        into.write(data)
        if (closesAfter(from === client ? 'client' : 'server', data)) client.end()
      })
    pass(client, upstream)
    pass(upstream, client)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const cut = () => {
    for (const link of links) link.destroy()
  }
  return {
    port,
    stall() {
      isStalled = true
    },
    heal() {
      isStalled = false
    },
    cut,
    close: () => {
      cut()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
