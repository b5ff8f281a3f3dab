import type { Test } from 'tap'
import { startTelegram, type TelegramStandIn } from '../../playground/telegram/server.ts'

type Envelope = {
  ok: boolean
  // The tests look into results of many kinds; each names what it expects.
  result: Record<string, unknown> & { message_id: number }
  error_code?: number
  description?: string
}

/** A stand-in of today's Bot API with one person in an open chat and a hand for raw calls; closed with the test. */
export async function standIn(t: Test, options: Parameters<typeof startTelegram>[0] = {}) {
  const telegram = await startTelegram({ seed: 7, timeScale: 0.02, apiVersion: '10.3', ...options })
  t.teardown(() => telegram.close())
  telegram.faults.limits = false
  const anna = telegram.player.addPerson({ firstName: 'Анна', username: 'anna', languageCode: 'ru' })
  telegram.player.open(anna.id)
  return { telegram, anna, call: caller(telegram) }
}

/** Calls as a bot does: JSON, or a form where files go with it. The status stands in the answer too. */
export const caller =
  <Answer extends object = Envelope>(telegram: Pick<TelegramStandIn, 'apiRoot' | 'token'>) =>
  async (method: string, fields: object = {}, files: Record<string, Uint8Array<ArrayBuffer>> = {}) => {
    const answer = await fetch(`${telegram.apiRoot}/bot${telegram.token}/${method}`, {
      method: 'POST',
      ...(Object.keys(files).length > 0
        ? { body: form(fields, files) }
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) }),
    })
    const told = (await answer.json()) as Answer & { error_code?: number }
    if (told.error_code !== undefined && told.error_code !== answer.status) throw new Error('two statuses')
    return told
  }

function form(fields: object, files: Record<string, Uint8Array<ArrayBuffer>>) {
  const body = new FormData()
  for (const [key, value] of Object.entries(fields)) {
    body.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  for (const [key, bytes] of Object.entries(files)) body.set(key, new Blob([bytes]), key)
  return body
}
