import { createHash } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { optionLabel, type Param, type Scalar } from '../../catalogue/models.ts'
import { query, type Sql, untilAnswered } from '../../database/db.ts'
import { Refused, Unknown } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { type Item, sendResult, unlessRefused } from '../../telegram/delivery.ts'
import { html } from '../../telegram/html.ts'
import { isAboutChat } from '../../telegram/refused.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { scalarText } from '../parameter-texts.ts'
import { to } from '../routes.ts'

const Kept = Type.Object({ fileId: Type.String(), sentAs: Type.Unsafe<'audio' | 'document'>(Type.String()) })
type Kept = Static<typeof Kept>

export const sampleOf = query(
  Kept,
  (sql, address: string) =>
    sql`select file_id as "fileId", sent_as as "sentAs" from pay.samples where address = ${address}`,
)

export const sampleSent = query(
  Type.Object({}),
  (sql, address: string, { fileId, sentAs }: Kept) => sql`
    select from pay.sample_sent(${address}, ${fileId}, ${sentAs})`,
)

/** Names a value on the wire: the data of a button has no capital letters, and a list may change. */
export const keyOf = (value: Scalar): string => createHash('sha256').update(String(value)).digest('hex').slice(0, 8)

/**
 * Sends the recording of a value, with the button that chooses it for the order `draftId`. The provider is asked for it once:
 * from then on Telegram has it. Where there is none to be had, the person is told so and may choose all the same.
 */
export async function sendSample(
  ctx: BotContext,
  deps: BotDeps,
  draftId: string,
  param: Param,
  value: Scalar,
): Promise<void> {
  const { wizard } = ctx.t
  const name = scalarText(param, value, ctx.language)
  const buttons = [[button(wizard.takeSampleButton, to.sample(draftId, keyOf(value)), 'primary')]]
  await ctx.answer(wizard.fetchingSample) // a download may take seconds
  const isSent = await sent(ctx, deps, param, value, { text: html`<b>${name}</b>`, buttons })
  if (!isSent) await ctx.show({ text: wizard.noSample(name), buttons }, 'new')
}

async function sent(
  ctx: BotContext,
  { sql, sample, log }: BotDeps,
  param: Param,
  value: Scalar,
  caption: Screen,
): Promise<boolean> {
  const address = param.sample!.replace('{value}', encodeURIComponent(String(value)))
  const fileName = `${optionLabel(param, value, 'en')
    .split(' - ')[0]!
    .replace(/[^\w. ]/g, '')}.mp3`
  const about = { kind: 'audio' as const, mime: 'audio/mpeg', extension: 'mp3', bytes: 0, fileName }
  const [kept] = await sampleOf(sql, address)
  if (kept && (await isTaken(ctx, { ...about, source: kept }, caption))) return true
  try {
    const file = await sample(address)
    try {
      const { bytes, mime, seconds, path } = file
      const length = seconds === undefined ? {} : { seconds }
      const again = await isTaken(ctx, { ...about, ...length, mime, bytes, source: { path } }, caption)
      if (again) await remember(sql, address, again, log)
      return again !== undefined
    } finally {
      await file.remove()
    }
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unknown) || isOfChat(error)) throw error
    log.warn({ err: error, address }, 'a sample could not be had')
    return false
  }
}

/** It was heard: where it cannot be noted, the next listener costs a download. */
async function remember(sql: Sql, address: string, file: Kept, log: Log): Promise<void> {
  await untilAnswered(() => sampleSent(sql, address, file)).catch(error => {
    log.warn({ err: error, address }, 'a sample was sent and not noted')
  })
}

/** Sends it. Returns the file that Telegram has now; undefined when it refuses this file, as that of another bot. */
async function isTaken(ctx: BotContext, item: Item, caption: Screen): Promise<Kept | undefined> {
  const result = await unlessRefused(() => sendResult(ctx.api, ctx.chat!.id, [item], caption))
  const [file] = result?.sent ?? []
  return file && { fileId: file.fileId, sentAs: file.sentAs === 'audio' ? 'audio' : 'document' }
}

const isOfChat = (error: unknown) => error instanceof Refused && isAboutChat(error)
