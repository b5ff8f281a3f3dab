import { connect, createServer, type Socket } from 'node:net'
import { type Reader, readPostgres } from './postgres-wire.ts'

export type Link = {
  port: number
  /** Everything passes again; connections that were stalled are cut. */
  pass(): void
  /** Holds back each piece for so long, in order. */
  delay(ms: number): void
  /** Silence in both directions, without an error. */
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

/** How a link fails just now. */
type State = {
  sockets: Set<Socket>
  target: () => Address | undefined
  delayMs: number
  isStalled: boolean
  drops: number
}

/** A loopback TCP link that can fail the way networks do. */
export async function openLink({ speaks, to, dropped }: Options): Promise<Link> {
  const state: State = { sockets: new Set(), target: to, delayMs: 0, isStalled: false, drops: 0 }
  const server = createServer(client => {
    const address = state.target()
    if (!address) return void client.resetAndDestroy()
    join(client, connect(address), state, speaks === 'postgres' ? readPostgres() : readHttp(), dropped)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of state.sockets) socket.destroy()
  }
  return {
    port: (server.address() as { port: number }).port,
    pass() {
      state.delayMs = state.drops = 0
      if (state.isStalled) cut()
      state.isStalled = false
    },
    delay(ms) {
      state.delayMs = ms
    },
    stall() {
      state.isStalled = true
    },
    cut,
    rst() {
      for (const socket of state.sockets) socket.resetAndDestroy()
    },
    dropAck(times) {
      state.drops = times
    },
    to(address) {
      state.target = () => address
    },
    close: () => {
      cut()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}

/** Passes data between both ends, as the state of the link allows. */
function join(client: Socket, far: Socket, state: State, reader: Reader, dropped: Options['dropped']) {
  for (const socket of [client, far]) {
    state.sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => {
      state.sockets.delete(socket)
      // Data under way still arrives: a process that dies has sent what it has sent.
      setTimeout(() => {
        client.destroy()
        far.destroy()
      }, state.delayMs + 5)
    })
  }
  let wasStalled = false
  const after = (pass: () => void) => {
    if (state.delayMs > 0) setTimeout(pass, state.delayMs)
    else pass()
  }
  client.on('data', data => {
    wasStalled ||= state.isStalled
    if (wasStalled) return
    reader.request(data)
    after(() => far.write(data))
  })
  far.on('data', data => {
    wasStalled ||= state.isStalled
    if (wasStalled) return
    const answered = reader.answer(data)
    if (answered !== undefined && state.drops > 0) {
      state.drops -= 1
      dropped(answered)
      client.resetAndDestroy()
      far.destroy()
      return
    }
    after(() => client.write(data))
  })
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
