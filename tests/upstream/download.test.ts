import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import t, { type Test } from 'tap'
import { Refused, Unknown } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { isPublic, type Resolve } from '../../src/upstream/addresses.ts'
import { createUpstream } from '../../src/upstream/client.ts'
import { createDownloader } from '../../src/upstream/download.ts'
import { selfSigned } from '../support/certificate.ts'
import { listen } from '../support/http.ts'
import { inspectorOf } from '../support/media/inspector.ts'

const { inspect } = inspectorOf(t)
const png = createCanvas(60, 40).toBuffer('image/png')

/** A server that the downloader trusts, as the configured upstream is. */
async function serve(
  t: Test,
  answer: RequestListener,
  { host = '127.0.0.1', resolve }: { host?: string; resolve?: Resolve } = {},
) {
  const { requests: asked, port } = await listen(t, answer)
  const origin = `http://${host}:${port}`
  const dir = await mkdtemp(join(tmpdir(), 'telegen-test-'))
  const downloader = createDownloader({
    trustedOrigins: [`${origin}/api`],
    inspect,
    dir,
    ...(resolve ? { resolve } : {}),
  })
  t.teardown(async () => {
    await downloader.close()
    await rm(dir, { recursive: true, force: true })
  })
  return { asked, origin, dir, downloader }
}

const refused = (code: string) => ({ name: 'Refused', code })

