import type { Task } from '../../catalogue/models.ts'
import type { FileValue, Inputs } from '../../catalogue/parameters.ts'
import type { Html } from '../../telegram/html.ts'
import type { BotDeps } from '../deps.ts'
import { type Draft, type DraftKind, openDraft, readDraft, saveDraft } from '../drafts.ts'
import { isFresh } from '../files/uploads.ts'

// They have no use for words.
const wordless: readonly Task[] = ['enlarge', 'cutout', 'clean']

/** What one message brought. */
export type Part = {
  messageId: number
  /** Unix seconds, by Telegram. */
  at: number
  album?: string
  text?: string
  files: FileValue[]
  /** Why something in the message cannot be used. */
  note?: Html
}

/**
 * What a person has sent and not used yet: the `inputs` of a draft of the kind `request`. Messages that came within a
 * moment of each other, or that answer each other, are one request.
 */
export type Request = {
  parts: Part[]
  /** Chosen by a press; otherwise the content decides. */
  task?: Task
  /** The model whose card was open when the request began. */
  card?: string
  /** Chosen by a press; otherwise that of the card, the person's last model for the task, or the usual one. */
  modelId?: string
  /** Words that were not taken for a wish: a press makes them one. */
  aside?: Part
  /** Task and model are those of a template: the files that the task needs come later and do not change them. */
  isFixed?: true
  /** The settings of a template, for its model; otherwise those of the person's last run with a model. */
  settings?: { modelId: string; inputs: Inputs }
  /** The shape of the result, «16:9»: chosen by a press, for every model that offers it. */
  shape?: string
  /** Several orders made of it that were priced together. */
  series?: SeriesOrder[]
}

/** One order of a series: the request, or only its photo number `photo` (from 0), with this model and quote. */
export type SeriesOrder = SeriesItem & { quoteId: string }
export type SeriesItem = { modelId: string; photo?: number }

const kind: DraftKind = 'request'

/** Returns the request that a draft holds. */
export const requestIn = (draft: Draft | undefined): Request | undefined =>
  draft?.kind === kind ? { parts: [], ...(draft.inputs as Partial<Request>) } : undefined

/** Stores a request: in its own draft while it grows, in a new one when it begins. Undefined: another update was first. */
export async function keepRequest(
  { sql }: Pick<BotDeps, 'sql'>,
  userId: number,
  request: Request,
  { of, step }: { of?: Draft | undefined; step: string },
): Promise<Draft | undefined> {
  if (of?.kind === kind) return saveDraft(sql, userId, of, { inputs: request, step })
  return openDraft(sql, userId, { kind, inputs: request, step })
}

/** Returns the draft of a request, if it is the person's current one. */
export async function requestDraft(
  { sql }: Pick<BotDeps, 'sql'>,
  userId: number,
  id: string,
): Promise<Draft | undefined> {
  const draft = await readDraft(sql, userId)
  return draft?.kind === kind && draft.id === id ? draft : undefined
}

// Messages of one thought, of one paste, or of two albums sent at once.
const momentS = 5
// Another file within this time is one more for the same wish.
const moreS = 2 * 60
// A file within this time is what the words before it were about.
const answerS = 60 * 60

/** Returns the request with one more message, and whether the message began a new one. */
export function withPart(before: Request | undefined, part: Part): { request: Request; isNew: boolean } {
  if (!before || before.parts.length === 0) return { request: { parts: [part] }, isNew: true }
  const { aside: _, ...known } = before
  const others = before.parts.filter(({ messageId }) => messageId !== part.messageId)
  // The message was edited, or it is handled once more.
  if (others.length < before.parts.length) return { request: { ...known, parts: [...others, part] }, isNew: false }
  if (isOfOneThought(before, part)) return { request: grown(known, [...others, part], part), isNew: false }
  if (part.files.length === 0) {
    const parts = [...before.parts.flatMap(withoutText), part]
    const isNew = parts.length === 1
    return { request: grown(known, parts, part), isNew }
  }
  if (belongs(before, part)) return { request: grown(known, [...others, part], part), isNew: false }
  return { request: { parts: [part] }, isNew: true }
}

