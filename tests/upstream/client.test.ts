import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { pause, Refused, Unknown } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { createUpstream } from '../../src/upstream/client.ts'
import { listen } from '../support/http.ts'

const apiKey = 'canary-key-4711-canary'
const taskId = '330a9433fd309e9e18df1c567ae38471'
const accepted = JSON.stringify({ code: 200, msg: 'success', data: { taskId, recordId: taskId } })
const order = { model: 'wan/2-7-image', input: { prompt: 'a cat', n: 1 }, callBackUrl: 'https://bot.example/c/1' }

/** A client with the lines it logged, for a server of this test. */
function clientFor(t: Test, baseUrl: string, options: { timeoutMs?: number } = {}) {
  const lines: string[] = []
  const log = createLog({ level: 'debug', secrets: [] }, { write: line => void lines.push(line) })
  const upstream = createUpstream({ baseUrl, uploadUrl: baseUrl, apiKey, log, ...options })
  t.teardown(() => upstream.close())
  return { upstream, lines }
}

async function serve(t: Test, answer: RequestListener, options: { timeoutMs?: number } = {}) {
  const { requests: asked, port } = await listen(t, answer)
  const baseUrl = `http://127.0.0.1:${port}`
  return { asked, baseUrl, ...clientFor(t, baseUrl, options) }
}

