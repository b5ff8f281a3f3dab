import type { FileValue } from '../../catalogue/parameters.ts'
import { pause } from '../../errors.ts'
import { lines } from '../../i18n/format.ts'
import { laneOf, moreContent } from '../../telegram/inbox.ts'
import { cardAt } from '../browse/open-card.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { readDraft } from '../drafts.ts'
import { likely } from '../files/links.ts'
import { fileOf } from '../files/sent-file.ts'
import { type Incoming, isFile, isFresh, takeAny, takeAnyLink } from '../files/uploads.ts'
import { keepRequest, nearlyFull, type Part, type Request, requestIn, withPart } from '../request/request.ts'
import { linkParam } from '../request/tasks.ts'
import { answerRequest } from './answer-request.ts'

// More than any model takes, and what fits a row with room to spare.
const maxParts = 30
// More addresses in one message are part of its words.
const maxLinks = 3

/** Adds a message to the person's request and answers it, unless more of it is on the way: then the last part is answered. */
export async function receiveRequest(ctx: BotContext, deps: BotDeps, sent: Incoming): Promise<void> {
  const part = await partOf(ctx, deps, sent)
  if (!part) return
  const draft = await readDraft(deps.sql, ctx.user.id)
  const { request, isNew } = withPart(draft?.step === 'parked' ? undefined : freshOf(requestIn(draft)), part)
  const over = request.parts.length > maxParts
  const card = isNew && draft ? cardAt(draft, part.at) : undefined
  const kept: Request = { ...request, parts: request.parts.slice(0, maxParts), ...(card !== undefined && { card }) }
  const of = isNew ? undefined : draft
  const isEmpty = request.parts.every(({ files, text }) => files.length === 0 && text === undefined)
  if (!isEmpty && (await isMoreComing(ctx, deps, part))) {
    await keepRequest(deps, ctx.user.id, kept, { of, step: 'more' })
    return
  }
  const told = over ? withNote(kept, lines(ctx.t.request.tooMany(maxParts))) : kept
  await answerRequest(ctx, deps, { request: told, draft: of, place: { where: 'new', after: part.messageId } })
}

const withNote = (request: Request, note: Part['note'] & object): Request => ({
  ...request,
  parts: request.parts.map((part, n) => (n === 0 ? { ...part, note } : part)),
})

/** What is as old as the provider's files is no longer an answer to anything. */
function freshOf(request: Request | undefined): Request | undefined {
  if (!request) return undefined
  return { ...request, parts: request.parts.filter(({ at }) => isFresh(Date.now() - at * 1000)) }
}

// The parts of an album and of a paste arrive within this time of each other.
const gapMs = 200

/** Whether another message of the person waits. One that is seldom the last is given a moment for the next to arrive. */
async function isMoreComing({ update }: BotContext, { sql }: BotDeps, { album, text }: Part): Promise<boolean> {
  const isWaiting = async () => (await moreContent(sql, laneOf(update), update.update_id))[0]?.isComing ?? false
  if (await isWaiting()) return true
  if (album === undefined && (text?.length ?? 0) < nearlyFull) return false
  await pause(gapMs)
  return isWaiting()
}

/** Reads a message as a part of a request. Throws NeedsFile for its file. */
export async function partOf(ctx: BotContext, deps: BotDeps, sent: Incoming): Promise<Part | undefined> {
  const { message } = ctx
  if (!message || sent.kind === 'other') return undefined
  const head = { messageId: message.message_id, at: message.date }
  if (sent.kind === 'file') {
    const { caption: text, album } = sent
    const file = await takeAny(ctx, deps, sent.file)
    const about = { ...head, ...(album !== undefined && { album }), ...(text !== undefined && { text }) }
    return isFile(file) ? { ...about, files: [file] } : { ...about, files: [], note: file }
  }
  const words = await linked(ctx, deps, sent)
  return { ...head, ...words, files: [...(await repliedFile(ctx, deps)), ...words.files] }
}

/** The person's own file that the words are an answer to, unless the request has it already. */
async function repliedFile(ctx: BotContext, deps: BotDeps): Promise<FileValue[]> {
  const replied = ctx.message && 'reply_to_message' in ctx.message ? ctx.message.reply_to_message : undefined
  const sent = replied?.from?.id === ctx.user.id ? fileOf(replied) : undefined
  if (!sent) return []
  const draft = await readDraft(deps.sql, ctx.user.id)
  const known = requestIn(draft)?.parts.find(({ messageId }) => messageId === replied?.message_id)
  if (known) return draft?.step === 'parked' ? known.files : []
  const file = await takeAny(ctx, deps, sent)
  return isFile(file) ? [file] : []
}

/** The words of a message, and the files at its links. An address that leads to a file is no longer a part of the words. */
async function linked(
  ctx: BotContext,
  deps: BotDeps,
  { text, links }: Extract<Incoming, { kind: 'text' }>,
): Promise<Pick<Part, 'text' | 'files' | 'note'>> {
  if (links.length === 0 || deps.forSale.models.some(model => linkParam(model, text))) return { text, files: [] }
  const files: FileValue[] = []
  let words = text
  for (const link of likely(links, ['image', 'video', 'audio'], maxLinks)) {
    const file = await takeAnyLink(ctx, deps, link)
    if (!file) continue
    files.push(file)
    words = words.replace(link, '').replace(link.replace(/^https:\/\//, ''), '')
  }
  words = words.replace(/[^\S\n]+/g, ' ').trim()
  return {
    files,
    ...(words !== '' && { text: words }),
    ...(files.length === 0 && isOnlyLinks(text, links) && { note: ctx.t.request.noFileAtLink }),
  }
}

const isOnlyLinks = (text: string, links: string[]): boolean =>
  links.reduce((left, link) => left.replace(link, '').replace(link.replace(/^https:\/\//, ''), ''), text).trim() === ''

/** Answers what has been gathered, if nothing has answered it yet. */
export async function answerGathered(ctx: BotContext, deps: BotDeps): Promise<void> {
  const draft = await readDraft(deps.sql, ctx.user.id)
  const request = requestIn(draft)
  if (request && draft?.step === 'more') await answerRequest(ctx, deps, { request, draft, place: { where: 'new' } })
}

/** Keeps words that were not taken for a wish, for the button that makes them one. Returns the id for it. */
export async function putAside(ctx: BotContext, deps: BotDeps, text: string): Promise<string | undefined> {
  const draft = await readDraft(deps.sql, ctx.user.id)
  const before = freshOf(requestIn(draft))
  const aside: Part = { messageId: ctx.message?.message_id ?? 0, at: ctx.message?.date ?? 0, text, files: [] }
  const request = { ...(before ?? { parts: [] }), aside }
  const of = before ? draft : undefined
  return (await keepRequest(deps, ctx.user.id, request, { of, step: of?.step ?? 'ask' }))?.id
}
