import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { Type } from '@sinclair/typebox'
import t, { type Test } from 'tap'
import { Telegraf } from 'telegraf'
import type { Update } from 'telegraf/types'
import { Refused, Unknown } from '../../src/errors.ts'
import { createLog, scrubber } from '../../src/log.ts'
import { observedTelegram } from '../../src/telegram/api.ts'
import {
  answerPress,
  callChecked,
  createTelegram,
  type LimitedCall,
  TelegramRefused,
} from '../../src/telegram/client.ts'
import { useTelegram } from '../../src/telegram/telegraf-client.ts'
import { cleaned } from '../../src/telegram/wire.ts'

const token = '1234567890:AAcanary-canary-canary-canary-cana'
const log = createLog({ level: 'silent', secrets: [token] })

type Call = { path: string; type: string; body: string }
type Answer = (response: ServerResponse, call: Call, number: number) => void

/** A Bot API server that answers as told and remembers what it was asked. */
async function server(t: Test, answer: Answer) {
  const calls: Call[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('latin1')) body += chunk
    const call = { path: request.url ?? '', type: request.headers['content-type'] ?? '', body }
    calls.push(call)
    answer(response, call, calls.length)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { apiRoot: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls }
}

const say = (response: ServerResponse, status: number, body: object | string) => {
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
const ok = (result: unknown) => ({ ok: true, result })
const no = (error_code: number, description: string, parameters?: object) => ({
  ok: false,
  error_code,
  description,
  parameters,
})
const message = { message_id: 7, date: 1, chat: { id: 5, type: 'private', first_name: 'Анна' }, text: 'привет' }

function client(apiRoot: string, options: Partial<Parameters<typeof createTelegram>[0]> = {}) {
  return createTelegram({ token, apiRoot, rateLimiter: async () => 0, log, ...options })
}

/** The error of a promise that must fail; nothing in it, however deep, may show the token. */
async function failure(t: Test, promise: Promise<unknown>): Promise<Error & Partial<TelegramRefused>> {
  const error = await promise.then(
    () => t.fail('this should have failed'),
    (e: unknown) => e,
  )
  const shown = `${inspect(error, { depth: 10, showHidden: true })} ${JSON.stringify(error)} ${(error as Error).stack}`
  t.notMatch(shown, 'canary', 'the token is nowhere in the error')
  return error as Error & Partial<TelegramRefused>
}

t.test('a 429 is waited out and only the call is repeated', async t => {
  const { apiRoot, calls } = await server(t, (response, call, n) => {
    if (n === 1) say(response, 429, no(429, 'Too Many Requests: retry after 0.05', { retry_after: 0.05 }))
    else say(response, 200, ok(call.path.endsWith('sendMessage') ? message : true))
  })
  const bot = new Telegraf(token, { telegram: { apiRoot: 'http://127.0.0.1:1' } })
  useTelegram(bot, client(apiRoot))
  bot.botInfo = { id: 1, is_bot: true, first_name: 'b', username: 'b_bot' } as typeof bot.botInfo & object
  let handled = 0
  bot.on('message', async ctx => {
    handled++
    await ctx.reply('привет')
    await ctx.sendChatAction('typing')
    await ctx.tg.deleteMessage(5, 6)
  })
  await bot.handleUpdate({ update_id: 1, message: { ...message, from: message.chat } } as unknown as Update)
  t.equal(handled, 1)
  const methods = calls.map(call => call.path.split('/').at(-1))
  t.strictSame(
    methods,
    ['sendMessage', 'sendMessage', 'sendChatAction', 'deleteMessage'],
    'a context has the same door',
  )
})

t.test('a watched client is a new one: what it calls is seen once, and the other stays unwatched', async t => {
  const { apiRoot, calls } = await server(t, (response, call) =>
    call.path.endsWith('sendMessage')
      ? say(response, 200, ok(message))
      : say(response, 400, no(400, 'Bad Request: no')),
  )
  const seen: string[] = []
  const telegram = client(apiRoot)
  const watched = observedTelegram(telegram, async (method, call) => {
    const outcome = await call().catch(error => error)
    seen.push(`${method} ${outcome instanceof Error ? outcome.name : 'ok'}`)
    if (outcome instanceof Error) throw outcome
    return outcome
  })
  t.match(await watched.call('sendMessage', { chat_id: 5, text: 'привет' }), { message_id: 7 })
  await failure(t, watched.call('getMe', {}))
  t.match(await telegram.call('sendMessage', { chat_id: 5, text: 'привет' }), { message_id: 7 })
  t.strictSame(seen, ['sendMessage ok', 'getMe TelegramRefused'])
  t.equal(calls.length, 3)
})

t.test('waits of one call are bounded', async t => {
  const { apiRoot, calls } = await server(t, response => say(response, 429, no(429, 'slow', { retry_after: 7 })))
  const error = await failure(
    t,
    client(apiRoot, { maxWaitMs: 6_999 }).call('sendMessage', { chat_id: 5, text: 'привет' }),
  )
  t.match(error, { code: 'rate_limited', retryAfterMs: 7_000 })
  t.equal(calls.length, 1)

  const late = await failure(t, client(apiRoot).call('answerCallbackQuery', { callback_query_id: '1' }))
  t.match(late, { code: 'rate_limited' }, 'an answer to a press is not worth seven seconds')

  const ever = await server(t, response => say(response, 429, no(429, 'slow', { retry_after: 0.02 })))
  const worn = await failure(
    t,
    client(ever.apiRoot, { maxWaitMs: 100 }).call('sendMessage', { chat_id: 5, text: 'привет' }),
  )
  t.match(worn, { code: 'rate_limited', retryAfterMs: 20 })
  t.equal(ever.calls.length, 6, 'five waits of 20 ms fit into 100 ms')

  const full = await failure(
    t,
    client(apiRoot, { rateLimiter: async () => 31_000 }).call('sendMessage', { chat_id: 5, text: 'привет' }),
  )
  t.match(full, { code: 'rate_limited', retryAfterMs: 31_000 }, 'so is the wait for our own budget')
})

t.test(
  'every call takes its place in the budgets, and an answer to a press does not wait for a slow database',
  async t => {
    const { apiRoot } = await server(t, response => say(response, 200, ok(message)))
    const paced: LimitedCall[] = []
    let free = () => {}
    const held = new Promise<number>(resolve => {
      free = () => resolve(0)
    })
    const telegram = client(apiRoot, {
      rateLimiter: async call => {
        paced.push(call)
        return call.kind === 'answer' ? held : 0
      },
    })
    await telegram.call('sendMessage', { chat_id: 5, text: 'а' })
    await telegram.call('sendMessage', { chat_id: -100, text: 'а' })
    await telegram.call('editMessageText', { chat_id: '@news', message_id: 1, text: 'а' })
    await telegram.call('sendChatAction', { chat_id: 5, action: 'typing' })
    await answerPress(telegram, { queryId: '1', userId: 5 })
    await telegram.call('getMe', {})
    free()
    t.strictSame(paced, [
      { chatId: 5, isGroup: false, kind: 'send' },
      { chatId: -100, isGroup: true, kind: 'send' },
      { chatId: '@news', isGroup: true, kind: 'edit' },
      { chatId: 5, isGroup: false, kind: 'action' },
      { isGroup: false, kind: 'answer', userId: 5 },
      { isGroup: false, kind: 'other' },
    ])
  },
)

t.test('a budget that cannot be asked does not silence the bot', async t => {
  const { apiRoot } = await server(t, response => say(response, 200, ok(message)))
  const rateLimiter = () => Promise.reject(new Unknown('the database is away'))
  t.match(await client(apiRoot, { rateLimiter }).call('sendMessage', { chat_id: 5, text: 'а' }), { message_id: 7 })
  t.match(await client(apiRoot, { rateLimiter }).call('answerCallbackQuery', { callback_query_id: '1' }), {
    message_id: 7,
  })
})

t.test('no readable answer is Unknown', async t => {
  const elsewhere = await server(t, response => say(response, 200, ok(message)))
  const answers: Record<string, Answer> = {
    'an HTML page of a proxy': response => say(response, 502, `<h1>502</h1> ${token}`),
    'an HTML page with 403': response => say(response, 403, '<h1>no</h1>'),
    'a restart': response => say(response, 500, no(500, `Internal Server Error: restart ${token}`)),
    'half an answer': response => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('{"ok":true,')
      setImmediate(() => response.destroy())
    },
    'a cut connection': response => response.destroy(),
    'a redirect': (response, call) => {
      response.writeHead(302, { location: elsewhere.apiRoot + call.path })
      response.end()
    },
    'ok without a result': response => say(response, 200, { ok: true }),
    silence: () => {},
  }
  for (const [name, answer] of Object.entries(answers)) {
    const { apiRoot, calls } = await server(t, answer)
    const error = await failure(
      t,
      client(apiRoot, { timeoutMs: 200 }).call('sendMessage', { chat_id: 5, text: 'привет' }),
    )
    t.ok(error instanceof Unknown, name)
    t.equal(calls.length, 1, 'a send with an unknown outcome is not repeated')
  }
  t.strictSame(elsewhere.calls, [], 'a redirect is not followed: its path holds the token')
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  await new Promise(resolve => gone.close(resolve))
  const nobody = await failure(
    t,
    client(`http://127.0.0.1:${port}`).call('sendMessage', { chat_id: 5, text: 'привет' }),
  )
  t.ok(nobody instanceof Unknown, 'nobody listens')
  t.match(inspect(nobody), /ECONNREFUSED/, 'what went wrong can still be read')
})

