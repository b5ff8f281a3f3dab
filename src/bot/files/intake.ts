import { AsyncLocalStorage } from 'node:async_hooks'
import type { FileValue } from '../../catalogue/parameters.ts'
import { only, type Sql, untilAnswered } from '../../database/db.ts'
import { Refused, Unknown } from '../../errors.ts'
import type { About } from '../../media/inspector.ts'
import { laneOf } from '../../telegram/inbox.ts'
import { type Found, intakeAdd, intakeDone, intakeOpen, returned, type Source } from '../../telegram/intakes.ts'
import type { BotDeps } from '../deps.ts'
import { readDraft } from '../drafts.ts'

/** Thrown by a handler that needs a file that is not fetched yet. Whatever it did before must be safe to repeat. */
export class NeedsFile extends Error {
  override name = 'NeedsFile'
  readonly source: Source
  constructor(source: Source) {
    super(`a file is needed: ${source.kind}`)
    this.source = source
  }
}

export type Intake = {
  /** The files for handlers: those that were fetched for the current update. Any other throws NeedsFile. */
  files: BotDeps['files']
  /**
   * Handles an update, or one that came back (then it has `isReplay`) with what was fetched for it. One that needs a file waits outside of its lane,
   * and what its person sends meanwhile waits behind it; presses and commands do not.
   */
  handle(payload: object, handle: (update: object) => Promise<void>): Promise<void>
}

type Options = {
  sql: Sql
  enqueue: { intake(updateId: number, source: Source): Promise<void>; lane(lane: string): Promise<void> }
  /** Called on a later action of the person: their running fetches may be obsolete. */
  moved(userId: number): Promise<void>
}
type InHand = { found: Found[]; isFull: boolean }

export function createIntake({ sql, enqueue, moved }: Options): Intake {
  const inHand = new AsyncLocalStorage<InHand>()

  function take(source: Source): unknown {
    const { found = [], isFull = false } = inHand.getStore() ?? {}
    const known = found.find(one => one.of === source.of)
    if (known?.file) return known.file
    if (known?.refused !== undefined) throw new Refused(known.refused, 'found out before')
    if (known) throw new Unknown('the file could not be fetched')
    if (isFull) throw new Refused('too_many_waiting', 'the person has too many files under way')
    throw new NeedsFile(source)
  }

  async function add(update: object, lane: string, source: Source | null): Promise<'added' | 'full'> {
    const draft = await readDraft(sql, personOf(update))
    // A text or a file without an order does not end the fetch of an earlier one.
    const isFor = draft && !isInGroup(update) && (draft.kind === 'order' || !isContent(update))
    const { result } = await untilAnswered(async () =>
      only(await intakeAdd(sql, idOf(update), lane, isFor ? draft.id : null, update, source)),
    )
    if (result === 'added' && source) await enqueue.intake(idOf(update), source)
    return result
  }

  /** Returns whether the message was sent for an order that the person has left. */
  async function isStale(update: object, draftId: string | null): Promise<boolean> {
    return isContent(update) && draftId !== null && (await readDraft(sql, personOf(update)))?.id !== draftId
  }

  return {
    files: filesFrom(take),

    async handle(payload, handle) {
      const back = returned(payload)
      const update = back?.update ?? payload
      const lane = laneOf(update)
      const store: InHand = { found: back?.results ?? [], isFull: false }
      const finish = async () => {
        if (!back) return
        await untilAnswered(() => intakeDone(sql, idOf(update)))
        await enqueue.lane(lane)
      }
      if (back && (await isStale(update, back.draftId))) return finish()
      if (!back && isContent(update) && only(await intakeOpen(sql, lane, idOf(update))).isOpen) {
        if ((await add(update, lane, null)) === 'added') return
        store.isFull = true
      }
      try {
        await inHand.run(store, () => handle(back ? { ...update, isReplay: true } : update))
      } catch (error) {
        if (!(error instanceof NeedsFile)) throw error
        if ((await add(update, lane, error.source)) === 'added') return
        await inHand.run({ ...store, isFull: true }, () => handle({ ...update, isReplay: true }))
      }
      await finish()
      if (!isContent(update)) await moved(personOf(update))
    },
  }
}

function filesFrom(take: (source: Source) => unknown): BotDeps['files'] {
  return {
    fromTelegram: async (fileId, size, about) =>
      take({ kind: 'telegram', of: fileId, ...(size !== undefined && { size }), ...wanted(about) }) as FileValue,
    fromLink: async (url, about) => take({ kind: 'link', of: url, ...wanted(about) }) as FileValue,
  }
}

const wanted = ({ accept, fit }: About) => ({ ...(accept && { accept: [...accept] }), ...(fit && { fit }) })

type Message = { from?: { id?: number }; chat?: { type?: string }; text?: string }
type Update = { update_id?: number; message?: Message; callback_query?: { from?: { id?: number } } }

const idOf = (update: object): number => (update as Update).update_id ?? 0
const personOf = (update: object): number => {
  const { message, callback_query: press } = update as Update
  return (message ?? press)?.from?.id ?? 0
}
/** What is sent in a group has nothing to do with the dialogue in private. */
const isInGroup = (update: object): boolean => ((update as Update).message?.chat?.type ?? 'private') !== 'private'
/** Returns whether an update waits for earlier files: texts and files do; commands, presses and payments do not. */
function isContent(update: object): boolean {
  const { message } = update as Update
  if (!message || isInGroup(update) || 'successful_payment' in message || 'refunded_payment' in message) return false
  return !(typeof message.text === 'string' && message.text.startsWith('/'))
}
