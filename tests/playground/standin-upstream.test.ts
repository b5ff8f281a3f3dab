import { createServer, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { imageSize } from 'image-size'
import t, { type Test } from 'tap'
import { signature } from '../../playground/upstream/callbacks.ts'
import { type Behaviour, startUpstream, type TaskView, type UpstreamStandIn } from '../../playground/upstream/server.ts'

type Input = Record<string, unknown>
type Fact = {
  id: string
  output: string
  example_input: Input
  params: { name: string; default?: unknown; always_send?: true; accept?: string[]; previous_models?: string[] }[]
}
const facts: { models: Fact[] } = createRequire(import.meta.url)('../../src/catalogue/models.json')
const answerOf = async (response: Response) => (await response.json()) as Answer
type Answer = { code: number; msg: string; data: Record<string, unknown> | null }

/** A server that answers fast, without the pace limits unless a test wants them. */
async function world(t: Test, options: Parameters<typeof startUpstream>[0] = {}) {
  const upstream = await startUpstream(options)
  t.teardown(() => upstream.close())
  upstream.speed.runMs = 20
  upstream.limits.creations.limit = 1_000
  upstream.limits.reads.limit = 1_000
  return { upstream, ...client(upstream) }
}

function client(upstream: UpstreamStandIn) {
  const headers = { authorization: `Bearer ${upstream.apiKey}`, 'content-type': 'application/json' }
  const post = async (path: string, body: unknown) =>
    answerOf(await fetch(upstream.baseUrl + path, { method: 'POST', headers, body: JSON.stringify(body) }))
  const create = (model: string, input: Input, callBackUrl?: string) =>
    post('/api/v1/jobs/createTask', { model, input, ...(callBackUrl && { callBackUrl }) })
  const get = async (path: string) => answerOf(await fetch(upstream.baseUrl + path, { headers }))
  const read = (taskId: unknown) => get(`/api/v1/jobs/recordInfo?taskId=${taskId}`)
  async function upload(bytes: Uint8Array, mime: string, fileName: string): Promise<string> {
    const form = new FormData()
    form.set('uploadPath', 'images/tests')
    form.set('file', new Blob([Buffer.from(bytes)], { type: mime }), fileName)
    const { authorization } = headers
    const answer = await fetch(`${upstream.baseUrl}/api/file-stream-upload`, {
      method: 'POST',
      headers: { authorization },
      body: form,
    })
    const { data } = (await answer.json()) as { data: { downloadUrl: string } }
    return data.downloadUrl
  }
  /** The task at its end. */
  async function ended(answer: Answer): Promise<TaskView> {
    const task = upstream.tasks.find(({ taskId }) => taskId === answer.data?.taskId)
    if (!task) throw new Error(`no task was accepted: ${JSON.stringify(answer)}`)
    await until(() => task.state === 'success' || task.state === 'fail')
    return task
  }
  return { post, create, get, read, upload, ended }
}

async function until(condition: () => boolean) {
  for (const start = Date.now(); !condition(); ) {
    if (Date.now() - start > 15_000) throw new Error('the condition did not come true')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** Collects callbacks; answers with the next status of the list, then always 200. */
async function receiver(t: Test, statuses: number[] = []) {
  const got: { path: string; headers: IncomingMessage['headers']; body: Answer; at: number }[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    got.push({
      path: request.url!,
      headers: request.headers,
      body: JSON.parse(Buffer.concat(parts).toString()),
      at: Date.now(),
    })
    response.writeHead(statuses.shift() ?? 200).end('{"code":200,"msg":"success"}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks/kie/7/mac` }
}

async function photo(width = 320, height = 320): Promise<Uint8Array> {
  const canvas = createCanvas(width, height)
  const ctx = canvas.getContext('2d')
  ctx.fillStyle = '#00ff00'
  ctx.fillRect(0, 0, width, height)
  return canvas.encode('png')
}

/** Silence of so many seconds, 8,000 samples of 16 bits a second. */
function wav(seconds: number): Buffer {
  const bytes = Buffer.alloc(44 + seconds * 16_000)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(8_000, 24)
  bytes.writeUInt32LE(16_000, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(bytes.length - 44, 40)
  return bytes
}

const fetched = async (url: string) => {
  const answer = await fetch(url)
  return { answer, bytes: Buffer.from(await answer.arrayBuffer()) }
}

const Z = 'z-image'
const PICTURE = { prompt: 'Кот в шляпе', aspect_ratio: '1:1' }
const GROK_VIDEO = { prompt: 'Waves', duration: '6', resolution: '480p' }
const GROK_IMAGE = { prompt: 'A red panda', enable_pro: false }

t.test('a task goes from waiting to success and is told as the wire tells it', async t => {
  const { upstream, create, read } = await world(t)
  upstream.speed.runMs = 4_000 // on a busy machine it must not get on before it is read
  const answer = await create('grok-imagine/text-to-video', GROK_VIDEO, 'http://127.0.0.1:9/none')
  t.match(answer, { code: 200, msg: 'success', data: { taskId: /^[0-9a-f]{32}$/ } })
  t.equal(answer.data?.recordId, answer.data?.taskId)
  const first = await read(answer.data?.taskId)
  t.match(first.data, {
    state: 'waiting',
    resultJson: '',
    failCode: null,
    failMsg: null,
    costTime: null,
    completeTime: null,
  })
  const param = JSON.parse(String(first.data?.param))
  t.equal(typeof param.input, 'string', 'the input is JSON inside JSON')
  t.strictSame(JSON.parse(param.input), { ...GROK_VIDEO, duration: 6 }, 'a number sent as text comes back as a number')
  t.equal(param.callBackUrl, 'http://127.0.0.1:9/none')
  await until(() => upstream.tasks[0]!.state === 'generating')
  await until(() => upstream.tasks[0]!.state === 'success')
  const last = await read(answer.data?.taskId)
  t.match(last.data, { state: 'success', creditsConsumed: 14.4, costTime: Number, completeTime: Number })
  t.strictSame(JSON.parse(String(last.data?.resultJson)), { resultUrls: upstream.tasks[0]!.resultUrls })
  t.equal(upstream.tasks[0]!.recordReads, 2)
})

t.test('every answer is HTTP 200 with an envelope, failures too', async t => {
  const { upstream, post, get, read } = await world(t)
  const status = async (path: string, init?: RequestInit) => {
    const answer = await fetch(upstream.baseUrl + path, init)
    return [answer.status, ((await answer.json()) as Answer).code]
  }
  t.strictSame(await status('/api/v1/chat/credit'), [200, 401], 'without a key')
  t.strictSame(await status('/api/v1/chat/credit', { headers: { authorization: 'Bearer other' } }), [200, 401])
  t.strictSame(await status('/nowhere'), [200, 404])
  const headers = { authorization: `Bearer ${upstream.apiKey}`, 'content-type': 'application/json' }
  t.strictSame(await status('/api/v1/jobs/createTask', { method: 'POST', headers, body: '{"model":' }), [200, 400])
  t.match(await read('0'.repeat(32)), { code: 422, msg: 'recordInfo is null', data: null })
  t.match(await get('/api/v1/jobs/recordInfo'), { code: 400, msg: 'taskId parameter is required' })
  t.match(await post('/api/v1/jobs/createTask', { model: 'gpt-9', input: {} }), {
    code: 422,
    msg: /^The model name you specified is not supported/,
  })
})

t.test('a new task is not visible before its time', async t => {
  const { upstream, create, read, ended } = await world(t)
  upstream.speed.visibleMs = 60_000
  const answer = await create(Z, PICTURE)
  await ended(answer)
  t.match(await read(answer.data?.taskId), { code: 422, msg: 'recordInfo is null', data: null })
  upstream.speed.visibleMs = 0
  t.match(await read(answer.data?.taskId), { code: 200, data: { state: 'success' } })
})

t.test('an input outside the documented schema is refused, one fault at a time', async t => {
  const { upstream, create, post, upload } = await world(t)
  const small = await upload(await photo(64, 64), 'image/png', 'small.png')
  const picture = await upload(await photo(), 'image/png', 'photo.png')
  const sound = await upload(wav(3), 'audio/wav', 'voice.wav')
  const long = await upload(wav(16), 'audio/wav', 'long.wav')
  const https = 'https://files.example.com/photo.jpg'
  const grok = 'grok-imagine/image-to-video'
  const paid = { duration: '6', resolution: '480p' }
  const seedance = { prompt: 'Waves', aspect_ratio: '1:1', resolution: '720p', duration: 8, generate_audio: false }
  const kling = { prompt: 'A cat', image_urls: [https], sound: false, duration: '5' }
  const speech = {
    prompt: 'Talk',
    image_url: https,
    audio_url: https,
    num_frames: 80,
    frames_per_second: 16,
    resolution: '480p',
  }
  const avatar = { prompt: 'Talk', image_url: https, audio_url: https }
  const hailuo = { prompt: 'A cat', image_url: https, duration: '6', resolution: '768P' }
  const cases: [string, string, Input, number, RegExp][] = [
    ['an unknown field', Z, { ...PICTURE, seed: 1 }, 422, /seed is not a parameter/],
    ['a missing field', Z, { prompt: 'A cat' }, 500, /^aspect_ratio is required$/],
    ['an empty field', Z, { ...PICTURE, prompt: '' }, 500, /^prompt is required$/],
    ['a null', Z, { ...PICTURE, nsfw_checker: null }, 422, /nsfw_checker must be a boolean, not null/],
    [
      'a price parameter left to its default',
      'sora-2-text-to-video',
      { prompt: 'A cat' },
      500,
      /^n_frames is required$/,
    ],
    ['text for a boolean', Z, { ...PICTURE, nsfw_checker: 'true' }, 422, /must be a boolean/],
    [
      'a number where the wire has text',
      'grok-imagine/text-to-video',
      { ...GROK_VIDEO, duration: 6 },
      422,
      /duration must be a string/,
    ],
    [
      'text where the wire has a number',
      'bytedance/seedance-1.5-pro',
      { ...seedance, duration: '8' },
      422,
      /duration must be a number/,
    ],
    [
      'a fraction for a whole number',
      'bytedance/seedance-1.5-pro',
      { ...seedance, duration: 8.5 },
      422,
      /whole number/,
    ],
    [
      'a word for a numeric string',
      'grok-imagine/text-to-video',
      { ...GROK_VIDEO, duration: 'six' },
      422,
      /written as a string/,
    ],
    ['a value that is not in the list', Z, { ...PICTURE, aspect_ratio: '2:1' }, 422, /aspect_ratio must be one of/],
    ['a number that is too small', 'grok-imagine/text-to-video', { ...GROK_VIDEO, duration: '5' }, 422, /at least 6/],
    ['a number that is too large', 'bytedance/seedance-1.5-pro', { ...seedance, duration: 13 }, 422, /at most 12/],
    [
      'a number between the steps',
      'elevenlabs/sound-effect-v2',
      { text: 'Rain', duration_seconds: 1.25 },
      422,
      /multiple of 0.1/,
    ],
    ['a text that is too long', Z, { ...PICTURE, prompt: 'я'.repeat(1_001) }, 422, /at most 1000 characters/],
    [
      'a text that is too short',
      'flux-2/pro-text-to-image',
      { prompt: 'ab', aspect_ratio: '1:1', resolution: '1K' },
      422,
      /at least 3/,
    ],
    [
      'a link of another shape',
      'sora-watermark-remover',
      { video_url: 'https://example.com/v.mp4' },
      422,
      /must match/,
    ],
    ['a string for a list of files', 'kling-2.6/image-to-video', { ...kling, image_urls: https }, 422, /list of URLs/],
    ['too many files', 'kling-2.6/image-to-video', { ...kling, image_urls: [https, https] }, 422, /at most 1 files/],
    ['no file', 'kling-2.6/image-to-video', { ...kling, image_urls: [] }, 500, /^image_urls is required$/],
    ['a file over plain http', 'recraft/remove-background', { image: 'http://example.com/a.png' }, 422, /https/],
    [
      'a file of ours that does not exist',
      'recraft/remove-background',
      { image: `${upstream.baseUrl}/files/a.png` },
      422,
      /Failed to get/,
    ],
    ['a file of another kind', 'recraft/remove-background', { image: sound }, 422, /must be image, not audio/],
    ['a picture that is too small', 'recraft/remove-background', { image: small }, 422, /at least 256 px/],
    [
      'a sound that is too long',
      'infinitalk/from-audio',
      { ...avatar, audio_url: long, resolution: '480p' },
      422,
      /at most 15 seconds/,
    ],
    ['requires', 'hailuo/2-3-image-to-video-pro', { ...hailuo, duration: '10', resolution: '1080P' }, 422, /1080P/],
    ['exactly_one_of: none', grok, paid, 422, /Send either/],
    ['exactly_one_of: both', grok, { ...paid, image_urls: [https], task_id: 'a' }, 422, /Send either/],
    ['only_with', grok, { ...paid, image_urls: [https], index: 0 }, 422, /only together with task_id/],
    ['forbidden_when_present', grok, { ...paid, image_urls: [https], mode: 'spicy' }, 422, /spicy/],
    ['max_files_when', grok, { ...paid, resolution: '1080p', image_urls: [https, https] }, 422, /1080p only one/],
    ['multiple_of', 'wan/2-2-a14b-speech-to-video-turbo', { ...speech, num_frames: 81 }, 422, /multiple of 4/],
    ['a task id of nobody', grok, { ...paid, task_id: 'a'.repeat(32) }, 422, /task_id is invalid/],
  ]
  for (const [name, model, input, code, msg] of cases) {
    t.match(await create(model, input), { code, msg, data: null }, name)
  }
  t.match(await post('/api/v1/jobs/createTask', { model: Z, input: PICTURE, webhook: 'x' }), {
    code: 422,
    msg: /webhook/,
  })
  t.match(await post('/api/v1/jobs/createTask', { model: Z }), { code: 500, msg: 'input is required' })
  t.match(await create(Z, PICTURE, 'not a url'), { code: 422, msg: /callBackUrl/ })
  t.equal(upstream.tasks.length, 0, 'nothing was accepted')
  t.equal(upstream.refusals.length, cases.length + 3, 'and all of it is in the journal')
  t.equal(upstream.credit, 5_000)
  t.match(await create('recraft/remove-background', { image: picture }), { code: 200 }, 'a good file of ours is taken')
})

t.test('an earlier task must be ours, of the right model, and successful', async t => {
  const { upstream, create, ended } = await world(t)
  const animate = (taskId: string, index?: number) =>
    create('grok-imagine/image-to-video', {
      task_id: taskId,
      duration: '6',
      resolution: '480p',
      ...(index !== undefined && { index }),
    })
  const panda = await ended(await create('grok-imagine/text-to-image', GROK_IMAGE))
  t.equal(panda.resultUrls.length, 2, 'one task brings several pictures')
  t.match(await animate(panda.taskId, 1), { code: 200 })
  t.match(await animate(panda.taskId, 2), { code: 422, msg: /index is invalid/ })
  const other = await ended(await create(Z, PICTURE))
  t.match(await animate(other.taskId), { code: 422, msg: /task_id is invalid/ }, 'of another model')
  upstream.next('fail')
  const failed = await ended(await create('grok-imagine/text-to-image', GROK_IMAGE))
  t.match(await animate(failed.taskId), { code: 422, msg: /task_id is invalid/ }, 'without success')
  const film = await ended(await create('grok-imagine/text-to-video', { ...GROK_VIDEO, resolution: '720p' }))
  t.match(await create('grok-imagine/upscale', { task_id: film.taskId, resolution: '720p' }), {
    code: 422,
    msg: /resolution/,
  })
  const larger = await ended(await create('grok-imagine/upscale', { task_id: film.taskId, resolution: '1080p' }))
  t.equal(larger.creditsConsumed, 20, 'the price follows the resolution of the source')
})

t.test('the documented example of every model is accepted and ends in a result of its kind', async t => {
  const { upstream, create, upload, ended } = await world(t)
  const files: Record<string, string> = {
    image: await upload(await photo(), 'image/png', 'photo.png'),
    audio: await upload(wav(3), 'audio/wav', 'voice.wav'),
  }
  const film = await ended(await create('grok-imagine/text-to-video', GROK_VIDEO))
  const { bytes } = await fetched(film.resultUrls[0]!)
  files.video = await upload(bytes, 'video/mp4', 'clip.mp4')
  upstream.credit = 100_000
  const kinds = new Map([
    ['image', 'image/png'],
    ['video', 'video/mp4'],
    ['audio', 'audio/mpeg'],
  ])
  t.equal(facts.models.length, 42)
  for (const { id, output, example_input, params } of facts.models) {
    const input = { ...example_input }
    for (const param of params) {
      if (param.always_send) input[param.name] ??= param.default
      const file = files[param.accept?.[0] ?? '']
      if (file && param.name in input) input[param.name] = Array.isArray(input[param.name]) ? [file] : file
      if (param.previous_models && param.name in input) input[param.name] = film.taskId
    }
    const before = upstream.credit
    const task = await ended(await create(id, input))
    t.equal(task.state, 'success', id)
    t.ok(before - upstream.credit > 0 && task.creditsConsumed! > 0, `${id} costs credits`)
    const [url] = task.resultUrls
    t.match(url, { image: /\.png$/, video: /\.mp4$/, audio: /\.mp3$/ }[output]!, `${id} is a file of its kind`)
    kinds.delete(output)
  }
  t.equal(kinds.size, 0, 'all three kinds were seen')
})

t.test('results open as what they say they are', async t => {
  const { create, upload, ended } = await world(t)
  const result = async (model: string, input: Input) => {
    const task = await ended(await create(model, input))
    return fetched(task.resultUrls[0]!)
  }
  const wide = await result('google/imagen4-fast', { prompt: 'Ночной город', aspect_ratio: '16:9' })
  t.equal(wide.answer.headers.get('content-type'), 'image/png')
  t.equal(Number(wide.answer.headers.get('content-length')), wide.bytes.length)
  t.match(imageSize(wide.bytes), { type: 'png', width: 768, height: 432 })
  const again = await result('google/imagen4-fast', { prompt: 'Ночной город', aspect_ratio: '16:9' })
  t.ok(again.bytes.equals(wide.bytes), 'the same prompt gives the same picture')
  const other = await result('google/imagen4-fast', { prompt: 'Другой город', aspect_ratio: '16:9' })
  t.notOk(other.bytes.equals(wide.bytes), 'another prompt gives another')

  const jpeg = await result('nano-banana-pro', {
    prompt: 'A poster',
    aspect_ratio: '2:3',
    resolution: '1K',
    output_format: 'jpg',
  })
  t.equal(jpeg.answer.headers.get('content-type'), 'image/jpeg')
  t.match(imageSize(jpeg.bytes), { type: 'jpg', width: 512, height: 768 })

  const green = await upload(await photo(640, 320), 'image/png', 'green.png')
  const edited = await result('google/nano-banana-edit', { prompt: 'Turn', image_urls: [green], aspect_ratio: 'auto' })
  t.match(imageSize(edited.bytes), { width: 768, height: 384 }, 'an edit keeps the shape of our picture')
  const canvas = createCanvas(768, 384)
  canvas.getContext('2d').drawImage(await loadImage(edited.bytes), 0, 0)
  const [red, greenness, blue] = canvas.getContext('2d').getImageData(384, 150, 1, 1).data
  t.ok(greenness! > 100 && greenness! > red! * 2 && greenness! > blue! * 2, 'and is drawn from it')

  const film = await result('grok-imagine/text-to-video', { ...GROK_VIDEO, aspect_ratio: '9:16' })
  t.equal(film.answer.headers.get('content-type'), 'video/mp4')
  t.equal(film.bytes.toString('latin1', 4, 8), 'ftyp')
  t.ok(film.bytes.includes('moov') && film.bytes.includes('mdat') && film.bytes.includes('avc1'))

  const speech = await result('elevenlabs/text-to-speech-turbo-2-5', { text: 'Добрый вечер' })
  t.equal(speech.answer.headers.get('content-type'), 'audio/mpeg')
  t.equal(speech.bytes.readUInt16BE(0), 0xfffb, 'the sync word of an MP3 frame')
  t.ok(speech.bytes.length > 30_000 && speech.bytes.length < 60_000, 'between two and three seconds')
  const plain = await result('elevenlabs/sound-effect-v2', {
    text: 'Rain',
    duration_seconds: 1,
    output_format: 'pcm_16000',
  })
  t.equal(plain.answer.headers.get('content-type'), 'audio/wav')
  t.equal(plain.bytes.toString('latin1', 0, 4) + plain.bytes.toString('latin1', 8, 12), 'RIFFWAVE')
  t.equal(plain.bytes.length, 44 + 16_000 * 2, 'one second of 16,000 samples')
})

t.test('credits go at the start, stay gone with a result and come back with a failure', async t => {
  const { upstream, create, get, upload, ended } = await world(t)
  upstream.next('silent')
  await create(Z, PICTURE)
  t.match(await get('/api/v1/chat/credit'), { code: 200, msg: 'success', data: 4_999.2 })
  const done = await ended(await create(Z, PICTURE))
  t.equal(done.creditsConsumed, 0.8)
  t.equal(upstream.credit, 4_998.4)
  upstream.next('fail')
  const failed = await ended(await create(Z, PICTURE))
  t.match(failed, { state: 'fail', failCode: '500', creditsConsumed: 0 })
  t.equal(upstream.credit, 4_998.4)

  const cost = async (model: string, input: Input) => (await ended(await create(model, input))).creditsConsumed
  const big = await upload(await photo(1_500, 300), 'image/png', 'big.png')
  const three = await upload(wav(3), 'audio/wav', 'three.wav')
  const https = 'https://files.example.com/file'
  const tts = 'elevenlabs/text-to-speech-turbo-2-5'
  t.equal(
    await cost('grok-imagine/text-to-video', { ...GROK_VIDEO, duration: '10', resolution: '720p' }),
    45,
    'seconds',
  )
  t.equal(await cost(tts, { text: 'я'.repeat(1_000) }), 6, 'a thousand characters')
  t.equal(await cost(tts, { text: 'я'.repeat(1_001) }), 12, 'each thousand begun')
  t.equal(await cost('elevenlabs/sound-effect-v2', { text: 'Rain', duration_seconds: 2.5 }), 0.6, 'parts of seconds')
  t.equal(await cost('elevenlabs/audio-isolation', { audio_url: three }), 0.6, 'seconds read from the file')
  t.equal(await cost('elevenlabs/audio-isolation', { audio_url: https }), 1, 'five seconds where they cannot be read')
  t.equal(await cost('topaz/image-upscale', { image_url: big, upscale_factor: '2' }), 20, '3000 px is 4K')
  t.equal(await cost('topaz/image-upscale', { image_url: https, upscale_factor: '1' }), 40, 'the dearest where unknown')

  upstream.credit = 0.5
  t.match(await create(Z, PICTURE), { code: 402, msg: /^Credits insufficient/, data: null })
})

t.test('an MP3 is measured frame by frame', async t => {
  const { create, upload, ended } = await world(t)
  const speech = await ended(await create('elevenlabs/text-to-speech-turbo-2-5', { text: 'Good evening' }))
  const { bytes } = await fetched(speech.resultUrls[0]!)
  const own = await upload(bytes, 'audio/mpeg', 'voice.mp3')
  const isolated = await ended(await create('elevenlabs/audio-isolation', { audio_url: own }))
  t.equal(isolated.creditsConsumed, 0.6, '2.6 s, rounded up')
})

t.test('the end is told to the callback URL, with success and with failure', async t => {
  const { upstream, create, ended } = await world(t)
  const { got, url } = await receiver(t)
  const task = await ended(await create(Z, PICTURE, url))
  await until(() => task.callbacks[0]?.status === 200)
  t.match(got[0], {
    path: '/callbacks/kie/7/mac',
    body: {
      code: 200,
      msg: 'Playground task completed successfully.',
      data: { taskId: task.taskId, state: 'success', creditsConsumed: 0.8 },
    },
  })
  t.equal(typeof got[0]!.body.data?.updateTime, 'number')
  t.equal(got[0]!.headers['x-webhook-signature'], undefined, 'unsigned without a key')
  upstream.next('moderation')
  const refused = await ended(await create(Z, PICTURE, url))
  await until(() => refused.callbacks[0]?.status === 200)
  t.match(got[1]!.body, {
    code: 501,
    msg: 'Playground task failed.',
    data: {
      state: 'fail',
      failCode: 'SENSITIVE_WORD_ERROR',
      failMsg: /prompt cannot be processed/,
      resultJson: null,
      creditsConsumed: 0,
    },
  })
  t.strictSame([...upstream.tasksPerCallbackPath()], [['/callbacks/kie/7/mac', 2]], 'counted by path')
})

t.test('callbacks are signed when a key is set', async t => {
  const vector = signature('test-hmac-key', '330a9433fd309e9e18df1c567ae38471', 1_776_862_622)
  t.equal(vector['x-webhook-signature'], 'tS6nFTtZw8BpNJH3asIDQCKnL0E33yzrCK/ju0UG/0s=', 'the documented test vector')
  const { create, ended } = await world(t, { webhookKey: 'test-hmac-key' })
  const { got, url } = await receiver(t)
  const task = await ended(await create(Z, PICTURE, url))
  await until(() => got.length === 1)
  const at = Number(got[0]!.headers['x-webhook-timestamp'])
  t.ok(Math.abs(Date.now() / 1000 - at) < 10, 'Unix seconds')
  t.equal(got[0]!.headers['x-webhook-signature'], signature('test-hmac-key', task.taskId, at)['x-webhook-signature'])
})

t.test('a callback that is not answered with 200 is tried again, three times at most', async t => {
  const { create, ended } = await world(t)
  const stubborn = await receiver(t, [500, 404, 503, 502])
  const better = await receiver(t, [500])
  const given = await ended(await create(Z, PICTURE, stubborn.url))
  const taken = await ended(await create(Z, PICTURE, better.url))
  await until(() => given.callbacks.length === 4 && given.callbacks[3]!.status !== undefined)
  t.strictSame(
    given.callbacks.map(({ status }) => status),
    [500, 404, 503, 502],
  )
  t.strictSame(
    taken.callbacks.map(({ status }) => status),
    [500, 200],
  )
  t.ok(stubborn.got[1]!.at - stubborn.got[0]!.at >= 900, 'a second apart')
})

t.test('callbacks can be lost, repeated, forged, and come too early', async t => {
  const { upstream, create, ended } = await world(t, { webhookKey: 'key' })
  const { got, url } = await receiver(t)
  const of = (task: TaskView) => got.filter(({ body }) => body.data?.taskId === task.taskId)

  upstream.next('callback_lost')
  const lost = await ended(await create(Z, PICTURE, url))
  upstream.next('callback_twice')
  const twice = await ended(await create(Z, PICTURE, url))
  await until(() => of(twice).length === 2)
  t.equal(of(lost).length, 0)

  upstream.next('callback_forged')
  const forged = await ended(await create(Z, PICTURE, url))
  await until(() => of(forged).length === 2)
  const [fake, real] = of(forged)
  t.notMatch(String(fake!.body.data?.resultJson), upstream.baseUrl, 'the forged body names a foreign file')
  t.ok(fake!.headers['x-webhook-signature'], 'under a header pair that is valid for the task')
  t.match(String(real!.body.data?.resultJson), upstream.baseUrl)
  t.strictSame(
    forged.callbacks.map(callback => callback.forged),
    [true, false],
  )

  upstream.next('callback_early')
  const answer = await create(Z, PICTURE, url)
  const answeredAt = Date.now()
  const early = await ended(answer)
  t.equal(of(early).length, 1)
  t.ok(of(early)[0]!.at <= answeredAt, 'before createTask answered')
  t.equal(early.state, 'success')
})

t.test('refusals on request accept nothing and cost nothing', async t => {
  const { upstream, create } = await world(t)
  const answers: [Behaviour, object][] = [
    ['no_credit', { code: 500, msg: /^Credits insufficient : .+ isn’t enough/ }],
    ['rate_limited', { code: 429, data: null }],
    ['maintenance', { code: 455, msg: /currently being maintained/ }],
    ['server_error', { code: 500, msg: /^Internal Error/ }],
    ['unauthorized', { code: 401 }],
    ['no_task_id', { code: 200, msg: 'success', data: {} }],
  ]
  for (const [behaviour, answer] of answers) {
    upstream.next(behaviour)
    t.match(await create(Z, PICTURE), answer, behaviour)
  }
  upstream.next('http_502')
  const headers = { authorization: `Bearer ${upstream.apiKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ model: Z, input: PICTURE })
  const edge = await fetch(`${upstream.baseUrl}/api/v1/jobs/createTask`, { method: 'POST', headers, body })
  t.equal(edge.status, 502)
  t.match(await edge.text(), /^<html>/)
  t.equal(upstream.tasks.length, 0)
  t.equal(upstream.credit, 5_000)
  t.equal(upstream.refusals.length, 7)
  t.match(await create(Z, PICTURE), { code: 200 }, 'the queue is used up')
})

t.test('a task can be accepted without an answer, run slowly, or never end', async t => {
  const { upstream, create, read } = await world(t)
  upstream.next('ambiguous')
  await t.rejects(create(Z, PICTURE), 'the connection is cut')
  t.equal(upstream.tasks.length, 1, 'and yet the task exists')
  await until(() => upstream.tasks[0]!.state === 'success')
  upstream.speed.slowMs = 60_000
  upstream.next('slow')
  upstream.behaviour = 'silent'
  const [slow, silent] = [await create(Z, PICTURE), await create(Z, PICTURE)]
  upstream.behaviour = 'normal'
  const normal = await create(Z, PICTURE)
  await until(() => upstream.tasks[3]!.state === 'success')
  t.match(await read(slow.data?.taskId), { data: { state: 'waiting' } })
  t.match(await read(silent.data?.taskId), { data: { state: 'waiting' } })
  t.match(await read(normal.data?.taskId), { data: { state: 'success' } })
})

t.test('results can be missing, dead, wrong or broken off', async t => {
  const { upstream, create, read, ended } = await world(t)
  const make = async (behaviour: Behaviour) => {
    upstream.next(behaviour)
    return ended(await create(Z, PICTURE))
  }
  const empty = await make('empty_result')
  t.equal((await read(empty.taskId)).data?.resultJson, '{"resultUrls":[]}')

  upstream.speed.runMs = 1_500
  upstream.next('odd_state')
  const odd = await create(Z, PICTURE)
  t.match(await read(odd.data?.taskId), { code: 200, data: { state: 'postprocessing' } })
  await ended(odd)
  t.match(await read(odd.data?.taskId), { data: { state: 'success' } })

  const dead = await make('dead_result')
  t.equal((await fetched(dead.resultUrls[0]!)).answer.status, 404)
  const wrong = await fetched((await make('wrong_result')).resultUrls[0]!)
  t.equal(wrong.answer.headers.get('content-type'), 'image/png')
  t.match(wrong.bytes.toString(), /^<html>/)
  const broken = await make('truncated_result')
  await t.rejects(fetched(broken.resultUrls[0]!), 'the file ends before its length')
  const good = await make('normal')
  t.equal((await fetched(good.resultUrls[0]!)).answer.status, 200)
  upstream.expire(good.taskId)
  t.equal((await fetched(good.resultUrls[0]!)).answer.status, 404, 'gone after its last day')
})

t.test('faults can be put in front of any call', async t => {
  const { upstream, create, read, get } = await world(t)
  upstream.faultNext('recordInfo', { code: 408, msg: 'Request timeout' })
  upstream.faultNext('recordInfo', 'html')
  upstream.faultNext('credit', 'cut')
  upstream.faultNext('createTask', { code: 433, msg: 'The key has used up its cap' })
  t.match(await read('a'), { code: 408, data: null })
  await t.rejects(read('a'), 'a page in place of JSON')
  await t.rejects(get('/api/v1/chat/credit'))
  t.match(await get('/api/v1/chat/credit'), { code: 200 })
  t.match(await create(Z, PICTURE), { code: 433 })
  t.equal(upstream.tasks.length, 0)
})

t.test('the documented pace is enforced: 20 creations in 10 s, 10 reads a second', async t => {
  const upstream = await startUpstream()
  t.teardown(() => upstream.close())
  upstream.behaviour = 'silent'
  const { create, read } = client(upstream)
  const codes = await Promise.all(Array.from({ length: 25 }, async () => (await create(Z, PICTURE)).code))
  t.equal(codes.filter(code => code === 200).length, 20)
  t.equal(codes.filter(code => code === 429).length, 5)
  t.equal(upstream.tasks.length, 20, 'what is over the limit is dropped')
  t.equal(upstream.refusals.length, 5)
  const reads = await Promise.all(Array.from({ length: 12 }, async () => (await read(upstream.tasks[0]!.taskId)).code))
  t.equal(reads.filter(code => code === 429).length, 2)
})

t.test('files can be uploaded in three ways and are served as they are', async t => {
  const { upstream, post, upload, create, ended } = await world(t)
  const picture = Buffer.from(await photo())
  const url = await upload(picture, 'image/png', 'фото.png')
  const stored = await fetched(url)
  t.ok(stored.bytes.equals(picture))
  t.equal(stored.answer.headers.get('content-type'), 'image/png')

  const base64 = {
    uploadPath: 'images',
    fileName: 'a.png',
    base64Data: `data:image/png;base64,${picture.toString('base64')}`,
  }
  const second = (await post('/api/file-base64-upload', base64)) as Answer & { success: boolean }
  t.match(second, {
    success: true,
    code: 200,
    msg: 'File uploaded successfully',
    data: {
      success: true,
      fileName: 'a.png',
      fileSize: picture.length,
      mimeType: 'image/png',
      filePath: /images\/a\.png$/,
    },
  })
  const third = await post('/api/file-url-upload', { fileUrl: url, uploadPath: 'images' })
  t.ok((await fetched(String(third.data?.downloadUrl))).bytes.equals(picture))
  t.not(third.data?.fileName, 'a.png', 'a random name unless one is given')

  t.match(await post('/api/file-base64-upload', { base64Data: 'AAAA' }), { code: 400, msg: 'uploadPath is required' })
  t.match(await post('/api/file-base64-upload', { base64Data: 'AAAA', uploadPath: '../../..' }), { code: 400 })
  t.match(await post('/api/file-url-upload', { fileUrl: `${upstream.baseUrl}/files/none`, uploadPath: 'a' }), {
    code: 400,
  })
  const keyless = await fetch(`${upstream.baseUrl}/api/file-stream-upload`, { method: 'POST', body: new FormData() })
  t.match(await keyless.json(), { code: 401 })

  t.match(
    await post('/api/v1/common/download-url', { url }),
    { code: 422, msg: 'url is wrong', data: null },
    'not for uploads',
  )
  const task = await ended(await create(Z, PICTURE))
  const link = (await post('/api/v1/common/download-url', { url: task.resultUrls[0] })) as unknown as { data: string }
  t.equal((await fetched(link.data)).answer.status, 200)
  t.equal((await fetched(link.data.replace(/expires=.*/, 'expires=1'))).answer.status, 403)
})

t.test('the price list needs no key and has a row for every variant', async t => {
  const { upstream } = await world(t)
  const page = async (pageNum: number) => {
    const body = JSON.stringify({ pageNum, pageSize: 50 })
    const headers = { 'content-type': 'application/json' }
    return (await fetch(`${upstream.baseUrl}/client/v1/model-pricing/page`, { method: 'POST', headers, body })).json()
  }
  const first = (await page(1)) as {
    data: { records: { creditPrice: string; anchor: string }[]; total: number; pages: number }
  }
  t.equal(first.data.records.length, 50)
  t.equal(first.data.pages, Math.ceil(first.data.total / 50))
  t.match(first.data.records[0], {
    modelDescription: String,
    creditPrice: '20',
    creditUnit: 'per generation',
    usdPrice: '0.1000',
  })
})

t.test('tasks, files and the balance live on in the data folder', async t => {
  const dataDir = t.testdir()
  const first = await startUpstream({ dataDir })
  first.speed.runMs = 20
  const before = client(first)
  const url = await before.upload(await photo(), 'image/png', 'photo.png')
  const done = await before.ended(await before.create('google/nano-banana-edit', { prompt: 'Turn', image_urls: [url] }))
  first.next('slow')
  await before.create(Z, PICTURE)
  await first.close()

  const { upstream, read, ended } = await world(t, { dataDir })
  t.equal(upstream.credit, 4_995.2)
  t.match(await read(done.taskId), { code: 200, data: { state: 'success' } })
  const [result] = upstream.tasks[0]!.resultUrls
  t.match(result, upstream.baseUrl, 'addresses are those of this run')
  t.match(imageSize((await fetched(result!)).bytes), { type: 'png' })
  t.equal(upstream.tasks[1]!.state, 'waiting', 'what was under way goes on')
  t.equal((await ended({ code: 200, msg: '', data: { taskId: done.taskId } })).state, 'success')
})

t.test('listeners hear of tasks, refusals and callbacks until they leave', async t => {
  const { upstream, create, ended } = await world(t)
  const { url } = await receiver(t)
  const heard: string[] = []
  const leave = upstream.on(({ type }) => heard.push(type))
  await create(Z, {})
  const task = await ended(await create(Z, PICTURE, url))
  await until(() => heard.includes('callback'))
  t.strictSame(heard, ['refusal', 'task', 'task', 'task', 'callback'])
  leave()
  await ended(await create(Z, PICTURE))
  t.equal(heard.length, 5)
  t.ok(task)
})

t.test('a recording of each voice that a model takes is served without a key, and of nothing else', async t => {
  const { upstream } = await world(t)
  const look = async (file: string) => {
    const response = await fetch(`${upstream.baseUrl}/elevenlabs/voice/${file}`)
    return [response.status, response.headers.get('content-type'), (await response.arrayBuffer()).byteLength] as const
  }
  const [status, type, bytes] = await look('EkK5I93UQWFDigLMpZcX.mp3')
  t.match([status, type], [200, 'audio/mpeg'])
  t.ok(bytes > 10_000 && bytes < 200_000, `${bytes} bytes`)
  for (const file of [
    'Rachel.mp3',
    'EkK5I93UQWFDigLMpZcX',
    'EkK5I93UQWFDigLMpZcX.wav',
    'ekk5i93uqwfdiglmpzcx.mp3',
    '',
  ]) {
    t.equal((await look(file))[0], 404, file)
  }
})
