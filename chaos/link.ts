import { connect, createServer, type Socket } from 'node:net'
import { type Reader, readPostgres } from './postgres-wire.ts'

export type Link = {
  port: number
  /** Everything passes again; connections that were stalled are cut. */
  pass(): void
  /** Holds back each piece for so long, in order. */
  delay(ms: number): void
  /** Silence in both directions, and nobody is told. */
  stall(): void
  cut(): void
  rst(): void
  /**
   * The next n requests arrive and their answers do not. On a link to Postgres a request is a call of one of the
   * service's functions that change something, and its answer is cut when it is complete, so that it is committed.
   */
  dropAck(times: number): void
  to(address: Address): void
  close(): Promise<void>
}
type Address = { host: string; port: number }
type Options = {
  speaks: 'http' | 'postgres'
  /** Where a new connection goes; undefined refuses it. */
  to: () => Address | undefined
  /** An answer was thrown away; on a link to Postgres that of this function. */
  dropped: (what: string) => void
}

/** A loopback TCP link that can fail the way networks do. */
export async function openLink({ speaks, to, dropped }: Options): Promise<Link> {
  const sockets = new Set<Socket>()
  let target = to
  let delayMs = 0
  let isStalled = false
  let drops = 0

  const server = createServer(client => {
    const address = target()
    if (!address) return void client.resetAndDestroy()
    const far = connect(address)
    for (const socket of [client, far]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        // What is under way still arrives: a process that dies has sent what it has sent.
        setTimeout(() => {
          client.destroy()
          far.destroy()
        }, delayMs + 5)
      })
    }
    const reader: Reader = speaks === 'postgres' ? readPostgres() : readHttp()
    let wasStalled = false
    const after = (pass: () => void) => {
      if (delayMs > 0) setTimeout(pass, delayMs)
      else pass()
    }
    client.on('data', data => {
      wasStalled ||= isStalled
      if (wasStalled) return
      reader.request(data)
      after(() => far.write(data))
    })
    far.on('data', data => {
      wasStalled ||= isStalled
      if (wasStalled) return
      const answered = reader.answer(data)
      if (answered !== undefined && drops > 0) {
        drops -= 1
        dropped(answered)
        client.resetAndDestroy()
        far.destroy()
        return
      }
      after(() => client.write(data))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as { port: number }).port,
    pass() {
      delayMs = drops = 0
      if (isStalled) cut()
      isStalled = false
    },
    delay(ms) {
      delayMs = ms
    },
    stall() {
      isStalled = true
    },
    cut,
    rst() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    dropAck(times) {
      drops = times
    },
    to(address) {
      target = () => address
    },
    close: () => {
      cut()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

/** A request is under way from its first byte to the first byte of its answer. */
function readHttp(): Reader {
  let isAsked = false
  return {
    request() {
      isAsked = true
    },
    answer() {
      if (!isAsked) return undefined
      isAsked = false
      return 'request'
    },
  }
}
