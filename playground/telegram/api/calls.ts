import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BotCall, Faults, TelegramEvent } from '../stand-in.ts'
import type { World } from '../world.ts'
import { type Call, isObject, list, readCall, type Upload } from './fields.ts'
import { METHODS } from './methods.ts'
import { bad, Refusal } from './refusal.ts'

/** The answer on the wire: an envelope, a page that is no JSON, or a cut connection. */
export type Outcome = { status: number; body: object; retryAfterS?: number } | { html: string } | 'cut'

const JOURNAL_LENGTH = 5_000

export type Runner = (method: string, raw: Record<string, unknown>, uploads: Map<string, Upload>) => Promise<Outcome>

/** Runs the bot's calls: faults first, then limits, then the method; every call goes into the journal. */
export function openRunner(options: {
  world: World
  calls: BotCall[]
  faults: Faults
  changed(): void
  emit(event: TelegramEvent): void
}): Runner {
  const { world, calls, faults, changed, emit } = options

  return async (name, raw, uploads) => {
    const started = performance.now()
    const entry: BotCall = { at: Date.now(), method: name, fields: raw, status: 0, ms: 0 }
    const outcome = await answer(name, raw, uploads, entry)
    Object.assign(entry, { status: statusOf(outcome), ms: Math.round(performance.now() - started) })
    if (typeof outcome === 'object' && 'body' in outcome && 'description' in outcome.body && outcome.status !== 200) {
      entry.description = String(outcome.body.description)
    }
    calls.push(entry)
    if (calls.length > JOURNAL_LENGTH) calls.splice(0, calls.length - JOURNAL_LENGTH)
    const chatId = entry.fields.chat_id ?? entry.fields.user_id
    emit({ type: 'call', ...(typeof chatId === 'number' ? { userId: chatId } : {}) })
    if (!/^get/i.test(entry.method)) changed()
    return outcome
  }

  async function answer(name: string, raw: Record<string, unknown>, uploads: Map<string, Upload>, entry: BotCall) {
    if (faults.slowMs > 0) await sleep(faults.slowMs, undefined, { ref: false })
    try {
      const call = readCall(world.description, name, raw, uploads)
      Object.assign(entry, { method: call.method, fields: shown(call.fields, uploads) })
      if (call.unknown.length > 0) entry.unknown = call.unknown
      if (call.faults.length > 0) throw bad(call.faults[0]!)
      const method = METHODS[call.method]
      if (!method) throw new Refusal(404, `Not Found: ${call.method} is not played here`)
      const isSend = sends(call.method)
      if (spend('htmlAnswer')) return { html: '<html><body><h1>502 Bad Gateway</h1></body></html>' }
      if (spend('serverError')) return refused(new Refusal(500, 'Internal Server Error: restart'))
      if (isSend && spend('status429')) {
        const { retryAfterS } = faults
        return refused(new Refusal(429, `Too Many Requests: retry after ${retryAfterS}`, { retryAfterS }))
      }
      if (call.method === 'sendMediaGroup' && spend('albumRefused')) return refused(bad('group send failed'))
      if (isEphemeral(world, call) && spend('ephemeralLost'))
        return refused(bad("ephemeral message can't be delivered"))
      world.limits.message(call.fields.chat_id, cost(call))
      const result = await method(world, call)
      return isSend && spend('answerLost') ? 'cut' : accepted(result)
    } catch (error) {
      if (error instanceof Refusal) return refused(error)
      throw error
    }
  }

  function spend(fault: Spent): boolean {
    if (faults[fault] <= 0) return false
    faults[fault]--
    return true
  }
}

type Spent = 'htmlAnswer' | 'serverError' | 'status429' | 'answerLost' | 'albumRefused' | 'ephemeralLost'

const isEphemeral = ({ apiVersion }: World, { fields }: Call) =>
  apiVersion !== '7.1' && fields.ephemeral_message_parameters !== undefined
const sends = (method: string) => /^(send(?!ChatAction)|copy|forward)/.test(method)

/** How many messages a call counts as: edits and answers count little, reads nothing. */
function cost(call: Call): number {
  if (call.method === 'sendMediaGroup') return Math.max(1, list(call, 'media')?.length ?? 1)
  if (sends(call.method)) return 1
  if (call.method.startsWith('edit')) return 0.25
  return /^(answer|delete|sendChatAction)/.test(call.method) ? 0.05 : 0
}

function accepted(result: unknown): Outcome {
  const answer = isObject(result) && 'result' in result && 'description' in result ? result : { result }
  return { status: 200, body: { ok: true, ...answer } }
}

export function refused({ status, message, retryAfterS, migrateTo }: Refusal): Outcome {
  const body = { ok: false, error_code: status, description: message }
  if (migrateTo !== undefined) return { status, body: { ...body, parameters: { migrate_to_chat_id: migrateTo } } }
  if (retryAfterS === undefined) return { status, body }
  return { status, body: { ...body, parameters: { retry_after: retryAfterS } }, retryAfterS }
}

const statusOf = (outcome: Outcome) => (outcome === 'cut' ? 0 : 'html' in outcome ? 502 : outcome.status)

/** Fields for the journal: each upload in its place, by name, type, size and hash. */
function shown(fields: Record<string, unknown>, uploads: Map<string, Upload>): Record<string, unknown> {
  const placed = new Set<string>()
  const place = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(place)
    if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, place(inner)]))
    const name = typeof value === 'string' && value.startsWith('attach://') ? value.slice('attach://'.length) : ''
    const upload = uploads.get(name)
    if (!upload) return value
    placed.add(name)
    return summary(upload)
  }
  const copy = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, place(value)]))
  for (const [name, upload] of uploads) if (!placed.has(name)) copy[name] = summary(upload)
  return copy
}

const summary = ({ fileName, mime, bytes }: Upload) => ({
  fileName,
  mime,
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
})
