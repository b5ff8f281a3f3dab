import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import type { Test } from 'tap'
import type { Button } from '../../playground/telegram/stand-in.ts'
import { createMessages } from '../../src/bot/runs/reports.ts'
import { deliverJob } from '../../src/jobs/delivery/deliver.ts'
import { createDownloader, type Downloaded } from '../../src/upstream/download.ts'
import { createResultStore } from '../../src/upstream/results.ts'
import { chats, type Person } from '../support/chat.ts'
import { inspectHere } from '../support/media/inspector.ts'
import { noEnqueue, silent, untraced } from '../support/world.ts'

type Role = 'creator' | 'administrator' | 'member' | 'restricted' | 'left' | 'kicked'
type Fields = Record<string, unknown> & { chat_id?: number; text?: string; reply_markup?: Keyboard }
type Keyboard = { inline_keyboard: { text: string; callback_data?: string; url?: string }[][] }
export type Whisper = { chatId: number; userId: number; id: number; text: string; buttons: Button[][] }
type Answer = { status: number; body: object }
type State = {
  roles: Map<string, Role>
  /** Why the bot cannot write to a group, or where it is now. */
  walls: Map<number, 'kicked' | 'silent' | { movedTo: number }>
  whispers: Whisper[]
  guestAnswers: Record<string, unknown>[]
  pressAnswers: Map<string, string>
  /** An old server knows nothing of ephemeral messages; `refusing`: it refuses to send them. */
  server: 'new' | 'old' | 'refusing'
}

const ok = (result: unknown): Answer => ({ status: 200, body: { ok: true, result } })
const refused = (status: number, description: string, parameters?: object): Answer => ({
  status,
  body: { ok: false, error_code: status, description, ...(parameters && { parameters }) },
})
const buttonsOf = (markup: Keyboard | undefined): Button[][] =>
  (markup?.inline_keyboard ?? []).map(row =>
    row.map(({ text, callback_data: data, url }) => ({ text, ...(data && { data }), ...(url && { url }) })),
  )

/** What a group adds to a chat server: who is in it, what one member alone sees, and a bot that may not write. */
function answerOf(state: State, method: string, fields: Fields): Answer | undefined {
  const { chat_id: chatId = 0 } = fields
  const wall = /^(send|edit)/.test(method) ? state.walls.get(chatId) : undefined
  if (wall === 'kicked') return refused(403, 'Forbidden: bot was kicked from the supergroup chat')
  if (wall === 'silent') return refused(400, 'Bad Request: not enough rights to send text messages to the chat')
  if (wall) {
    const parameters = { migrate_to_chat_id: wall.movedTo }
    return refused(400, 'Bad Request: group chat was upgraded to a supergroup chat', parameters)
  }
  if (method === 'getChatMember') {
    const status = state.roles.get(`${chatId}:${fields.user_id}`) ?? 'left'
    return ok({
      status,
      user: { id: fields.user_id, is_bot: false, first_name: 'x' },
      is_member: status === 'restricted',
    })
  }
  if (method === 'answerGuestQuery') {
    state.guestAnswers.push(fields)
    return ok({ inline_message_id: 'inline' })
  }
  if (method === 'answerCallbackQuery' && String(fields.callback_query_id).startsWith('in-group')) {
    state.pressAnswers.set(String(fields.callback_query_id), String(fields.text ?? ''))
    return ok(true)
  }
  return whisperOf(state, method, fields)
}

