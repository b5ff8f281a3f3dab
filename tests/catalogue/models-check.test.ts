import { execFile } from 'node:child_process'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import type { Model, Param } from '../../playground/upstream/models/models.ts'
import { startUpstream } from '../../playground/upstream/server.ts'
import { loadModels, loadShelf } from '../../src/catalogue/models.ts'

// The command as an operator runs it, against a stand-in that publishes prices and documents, and changes them.
type Run = { code: number; stdout: string; stderr: string }
function check(env: Record<string, string>, args: string[] = []): Promise<Run> {
  return new Promise(resolve => {
    execFile(process.execPath, ['src/catalogue/check.ts', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    )
  })
}

async function publisher(t: Test) {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  const env = { KIE_BASE_URL: upstream.baseUrl, KIE_DOCS_URL: upstream.baseUrl }
  const model = (id: string): Model => upstream.models.get(id)!
  const param = (id: string, name: string): Param => model(id).params.find(param => param.name === name)!
  return { upstream, env, model, param, found: async () => (await check(env)).stdout.split('\n') }
}

/** A server that answers as a test likes. */
async function answering(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('nothing has changed: nothing is found, and the command succeeds', async t => {
  const { env } = await publisher(t)
  t.strictSame(await check(env), { code: 0, stdout: 'no differences\n', stderr: '' })
  const { code, stdout } = await check(env, ['--json'])
  t.equal(code, 0)
  t.strictSame(JSON.parse(stdout), { feed: env.KIE_BASE_URL, documents: env.KIE_DOCS_URL, drift: [], unanswered: [] })
})

t.test('every kind of change is named with the model, ours and theirs', async t => {
  const { upstream, env, model, param } = await publisher(t)
  model('z-image').price.variants[0]!.credits = 1.1
  model('recraft/remove-background').price.variants[0]!.feed!.unit = 'per second'
  model('topaz/image-upscale').price.variants[2]!.feed!.row = 'Topaz, enormous'
  model('sora-2-text-to-video').price.variants[1]!.credits = 30
  model('google/imagen4').price.variants.push({
    when: {},
    credits: 9,
    feed: { row: 'imagen4, 8K', unit: 'per request' },
  })
  upstream.models.delete('elevenlabs/audio-isolation')
  model('google/nano-banana').params.push({ name: 'mood', type: 'string', required: true, value_type: 'string' })
  model('google/nano-banana-edit').params = model('google/nano-banana-edit').params.filter(one => one.name !== 'prompt')
  param('seedream/4.5-edit', 'prompt').required = false
  param('kling-2.6/text-to-video', 'sound').value_type = 'string'
  param('wan/2-5-text-to-video', 'duration').enum = ['5', '10', '15']
  param('wan/2-2-a14b-speech-to-video-turbo', 'num_frames').max = 200
  const { code, stdout, stderr } = await check(env)
  t.equal(code, 1)
  t.equal(stderr, '')
  t.strictSame(stdout.trimEnd().split('\n'), [
    'sora-2-text-to-video',
    '  price changed: Sora 2: text to video, text-to-video, n_frames 10; Sora 2: text to video, text-to-video, n_frames 15: 20, 25 → 20, 30',
    'kling-2.6/text-to-video',
    '  type changed: sound: boolean → string',
    'wan/2-5-text-to-video',
    '  enum changed: duration: "10", "5" → "10", "15", "5"',
    'wan/2-2-a14b-speech-to-video-turbo',
    '  range changed: num_frames: maximum 120 → maximum 200',
    'z-image',
    '  price changed: Qwen z-image, text-to-image, 1.0s: 0.8 credits per image → 1.1 credits per image',
    'seedream/4.5-edit',
    '  required changed: prompt: required → optional',
    'google/nano-banana',
    '  parameter added: mood: none → required',
    'google/nano-banana-edit',
    '  parameter removed: prompt: required → none',
    'google/imagen4',
    '  new price row: imagen4, 8K: none → 9 credits per request',
    'recraft/remove-background',
    '  price changed: Recraft Remove Background , image to image: 1 credits per image → 1 credits per second',
    'topaz/image-upscale',
    '  no price row: Topaz Image Upscaler, image-upscale, 8K {"output_tier":"8K"}: 40 credits per image → none',
    '  new price row: Topaz, enormous: none → 40 credits per image',
    'elevenlabs/audio-isolation',
    '  no price row: no row is named for it, and no link names it: 0.2 → none',
    '  model gone: documentation: sold → none',
    '14 differences',
  ])
  const { stdout: text } = await check(env, ['--json'])
  t.strictSame(JSON.parse(text).drift[4], {
    model: 'z-image',
    kind: 'price changed',
    what: 'Qwen z-image, text-to-image, 1.0s',
    ours: '0.8 credits per image',
    theirs: '1.1 credits per image',
  })
})

t.test('who cannot be asked is named, and what could be asked is still said', async t => {
  const { env, model } = await publisher(t)
  model('z-image').price.variants[0]!.credits = 1.1
  const nowhere = 'http://127.0.0.1:9'
  const noFeed = await check({ ...env, KIE_BASE_URL: nowhere })
  t.match(noFeed, { code: 2, stdout: 'no differences in what could be asked\n' })
  t.match(noFeed.stderr, /^could not ask http:\/\/127\.0\.0\.1:9\/client\/v1\/model-pricing\/page: .+\n$/)
  const noDocuments = await check({ ...env, KIE_DOCS_URL: nowhere })
  t.equal(noDocuments.code, 2)
  t.match(noDocuments.stdout, 'z-image\n  price changed')
  t.match(noDocuments.stderr, /^could not ask http:\/\/127\.0\.0\.1:9\/llms\.txt: /)
})

t.test('an answer that nobody expects is no answer', async t => {
  const { env } = await publisher(t)
  const row = { modelDescription: 'x', creditPrice: '1', creditUnit: 'per image', anchor: null }
  const page = (data: object) => JSON.stringify({ code: 200, msg: 'success', data })
  for (const [body, why] of [
    ['<html>', /not JSON/],
    ['{"code":500,"msg":"oops","data":null}', /is not as expected: \/code/],
    [page({ records: [{ ...row, creditPrice: {} }], pages: 1 }), /is not as expected: \/data\/records\/0\/creditPrice/],
    [page({ records: [], pages: 1_000_000 }), /is not as expected: \/data\/pages/],
    [page({ records: new Array(101).fill(row), pages: 1 }), /is not as expected: \/data\/records/],
    [page({ records: [], pages: 1, filler: 'x'.repeat(3_000_000) }), /more than 2097152 bytes/],
  ] as const) {
    const base = await answering(t, (_request, response) => response.end(body))
    const { code, stderr } = await check({ ...env, KIE_BASE_URL: base })
    t.equal(code, 2, String(why))
    t.match(stderr, why)
  }
  const elsewhere = await answering(t, (_request, response) =>
    response.writeHead(302, { location: env.KIE_BASE_URL }).end(),
  )
  t.match((await check({ ...env, KIE_BASE_URL: elsewhere })).stderr, /redirect/)
})

t.test('documents are read from their own place only, and a bad one is named', async t => {
  const { env } = await publisher(t)
  const asked: string[] = []
  const bomb = `\`\`\`yaml\n# /api/v1/jobs/createTask\na: &a [x, x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h']
    .map((name, at) => `${name}: &${name} [${new Array(20).fill(`*${'abcdefg'[at]}`).join(', ')}]`)
    .join('\n')}\n\`\`\`\n`
  const documents = (text: string) =>
    answering(t, (request, response) => {
      asked.push(request.url ?? '')
      const own = `http://${request.headers.host}`
      const index = `[a](${own}/market/a.md) [b](${env.KIE_BASE_URL}/market/b.md) [c](${own}/../secret.md) [d](file:///etc/d.md)`
      response.end(request.url === '/llms.txt' ? index : text)
    })
  const first = await check({ ...env, KIE_DOCS_URL: await documents('# nothing about models') })
  t.equal(first.code, 1)
  t.equal(first.stdout.match(/model gone/g)?.length, loadModels().length + loadShelf().length)
  t.strictSame(asked, ['/llms.txt', '/market/a.md'])
  const bad = await check({ ...env, KIE_DOCS_URL: await documents(bomb) })
  t.equal(bad.code, 2)
  t.match(bad.stderr, /market\/a\.md is not YAML/)
})

t.test('a document may say things by reference', async t => {
  const { env } = await publisher(t)
  const page = `\`\`\`yaml
openapi: 3.0.1
paths:
  /api/v1/jobs/createTask:
    post: { requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/request' } } } } }
components:
  schemas:
    request: { properties: { model: { const: z-image }, input: { $ref: '#/components/schemas/input' } } }
    input: { properties: { prompt: { $ref: '#/components/schemas/prompt' } }, required: [prompt] }
    prompt: { type: string, maxLength: 7 }
\`\`\`
`
  const base = await answering(t, (request, response) =>
    response.end(request.url === '/llms.txt' ? `[z](http://${request.headers.host}/market/z.md)` : page),
  )
  const { stdout } = await check({ ...env, KIE_DOCS_URL: base })
  t.match(stdout, /\nz-image\n(.*\n)*? {2}range changed: prompt: maxLength \d+ → maxLength 7\n/)
  t.equal(stdout.match(/model gone/g)?.length, loadModels().length + loadShelf().length - 1)
})

t.test('a model that the upstream drops is refused there by the words that switch it off', async t => {
  const { upstream } = await publisher(t)
  upstream.models.delete('z-image')
  const headers = { authorization: `Bearer ${upstream.apiKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ model: 'z-image', input: { prompt: 'x', aspect_ratio: '1:1' } })
  const answer = await fetch(`${upstream.baseUrl}/api/v1/jobs/createTask`, { method: 'POST', headers, body })
  t.match(await answer.json(), { code: 422, msg: /^The model name you specified is not supported/ })
})