/** What was chosen stays while only words change, if it has a use for them. */
function grown(known: Request, parts: Part[], part: Part): Request {
  const isFile = part.files.length > 0
  if (isFile && missingFile(known)) return { ...known, parts }
  const isOver = isFile || (known.task !== undefined && wordless.includes(known.task))
  return isOver ? { parts, ...(known.card !== undefined && { card: known.card }) } : { ...known, parts }
}

const isOfOneThought = ({ parts }: Request, part: Part): boolean =>
  parts.some(one => Math.abs(one.at - part.at) <= momentS || (one.album !== undefined && one.album === part.album))

/** Whether a file goes with what came before it: as what the words were about, or as one more. */
function belongs(before: Request, part: Part): boolean {
  const hasText = textOf(before) !== undefined
  if (missingFile(before)) return part.at - Math.max(...before.parts.map(({ at }) => at)) <= answerS
  if (hasText && part.text !== undefined) return false // a wish of its own
  const last = Math.max(...before.parts.map(({ at }) => at))
  const files = filesOf(before)
  if (files.length === 0) return part.at - last <= answerS
  const isOther = files.every(({ kind }) => part.files.every(file => file.kind !== kind))
  return part.at - last <= (isOther && !hasText ? answerS : moreS)
}

const withoutText = ({ text: _, ...part }: Part): Part[] => (part.files.length > 0 || part.note ? [part] : [])

/** Telegram cuts a longer text into several messages of at most this many UTF-16 units. */
const maxOfMessage = 4096
/** A text of this length may be the first part of a longer one: clients cut between words. */
export const nearlyFull = maxOfMessage - 200

const inOrder = ({ parts }: Pick<Request, 'parts'>): Part[] => [...parts].sort((a, b) => a.messageId - b.messageId)

/** The words of a request, in the order in which they were written; what a client cut in two is joined again. */
export function textOf(request: Pick<Request, 'parts'>): string | undefined {
  const texts = inOrder(request).flatMap(({ text }) => (text === undefined ? [] : [text]))
  if (texts.length === 0) return undefined
  return texts.reduce((so, next, n) => {
    const { length } = texts[n - 1]!
    return `${so}${length >= maxOfMessage ? '' : length > nearlyFull ? ' ' : '\n'}${next}`
  })
}

/** Whether the provider still has all files of the request. */
export const isWhole = ({ parts }: Request): boolean =>
  parts.every(({ at, files }) => files.length === 0 || isFresh(Date.now() - at * 1000))

export const filesOf = (request: Request): FileValue[] => inOrder(request).flatMap(({ files }) => files)

// What a task cannot be done without.
const filesFor: Partial<Record<Task, FileValue['kind'][]>> = {
  edit: ['image'],
  animate: ['image'],
  enlarge: ['image'],
  cutout: ['image'],
  talk: ['image', 'audio'],
  clean: ['audio'],
  remake: ['video'],
}

/** The kind of file that a request with a fixed task still waits for. */
export function missingFile(request: Request): FileValue['kind'] | undefined {
  if (!request.isFixed || !request.task) return undefined
  const kinds = new Set(filesOf(request).map(({ kind }) => kind))
  return filesFor[request.task]?.find(kind => !kinds.has(kind))
}

/** The request with the file number `n` (from 0) as its only one. */
export function withOnlyFile(request: Request, n: number): Request {
  let at = 0
  return {
    ...request,
    parts: inOrder(request).map(part => ({ ...part, files: part.files.filter(() => at++ === n) })),
  }
}

export const notesOf = (request: Request): Html[] => inOrder(request).flatMap(({ note }) => (note ? [note] : []))