function whisperOf(state: State, method: string, fields: Fields): Answer | undefined {
  const isMethod = /Ephemeral/.test(method)
  const to = fields.ephemeral_message_parameters as { receiver_user_id: number } | undefined
  if (state.server === 'old') return isMethod ? refused(404, 'Not Found: method not found') : undefined
  const { chat_id: chatId = 0, text = '' } = fields
  if (isMethod) {
    const found = state.whispers.find(one => one.id === fields.ephemeral_message_id)
    if (!found || found.userId !== fields.receiver_user_id) return refused(400, 'Bad Request: message not found')
    if (method === 'deleteEphemeralMessage') state.whispers.splice(state.whispers.indexOf(found), 1)
    else Object.assign(found, { text, buttons: buttonsOf(fields.reply_markup) })
    return ok(true)
  }
  if (!to) return undefined
  const role = state.roles.get(`${chatId}:${to.receiver_user_id}`)
  if (state.server === 'refusing' || !role || role === 'left') return refused(400, 'Bad Request: USER_NOT_PARTICIPANT')
  const id = (state.whispers.at(-1)?.id ?? 100) + 1
  state.whispers.push({ chatId, userId: to.receiver_user_id, id, text, buttons: buttonsOf(fields.reply_markup) })
  const chat = { id: chatId, type: 'supergroup', title: 'x' }
  return ok({ message_id: 0, ephemeral_message_id: id, date: 1, chat, text })
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Stands before the stand-in of Telegram; what it does not answer itself goes there as it came. */
async function front(t: Test, state: State, apiRoot: string): Promise<string> {
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const isJson = request.headers['content-type']?.startsWith('application/json')
    const fields = isJson && body.length > 0 ? (JSON.parse(body.toString()) as Fields) : formFields(body)
    const own = answerOf(state, request.url!.split('/').at(-1)!, fields)
    if (own) {
      response.writeHead(own.status, { 'content-type': 'application/json' }).end(JSON.stringify(own.body))
      return
    }
    const { 'content-type': type = 'application/json' } = request.headers
    const passed = await fetch(`${apiRoot}${request.url}`, {
      method: request.method!,
      headers: { 'content-type': type },
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    })
    response.writeHead(passed.status, { 'content-type': 'application/json' }).end(await passed.text())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

/** The one field of a form that this server looks at. */
function formFields(body: Buffer): Fields {
  const [, chatId] = /name="chat_id"\r\n\r\n(-?\d+)/.exec(body.toString('latin1')) ?? []
  return chatId === undefined ? {} : { chat_id: Number(chatId) }
}

/** The bot among people in groups, and the delivery of what they order there. */
export async function groupChats(t: Test, given: Parameters<typeof chats>[1] = {}) {
  const state: State = {
    roles: new Map(),
    walls: new Map(),
    whispers: [],
    guestAnswers: [],
    pressAnswers: new Map(),
    server: 'new',
  }
  const stage = await chats(t, { ...given, through: apiRoot => front(t, state, apiRoot) })
  const { api, serve, owner } = stage
  const { player } = api
  let presses = 0

  /** A group of these people, the first of them its owner; `isOn`: turned on by them. */
  async function group(title: string, people: Person[], { isOn = true } = {}) {
    const id = player.addGroup(title)
    const [first] = people
    for (const person of people) state.roles.set(`${id}:${person.id}`, person === first ? 'creator' : 'member')
    const chat = { id, type: 'supergroup' as const, title }
    const fromOf = ({ id: userId }: { id: number }) => ({
      id: userId,
      is_bot: false,
      first_name: nameOf(userId),
      language_code: 'ru',
    })
    const nameOf = (userId: number) => player.people().find(one => one.id === userId)!.firstName
    const own = {
      id,
      chat,
      /** What all of the group see. */
      seen: () => player.chat(id).filter(message => message.from === 'bot'),
      /** What this person alone sees. */
      whispers: (person: Person) =>
        state.whispers.filter(one => one.chatId === own.chat.id && one.userId === person.id),
      async says(person: Person, text: string) {
        player.sayIn(id, person.id, text)
        await serve()
      },
      /** Any message of a person, with what the player has no move for. */
      async sends(person: { id: number }, content: object) {
        const message = { message_id: 7_000, date: Math.floor(Date.now() / 1000), chat: own.chat, from: fromOf(person) }
        player.raw({ message: { ...message, ...content } })
        await serve()
      },
      /** Presses a button of a whisper, by its words or its data; a stranger may send any. */
      async presses(person: Person, what: string | { data: string }, times = 1) {
        const whisper = own.whispers(person).at(-1)
        const data = typeof what === 'string' ? dataOf(whisper, what) : what.data
        const queryId = `in-group-${++presses}`
        const from = { id: 1, is_bot: true, first_name: 'bot' }
        const shown = {
          message_id: 0,
          ephemeral_message_id: whisper?.id ?? 1,
          date: 1,
          chat: own.chat,
          from,
          text: 'x',
        }
        const press = { id: queryId, from: fromOf(person), message: shown, chat_instance: '1', data }
        player.raw({ callback_query: press })
        await serve(times)
        return state.pressAnswers.get(queryId)
      },
    }
    if (isOn) await own.says(first!, '/ai_on')
    await owner`delete from pay.rates`
    return own
  }

  const dataOf = (whisper: Whisper | undefined, words: string): string => {
    const button = whisper?.buttons.flat().find(({ text }) => text.startsWith(words))
    if (!button?.data) throw new Error(`no button «${words}» under ${JSON.stringify(whisper)}`)
    return button.data
  }
  return { ...stage, state, group, deliver: delivery(t, stage) }
}

/** Ends a run as a worker does and delivers what there is to say of it. */
function delivery(t: Test, { sql, owner, telegram, deps, end, limits, api }: Awaited<ReturnType<typeof chats>>) {
  const dir = t.testdir()
  const downloader = {
    ...createDownloader({ trustedOrigins: [], inspect: inspectHere, dir }),
    async fetch(): Promise<Downloaded> {
      const path = join(dir, randomUUID())
      const bytes = createCanvas(40, 40).toBuffer('image/png')
      writeFileSync(path, bytes)
      const remove = () => rm(path, { force: true })
      return { path, bytes: bytes.length, kind: 'image', mime: 'image/png', extension: 'png', remove }
    },
  }
  const results = createResultStore(downloader)
  t.teardown(() => results.close())
  const messages = createMessages({ ...deps, botUsername: () => api.bot.username })
  const options = {
    ...{ sql, telegram, results, messages, limits, enqueue: noEnqueue, tracing: untraced, log: silent },
    linkTo: undefined,
    preview: async () => new Uint8Array(),
  }
  return async (userId: number, id: string, code?: string): Promise<void> => {
    const { outboxId } = (await end(userId, id, code))[0]!
    await deliverJob(options, outboxId!)
    const [row] = await owner<
      { dead_reason: string | null }[]
    >`select dead_reason from pay.outbox where id = ${outboxId}`
    if (row?.dead_reason) throw new Error(`not delivered: ${row.dead_reason}`)
  }
}