t.test('a result is fetched whole into a file of ours', async t => {
  const { downloader, origin, dir, asked } = await serve(
    t,
    (_request, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end(png),
  )
  const file = await downloader.fetch(`${origin}/files/a.mp4?x=1`)
  t.match(file, { kind: 'image', mime: 'image/png', extension: 'png', widthPx: 60, heightPx: 40, bytes: png.length })
  t.ok((await readFile(file.path)).equals(png))
  t.equal((await stat(file.path)).mode & 0o777, 0o600)
  t.match(asked[0]!.headers, { 'user-agent': /^Mozilla\/5\.0/, 'accept-encoding': 'identity' })
  t.equal(asked[0]!.headers.authorization, undefined, 'the key stays at home')
  await file.remove()
  t.strictSame(await readdir(dir), [])
  await file.remove()
})

t.test('what is not removed goes with the downloader', async t => {
  const { origin, dir, downloader } = await serve(t, (_request, response) => void response.end(png))
  await downloader.fetch(`${origin}/a`)
  t.equal((await readdir(dir)).length, 1)
  await downloader.close()
  t.strictSame(await readdir(dir), [])

  const own = createDownloader({ trustedOrigins: [origin], inspect })
  const { path } = await own.fetch(`${origin}/a`)
  t.equal((await stat(join(path, '..'))).mode & 0o777, 0o700, 'a folder that only we can read')
  await own.close()
  await t.rejects(stat(join(path, '..')), { code: 'ENOENT' })
})

t.test('a file that is not what it should be is refused, and leaves nothing behind', async t => {
  const table: [string, string, RequestListener][] = [
    ['gone', 'not_found', (_q, r) => void r.writeHead(404).end('Not Found')],
    ['expired', 'not_found', (_q, r) => void r.writeHead(403).end('Request has expired')],
    ['empty', 'empty', (_q, r) => void r.writeHead(200, { 'content-length': 0 }).end()],
    ['no content', 'empty', (_q, r) => void r.writeHead(204).end()],
    [
      'a page with an image’s type',
      'not_media',
      (_q, r) => void r.writeHead(200, { 'content-type': 'image/png' }).end('<html><body>Sorry</body></html>'),
    ],
    [
      'SVG',
      'not_media',
      (_q, r) => void r.writeHead(200, { 'content-type': 'image/svg+xml' }).end('<svg><script/></svg>'),
    ],
    ['declared too large', 'too_large', (_q, r) => void r.writeHead(200, { 'content-length': 2_000_000 }).write(png)],
    ['too large without a word', 'too_large', (_q, r) => void r.writeHead(200).end(Buffer.alloc(1_500_000, 1))],
    [
      'half of it',
      'truncated',
      (_q, r) => {
        r.writeHead(200, { 'content-length': png.length })
        r.write(png.subarray(0, png.length / 2))
        setTimeout(() => r.socket?.end(), 20)
      },
    ],
    [
      'moved',
      'redirect',
      (_q, r) => void r.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
    ],
  ]
  for (const [name, code, answer] of table) {
    const { downloader, origin, dir, asked } = await serve(t, answer)
    await t.rejects(downloader.fetch(`${origin}/a.png`, { maxBytes: 1_000_000 }), refused(code), name)
    t.equal(asked.length, 1, name)
    t.strictSame(await readdir(dir), [], name)
  }
})

t.test('no answer is no verdict', async t => {
  const table: [string, RequestListener][] = [
    ['502', (_q, r) => void r.writeHead(502).end('<html></html>')],
    ['429', (_q, r) => void r.writeHead(429).end()],
    ['reset', (_q, r) => void r.socket?.resetAndDestroy()],
    [
      'reset in the middle',
      (_q, r) => {
        r.writeHead(200, { 'content-length': 100_000 })
        r.write(png)
        setTimeout(() => r.socket?.resetAndDestroy(), 20)
      },
    ],
    ['silence', () => {}],
    [
      'a drip',
      (_q, r) => {
        r.writeHead(200)
        const drip = setInterval(() => r.write('x'), 20)
        r.on('close', () => clearInterval(drip))
      },
    ],
  ]
  for (const [name, answer] of table) {
    const { downloader, origin, dir } = await serve(t, answer)
    const start = performance.now()
    await t.rejects(downloader.fetch(`${origin}/a.png`, { deadlineMs: 300 }), Unknown, name)
    t.ok(performance.now() - start < 5_000, `${name} ends at the deadline`)
    t.strictSame(await readdir(dir), [], name)
  }
  const { downloader, origin } = await serve(t, () => {})
  const given = new AbortController()
  const fetching = downloader.fetch(`${origin}/a`, { signal: given.signal })
  given.abort()
  await t.rejects(fetching, Unknown, 'given up by the caller')
  const alone = createDownloader({ trustedOrigins: ['http://127.0.0.1:1'], inspect })
  t.teardown(() => alone.close())
  await t.rejects(alone.fetch('http://127.0.0.1:1/'), Unknown, 'nobody listens')
})

t.test('ssrf-result: a link that leads inside is refused before anything is sent', async t => {
  const names: Record<string, string[]> = {
    'rebind.example.com': ['127.0.0.1'],
    'mixed.example.com': ['93.184.216.34', '10.0.0.7'],
    'fly.example.com': ['fdaa:0:1::3'],
    'mapped.example.com': ['::ffff:169.254.169.254'],
    'odd.example.com': ['not an address'],
  }
  const resolve: Resolve = async host => names[host] ?? []
  const { origin, asked } = await serve(t, (_request, response) => void response.end(png))
  const downloader = createDownloader({
    trustedOrigins: ['https://api.kie.ai', 'http://127.0.0.1:9'],
    inspect,
    resolve,
  })
  t.teardown(() => downloader.close())
  const { port } = new URL(origin)
  const table: Record<string, string[]> = {
    private_address: [
      `http://127.0.0.1:${port}/`,
      'https://127.0.0.1/',
      'https://0x7f.1/',
      'https://0177.0.0.1/',
      'https://2130706433/',
      'https://127.1/',
      'https://[::1]/',
      'https://[::]/',
      'https://0.0.0.0/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::127.0.0.1]/',
      'https://[64:ff9b::7f00:1]/',
      'https://[2002:7f00:1::]/',
      'https://169.254.169.254/latest/meta-data/',
      'https://168.63.129.16/',
      'https://100.64.0.1/',
      'https://192.168.1.1/',
      'https://172.16.0.1/',
      'https://224.0.0.1/',
      'https://255.255.255.255/',
      'https://198.18.0.1/',
      'https://[fdaa::3]/',
      'https://[fe80::1]/',
      'https://[ff02::1]/',
      'https://[2001:db8::1]/',
      'https://localhost/',
      'https://localhost./',
      'https://LOCALHOST/',
      'https://a.localhost/',
      'https://metadata.google.internal/',
      'https://api.internal./',
      'https://printer.local/',
      'https://db/',
      'https://①②⑦.0.0.1/',
      ...Object.keys(names).map(host => `https://${host}/x.png`),
    ],
    bad_url: [
      '',
      'x',
      '//example.com/x',
      'http://example.com/x.png',
      'ftp://example.com/x.png',
      'file:///etc/passwd',
      'data:image/png;base64,AAAA',
      'https://example.com:8443/x.png',
      'https://user@example.com/x.png',
      'https://api.kie.ai@example.com/x.png',
      'https://@example.com/x.png',
      'https://user:pass@api.kie.ai/x.png',
      'https://example.com\\@127.0.0.1/',
      'https://exam\nple.com/',
      ' https://example.com/',
      'https://0x5db8d822/',
      `https://example.com/${'x'.repeat(9_000)}`,
    ],
  }
  for (const [code, links] of Object.entries(table)) {
    for (const link of links) await t.rejects(downloader.fetch(link), refused(code), link.slice(0, 60))
  }
  await t.rejects(downloader.fetch('https://nowhere.example.com/'), Unknown, 'a name without an address')
  t.equal(asked.length, 0, 'nothing came in')
})

t.test('ssrf-result: addresses of every inner kind are known', async t => {
  const inner = `0.0.0.1 10.1.2.3 100.127.255.254 127.255.255.254 169.254.0.1 172.31.0.1 192.0.0.8 192.0.2.1 192.168.0.1
    198.51.100.1 203.0.113.1 239.1.1.1 240.0.0.1 :: ::1 ::ffff:8.8.8.8 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1
    2001:db8::1 2002:808:808::1 fc00::1 fd00::1 fdaa::1 fe80::1 fec0::1 ff02::1 fe80::1%eth0 localhost`
  for (const address of inner.split(/\s+/)) t.equal(isPublic(address), false, address)
  for (const address of ['8.8.8.8', '93.184.216.34', '2606:4700::1111', '2a00:1450::1'])
    t.equal(isPublic(address), true, address)
})

t.test('ssrf-result: a name is resolved once, and the connection goes to that answer', async t => {
  let answers = 0
  // The second answer would lead elsewhere.
  const resolve: Resolve = async () => (answers++ === 0 ? ['127.0.0.1'] : ['127.0.0.2'])
  const { downloader, origin, asked } = await serve(t, (_request, response) => void response.end(png), {
    host: 'upstream.test',
    resolve,
  })
  const file = await downloader.fetch(`${origin}/a.png`)
  t.equal(file.kind, 'image')
  t.equal(answers, 1)
  t.match(asked[0]!.headers.host, /^upstream\.test:/)
})

t.test('a name server that never answers ends at the deadline', async t => {
  const downloader = createDownloader({ trustedOrigins: [], inspect, resolve: () => new Promise(() => {}) })
  await t.rejects(downloader.fetch('https://slow.example.com/', { deadlineMs: 100 }), Unknown)
  await downloader.close()
})

t.test('tls-off: a certificate that nobody vouches for is refused, whatever the environment says', async t => {
  let asked = 0
  const server = createSecureServer(selfSigned(), (_request, response) => {
    asked += 1
    response.end(png)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => void server.close())
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
  })

  const downloader = createDownloader({ trustedOrigins: [origin], inspect })
  await t.rejects(downloader.fetch(`${origin}/a.png`), Unknown)
  await downloader.close()

  const log = createLog({ level: 'silent', secrets: [] })
  const upstream = createUpstream({ baseUrl: origin, uploadUrl: origin, apiKey: 'a-key-for-tests', log })
  t.match(await upstream.createTask({ model: 'x', input: {} }), { kind: 'busy', code: 'transient' })
  await upstream.close()
  t.equal(asked, 0, 'neither the order nor the key went out')
})

t.test('errors are of the two kinds that callers know', async t => {
  const { downloader, origin } = await serve(t, (_request, response) => void response.writeHead(404).end())
  const error = await downloader.fetch(`${origin}/a?token=canary`).catch(error => error)
  t.ok(error instanceof Refused)
  t.notMatch(error.message, /canary/, 'a link may hold a secret of its own')
})
