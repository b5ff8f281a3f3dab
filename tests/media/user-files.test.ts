import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createCanvas } from '@napi-rs/canvas'
import t from 'tap'
import { startTelegram } from '../../playground/telegram/server.ts'
import { createUserFiles } from '../../src/bot/files/user-files.ts'
import { createTelegram } from '../../src/telegram/client.ts'
import { createUpstream } from '../../src/upstream/client.ts'
import { createDownloader } from '../../src/upstream/download.ts'
import { heicFile } from '../support/media/heif.ts'
import { converterOf, inspectorOf } from '../support/media/inspector.ts'
import { silent } from '../support/world.ts'

t.test(
  'file-address: of a file from the chat the upstream gets the bytes, and never an address with the token',
  async t => {
    const standIn = await startTelegram({ seed: 7 })
    t.teardown(() => standIn.close())
    const { id } = standIn.player.addPerson({ firstName: 'Анна' })
    standIn.player.open(id)

    // Everything that leaves for the upstream, to the last byte.
    const sent: Buffer[] = []
    const host = createServer(async (request, response) => {
      if (request.url === '/photo.heic') return response.end(heicFile)
      sent.push(Buffer.from([request.method, request.url, ...request.rawHeaders].join('\n')))
      for await (const part of request) sent.push(part)
      response.end('{"code":200,"msg":"ok","data":{"downloadUrl":"https://tempfile.redpandaai.co/telegen/x.png"}}')
    }).listen(0, '127.0.0.1')
    await once(host, 'listening')
    t.teardown(() => {
      host.closeAllConnections()
      host.close()
    })
    const baseUrl = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
    const { token, apiRoot } = standIn
    const upstream = createUpstream({ baseUrl, uploadUrl: baseUrl, apiKey: 'test-key', log: silent })
    t.teardown(() => upstream.close())
    const telegram = createTelegram({ token, apiRoot, rateLimiter: async () => 0, log: silent })
    const dir = t.testdir()
    const { inspect } = inspectorOf(t)
    const downloader = createDownloader({ trustedOrigins: [baseUrl], inspect })
    const files = createUserFiles({
      telegram,
      token,
      apiRoot,
      upstream,
      downloader,
      converter: converterOf(t, inspect),
      dir,
    })

    const bytes = createCanvas(1_200, 900).toBuffer('image/png')
    const { media } = await standIn.player.send(id, { kind: 'document', fileName: 'моё.png', mime: 'image/png', bytes })
    const found = await files.fromTelegram(media!.fileId, undefined, { owner: '1' })
    t.match(found, {
      url: 'https://tempfile.redpandaai.co/telegen/x.png',
      kind: 'image',
      widthPx: 1_200,
      heightPx: 900,
    })
    const wire = Buffer.concat(sent)
    t.ok(wire.includes(bytes), 'the bytes as they were')
    for (const secret of [token, token.split(':')[1]!, new URL(apiRoot).host, media!.fileId, 'моё']) {
      t.notOk(wire.includes(secret), 'nothing that leads to Telegram')
    }
    t.strictSame(readdirSync(dir), [], 'no copy stays')

    // A photo that no model takes as it is: what goes on is what it became, wherever it came from.
    const heic = { fileName: 'IMG_1.HEIC', mime: 'image/heic', bytes: heicFile }
    const { media: photo } = await standIn.player.send(id, { kind: 'document', ...heic })
    const whose = { owner: '1', accept: ['image'], fit: { sidePx: 64 } } as const
    for (const take of [
      () => files.fromTelegram(photo!.fileId, undefined, whose),
      () => files.fromLink(`${baseUrl}/photo.heic`, whose),
    ]) {
      sent.length = 0
      const became = await take()
      t.match(became, { kind: 'image', mime: 'image/jpeg', widthPx: 64, heightPx: 32 })
      const upload = Buffer.concat(sent)
      t.ok(upload.includes('\xff\xd8\xff', 'latin1') && upload.includes('.jpg'), 'a JPEG by content and by name')
      t.notOk(upload.includes('ftypheic'))
      t.strictSame(readdirSync(dir), [])
    }

    const over = Buffer.concat([bytes, Buffer.alloc(20 * 1024 * 1024)])
    const { media: large } = await standIn.player.send(id, {
      kind: 'document',
      fileName: 'b',
      mime: 'image/png',
      bytes: over,
    })
    const before = sent.length
    await t.rejects(files.fromTelegram(large!.fileId, undefined, { owner: '1' }), { code: 'too_big' })
    await t.rejects(files.fromTelegram(media!.fileId, 21 * 1024 * 1024, { owner: '1' }), { code: 'too_big' })
    t.equal(sent.length, before, 'and of what is too big, nothing')
    t.strictSame(readdirSync(dir), [])
  },
)