t.test('token-in-error: what a network error holds is left behind, except its words', async t => {
  const error = Object.assign(
    new TypeError('fetch failed', { cause: new Error(`GET https://x.org/bot${token}/getMe`) }),
    {
      url: `https://x.org/bot${token}/getMe`,
    },
  )
  const shown = inspect(cleaned(error, scrubber([token])), { depth: 10, showHidden: true })
  t.match(shown, /TypeError: fetch failed; Error: GET https:\/\/x.org\/bot\[/)
  t.notMatch(shown, 'canary')
})

t.test('the caller can stop a call', async t => {
  const { apiRoot, calls } = await server(t, () => {})
  const stop = new AbortController()
  const call = failure(
    t,
    callChecked(client(apiRoot), 'getUpdates', { timeout: 50 }, Type.Array(Type.Any()), stop.signal),
  )
  while (calls.length === 0) await new Promise(setImmediate)
  stop.abort()
  t.ok((await call) instanceof Unknown)
})

t.test('a long poll gets its own time on top of the deadline', async t => {
  const { apiRoot } = await server(t, response => void setTimeout(() => say(response, 200, ok([])), 300))
  const telegram = client(apiRoot, { timeoutMs: 200 })
  t.strictSame(await callChecked(telegram, 'getUpdates', { timeout: 1 }, Type.Array(Type.Any())), [])
  t.ok((await failure(t, telegram.call('getMe', {}))) instanceof Unknown)
})

t.test('a refusal says which one it is', async t => {
  const refusals: [number, string, string][] = [
    [401, 'Unauthorized', 'unauthorized'],
    [403, 'Forbidden: bot was blocked by the user', 'blocked'],
    [403, 'Forbidden: user is deactivated', 'blocked'],
    [403, 'Forbidden: bot was kicked from the group chat', 'blocked'],
    [409, 'Conflict: terminated by other getUpdates request', 'conflict'],
    [413, 'Request Entity Too Large', 'too_big'],
    [400, 'Bad Request: chat not found', 'chat_not_found'],
    [400, 'Bad Request: PEER_ID_INVALID', 'chat_not_found'],
    [400, 'Bad Request: not enough rights to send photos to the chat', 'blocked'],
    [400, 'Bad Request: message is not modified: specified new message content and …', 'not_modified'],
    [400, 'Bad Request: message to edit not found', 'message_gone'],
    [400, 'Bad Request: message to delete not found', 'message_gone'],
    [400, 'Bad Request: message to be replied not found', 'message_gone'],
    [400, "Bad Request: message can't be edited", 'message_gone'],
    [400, 'Bad Request: there is no text in the message to edit', 'message_gone'],
    [400, 'Bad Request: MESSAGE_ID_INVALID', 'message_gone'],
    [400, 'Bad Request: query is too old and response timeout expired or query ID is invalid', 'query_old'],
    [400, 'Bad Request: QUERY_ID_INVALID', 'query_old'],
    [400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0', 'bad_markup'],
    [400, 'Bad Request: PHOTO_INVALID_DIMENSIONS', 'file_rejected'],
    [400, 'Bad Request: IMAGE_PROCESS_FAILED', 'file_rejected'],
    [400, 'Bad Request: VIDEO_CONTENT_TYPE_INVALID', 'file_rejected'],
    [400, 'Bad Request: wrong file identifier/HTTP URL specified', 'file_rejected'],
    [400, 'Bad Request: wrong remote file identifier specified: Wrong string length', 'file_rejected'],
    [400, 'Bad Request: failed to get HTTP URL content', 'file_rejected'],
    [400, 'Bad Request: file must be non-empty', 'file_rejected'],
    [400, "Bad Request: can't use file of type Photo as Video", 'file_rejected'],
    [400, 'Bad Request: file of size 12345678 bytes is too big for a photo; the maximum is …', 'file_rejected'],
    [400, 'Bad Request: file is too big', 'too_big'],
    [400, 'Bad Request: MEDIA_CAPTION_TOO_LONG', 'bad_request'],
    [400, 'Bad Request: message is too long', 'bad_request'],
    [400, 'Bad Request: BUTTON_DATA_INVALID', 'bad_request'],
    [404, 'Not Found: method not found', 'no_method'],
    [400, `Bad Request: /bot${token}/sendMessage is odd`, 'bad_request'],
  ]
  let [status, description] = refusals[0]!
  const { apiRoot } = await server(t, response => say(response, status, no(status, description)))
  const telegram = client(apiRoot)
  for (const refusal of refusals) {
    ;[status, description] = refusal
    const error = await failure(t, telegram.call('sendMessage', { chat_id: 5, text: 'привет' }))
    t.ok(error instanceof TelegramRefused && error instanceof Refused)
    t.equal(error.code, refusal[2], description)
  }
})

t.test('a group that moved names its new id', async t => {
  const text = 'Bad Request: group chat was upgraded to a supergroup chat'
  const { apiRoot } = await server(t, response =>
    say(response, 400, no(400, text, { migrate_to_chat_id: -1001234567890 })),
  )
  const error = await failure(t, client(apiRoot).call('sendMessage', { chat_id: -5, text: 'привет' }))
  t.match(error, { code: 'migrated', migrateTo: -1001234567890 })
})

t.test('in a form nothing is lost: objects travel as JSON, files under their names', async t => {
  const { apiRoot, calls } = await server(t, response => say(response, 200, ok(message)))
  const telegram = client(apiRoot)
  const source = Buffer.from('bytes of a file')
  await telegram.call('sendPhoto', {
    chat_id: 5,
    photo: { source, filename: 'отчёт "1".png' },
    reply_parameters: { message_id: 3 },
    caption_entities: [{ type: 'bold', offset: 0, length: 1 }],
    caption: 'Ж',
  })
  const body = Buffer.from(calls[0]!.body, 'latin1').toString()
  t.match(calls[0]!.type, /^multipart\/form-data; boundary=/)
  t.match(body, 'name="reply_parameters"\r\n\r\n{"message_id":3}')
  t.match(body, 'name="caption_entities"\r\n\r\n[{"type":"bold","offset":0,"length":1}]')
  t.match(body, 'name="caption"\r\n\r\nЖ')
  t.match(body, 'name="photo"; filename="отчёт %221%22.png"')
  t.match(body, 'bytes of a file')

  await telegram.call('sendMediaGroup', {
    chat_id: 5,
    media: [
      { type: 'photo', media: { source } },
      { type: 'photo', media: 'known-id' },
    ],
  })
  const album = calls[1]!.body
  t.match(album, '[{"type":"photo","media":"attach://file0"},{"type":"photo","media":"known-id"}]')
  t.match(album, 'name="file0"')

  await telegram.call('sendMessage', {
    chat_id: 5,
    text: 'а',
    link_preview_options: { is_disabled: true, url: 'https://example.org' },
  })
  t.match(JSON.parse(calls[2]!.body), { chat_id: 5, link_preview_options: { is_disabled: true } })
})

t.test('a stream is refused, since it could not be sent again after 429', async t => {
  const { apiRoot, calls } = await server(t, response => say(response, 200, ok(message)))
  const { Readable } = await import('node:stream')
  await t.rejects(
    client(apiRoot).call('sendPhoto', { chat_id: 5, photo: { source: Readable.from(['a']) as never } }),
    TypeError,
  )
  t.equal(calls.length, 0)
})

t.test('an upload is sent whole again after 429', async t => {
  const { apiRoot, calls } = await server(t, (response, _call, n) => {
    if (n === 1) say(response, 429, no(429, 'slow', { retry_after: 0.01 }))
    else say(response, 200, ok(message))
  })
  const path = `${t.testdir({ file: 'bytes on the disk' })}/file`
  await client(apiRoot).call('sendDocument', { chat_id: 5, document: { source: path, filename: 'a.txt' } })
  t.equal(calls.length, 2)
  for (const call of calls) t.match(call.body, 'bytes on the disk')
})

t.test('an API root may have a path, with or without a slash at its end', async t => {
  const { apiRoot, calls } = await server(t, response => say(response, 200, ok(message)))
  for (const path of ['', '/', '/telegram', '/telegram/']) await client(apiRoot + path).call('getMe', {})
  t.strictSame(
    calls.map(call => call.path.replace(token, 'T')),
    ['/botT/getMe', '/botT/getMe', '/telegram/botT/getMe', '/telegram/botT/getMe'],
  )
})

t.test('a raw call checks its answer', async t => {
  const { apiRoot, calls } = await server(t, (response, call) =>
    say(response, 200, ok(call.path.endsWith('refundStarPayment') ? true : { transactions: 'many' })),
  )
  const telegram = client(apiRoot)
  const payload = { user_id: 5, telegram_payment_charge_id: 'c' }
  t.equal(await callChecked(telegram, 'refundStarPayment', payload, Type.Literal(true)), true)
  t.strictSame(JSON.parse(calls[0]!.body), payload)
  const Page = Type.Object({ transactions: Type.Array(Type.Unknown()) })
  t.match(await failure(t, callChecked(telegram, 'getStarTransactions', {}, Page)), {
    name: 'Unknown',
    message: /getStarTransactions: unexpected answer at \/transactions/,
  })
})

t.test('a refusal whose words are no words is a refusal all the same', async t => {
  const textless = { toString: 1, valueOf: 1 }
  const { apiRoot } = await server(t, (response, _call, n) => {
    const body = { ok: false, error_code: 400, description: textless, parameters: { retry_after: textless } }
    say(response, n === 1 ? 429 : 400, body)
  })
  await t.rejects(client(apiRoot).call('sendMessage', { chat_id: 5, text: 'x' }), TelegramRefused)
})