/** A server below HTTP, for what no HTTP server would do. */
async function serveBytes(t: Test, talk: (socket: Socket) => void, options: { timeoutMs?: number } = {}) {
  const sockets = new Set<Socket>()
  const server = createSocketServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    talk(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const baseUrl = `http://127.0.0.1:${port}`
  return { sockets, port, ...clientFor(t, baseUrl, options) }
}

const say =
  (body: string, status = 200, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  (_request: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(status, headers).end(body)

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

t.test('createTask sends the order with the key, and answers the task id', async t => {
  let body: unknown
  const { upstream, asked } = await serve(t, async (request, response) => {
    body = JSON.parse((await bodyOf(request)).toString())
    response.end(accepted)
  })
  t.strictSame(await upstream.createTask(order), { kind: 'accepted', taskId })
  t.match(asked[0], { method: 'POST', url: '/api/v1/jobs/createTask' })
  t.match(asked[0]!.headers, {
    authorization: `Bearer ${apiKey}`,
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    'user-agent': /^Mozilla\/5\.0/,
  })
  t.strictSame(body, order)
})

t.test('a base address keeps its own path', async t => {
  const { baseUrl, asked } = await serve(t, say(accepted))
  const { upstream } = clientFor(t, `${baseUrl}/kie/`)
  await upstream.createTask(order)
  t.equal(asked[0]!.url, '/kie/api/v1/jobs/createTask')
})

t.test('a refused connection and an unknown host mean that nothing was sent', async t => {
  const server = createSocketServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const { upstream } = clientFor(t, `http://127.0.0.1:${port}`)
  t.match(await upstream.createTask(order), { kind: 'busy', code: 'transient', message: /ECONNREFUSED/ })
  t.match(await upstream.recordInfo(taskId), { kind: 'unclear' })
  await t.rejects(upstream.credit(), Unknown)

  const nowhere = clientFor(t, 'http://nowhere.invalid')
  t.match(await nowhere.upstream.createTask(order), { kind: 'busy', code: 'transient' })
})

t.test('a handshake that fails means that nothing was sent', async t => {
  const { upstream } = await serveBytes(t, socket => void socket.once('data', () => socket.end('no TLS here\r\n')))
  t.match(await upstream.createTask(order), { kind: 'ambiguous' }, 'in plain text the request had left')

  const plain = await serve(t, say(accepted))
  const secure = clientFor(t, plain.baseUrl.replace('http:', 'https:'))
  t.match(await secure.upstream.createTask(order), { kind: 'busy', code: 'transient' })
})

t.test('a deadline during the handshake means that nothing was sent', async t => {
  const { port } = await serveBytes(t, () => {})
  const { upstream } = clientFor(t, `https://127.0.0.1:${port}`, { timeoutMs: 200 })
  t.match(await upstream.createTask(order), { kind: 'busy', code: 'transient', message: /200 ms/ })
})

t.test('after the request left, a lost answer is ambiguous and is never sent again', async t => {
  const afterRequest: [string, (socket: Socket) => void][] = [
    ['reset', socket => socket.resetAndDestroy()],
    ['closed', socket => socket.end()],
    ['half a head', socket => socket.end('HTTP/1.1 200 O')],
    ['half a body', socket => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"code":200')],
    ['not HTTP', socket => socket.end('hello\r\n\r\n')],
    ['silence', () => {}],
  ]
  for (const [name, answer] of afterRequest) {
    const { upstream, sockets } = await serveBytes(t, socket => void socket.once('data', () => answer(socket)), {
      timeoutMs: 300,
    })
    t.match(await upstream.createTask(order), { kind: 'ambiguous' }, name)
    t.equal(sockets.size, 1, `${name}: one connection, one try`)
    t.match(await upstream.recordInfo(taskId), { kind: 'unclear' }, `${name}, while polling`)
  }
})

t.test('a connection that the server closes while it is kept never costs an order', async t => {
  const { upstream, sockets } = await serveBytes(t, socket => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(accepted)}\r\n\r\n${accepted}`)
      socket.on('data', () => socket.resetAndDestroy())
    })
  })
  for (let n = 0; n < 3; n += 1) t.match(await upstream.createTask(order), { kind: 'accepted' })
  t.equal(sockets.size, 3, 'each order has a connection of its own')
})

t.test('pages of the edge are no verdict', async t => {
  const page = '<html><head><title>502 Bad Gateway</title></head></html>'
  const { upstream } = await serve(t, say(page, 502, { 'content-type': 'text/html' }))
  t.match(await upstream.createTask(order), { kind: 'ambiguous', message: /502/ })
  t.match(await upstream.recordInfo(taskId), { kind: 'unclear' })
  await t.rejects(upstream.credit(), Unknown)
})

t.test('a redirect is not followed, whatever the call', async t => {
  const elsewhere = await serve(t, say(accepted))
  const { upstream } = await serve(t, say('', 307, { location: `${elsewhere.baseUrl}/api/v1/jobs/createTask` }))
  t.match(await upstream.createTask(order), { kind: 'ambiguous' })
  t.match(await upstream.recordInfo(taskId), { kind: 'unclear' })
  t.equal(elsewhere.asked.length, 0, 'the key went nowhere else')
})

t.test('an answer without end is cut, and memory stays', async t => {
  let sent = 0
  const { upstream } = await serve(t, (_request, response) => {
    const chunk = Buffer.alloc(65_536, ' ')
    const push = () => {
      if (response.destroyed) return
      sent += chunk.length
      response.write(chunk, push)
    }
    push()
  })
  const before = process.memoryUsage().rss
  t.match(await upstream.createTask(order), { kind: 'ambiguous', message: /more than 1048576 bytes/ })
  t.match(await upstream.recordInfo(taskId), { kind: 'unclear' })
  t.ok(process.memoryUsage().rss - before < 60 * 1_048_576)
  t.ok(sent < 40 * 1_048_576, 'the server was cut off')
})

t.test('a compressed answer is not opened', async t => {
  const bomb = gzipSync(Buffer.alloc(50 * 1_048_576))
  const { upstream } = await serve(
    t,
    (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  )
  t.match(await upstream.createTask(order), { kind: 'ambiguous' })
})

t.test('a slow drip ends at the total deadline', async t => {
  const { upstream } = await serve(
    t,
    (_request, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(drip))
    },
    { timeoutMs: 300 },
  )
  const start = performance.now()
  t.match(await upstream.createTask(order), { kind: 'ambiguous', message: /300 ms/ })
  t.match(await upstream.recordInfo(taskId), { kind: 'unclear' })
  t.ok(performance.now() - start < 5_000)
})

t.test('recordInfo asks for exactly this task', async t => {
  const { upstream, asked } = await serve(t, say('{"code":422,"msg":"recordInfo is null","data":null}'))
  t.strictSame(await upstream.recordInfo('task_wan_1&x=ü'), { kind: 'not_found' })
  t.match(asked[0], { method: 'GET', url: '/api/v1/jobs/recordInfo?taskId=task_wan_1%26x%3D%C3%BC' })
})

t.test('an unknown state word means running, and is noted once', async t => {
  const record = (state: string) => JSON.stringify({ code: 200, msg: 'success', data: { taskId, state } })
  let state = 'waiting'
  const { upstream, lines } = await serve(t, (_request, response) => void response.end(record(state)))
  const look = async (word: string) => {
    state = word
    t.strictSame(await upstream.recordInfo(taskId), { kind: 'running', state: word })
  }
  for (const word of ['waiting', 'dreaming', 'dreaming', 'generating', 'queuing', 'musing', 'dreaming'])
    await look(word)
  const words = lines.map(line => JSON.parse(line).state).filter(Boolean)
  t.strictSame(words, ['dreaming', 'musing'])
})

t.test('key-in-log: the key is in no answer and in no line, even if the server repeats it', async t => {
  const { upstream, lines } = await serve(t, say(JSON.stringify({ code: 401, msg: `bad key ${apiKey}`, data: null })))
  const said = [await upstream.createTask(order), await upstream.recordInfo(taskId)]
  const error = await upstream.credit().catch(error => error)
  t.ok(error instanceof Refused)
  t.equal(error.code, 'auth')
  t.notMatch(JSON.stringify(said) + lines.join('') + error.message + error.stack, apiKey)
})

t.test('the balance is a fraction', async t => {
  const { upstream } = await serve(t, say('{"code":200,"msg":"success","data":5916.25}'))
  t.equal(await upstream.credit(), 5_916.25)
})

t.test('after the end nothing is sent, and nothing throws', async t => {
  const { upstream, asked } = await serve(t, say(accepted))
  await upstream.close()
  t.match(await upstream.createTask(order), { kind: 'busy', code: 'transient' })
  t.equal(asked.length, 0)
})

async function fileOf(t: Test, bytes: Buffer): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'telegen-test-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const path = join(dir, 'file')
  await writeFile(path, bytes)
  return path
}

t.test('an upload arrives whole', async t => {
  const bytes = randomBytes(300_000)
  let form: FormData | undefined
  const downloadUrl = 'https://tempfile.redpandaai.co/kieai/136592/telegen/cat.png'
  const { upstream, asked } = await serve(t, async (request, response) => {
    const body = new Uint8Array(await bodyOf(request))
    form = await new Response(body, { headers: { 'content-type': request.headers['content-type']! } }).formData()
    response.end(JSON.stringify({ success: true, code: 200, msg: 'File uploaded successfully', data: { downloadUrl } }))
  })
  const path = await fileOf(t, bytes)
  t.equal(await upstream.upload({ path, fileName: 'cat.png', mime: 'image/png' }), downloadUrl)
  t.match(asked[0], { method: 'POST', url: '/api/file-stream-upload' })
  t.match(asked[0]!.headers, { authorization: `Bearer ${apiKey}`, 'content-length': /^\d+$/ })
  const file = form!.get('file') as File
  t.ok(Buffer.from(await file.arrayBuffer()).equals(bytes), 'the same bytes')
  t.equal(file.type, 'image/png')
  t.equal(form!.get('fileName'), 'cat.png')
  t.ok(form!.get('uploadPath'))
})

t.test('an upload that is refused or goes wrong says which', async t => {
  const path = await fileOf(t, randomBytes(2_000_000))
  const file = { path, fileName: 'cat.png', mime: 'image/png' }
  const no = await serve(t, say('{"success":false,"code":400,"msg":"file is empty","data":null}'))
  await t.rejects(no.upstream.upload(file), { name: 'Refused', code: 'invalid_input' })
  const lost = await serve(t, say('{"success":true,"code":200,"msg":"ok","data":{}}'))
  await t.rejects(lost.upstream.upload(file), Unknown)
  const cut = await serve(t, request => void request.socket.destroy())
  await t.rejects(cut.upstream.upload(file), Unknown)
})

// What is held, without what is only not swept up yet: that alone may be 64 MB in Node, whatever the file's size.
setFlagsFromString('--expose-gc')
const sweep: () => void = runInNewContext('gc')
function held() {
  sweep()
  const { rss, arrayBuffers } = process.memoryUsage()
  return { rss, arrayBuffers }
}

t.test('an upload of 30 MB does not go through memory, though the upstream reads slowly', async t => {
  const size = 30 * 1_048_576
  const path = await fileOf(t, Buffer.alloc(0))
  await truncate(path, size)
  let received = 0
  const peak = { rss: 0, arrayBuffers: 0 }
  const { upstream } = await serve(t, async (request, response) => {
    let sampled = 0
    for await (const chunk of request) {
      received += chunk.length
      if (received - sampled < 1_048_576) continue
      sampled = received
      await pause(5)
      const now = held()
      peak.rss = Math.max(peak.rss, now.rss)
      peak.arrayBuffers = Math.max(peak.arrayBuffers, now.arrayBuffers)
    }
    response.end('{"code":200,"msg":"ok","data":{"downloadUrl":"https://tempfile.redpandaai.co/x"}}')
  })
  const before = held()
  await upstream.upload({ path, fileName: 'film.mp4', mime: 'video/mp4' })
  t.ok(received > size, 'all of it arrived')
  const grew = (what: 'rss' | 'arrayBuffers') => (peak[what] - before[what]) / 1_048_576
  t.ok(grew('arrayBuffers') < 15, `buffers grew by ${grew('arrayBuffers').toFixed(1)} MB`)
  t.ok(grew('rss') < 20, `the process grew by ${grew('rss').toFixed(1)} MB`)
})
