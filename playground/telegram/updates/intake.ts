import type { Random } from '../random.ts'
import { kindOf, lifeMsOf } from './kinds.ts'
import type { Entry, Pending, Queues } from './queues.ts'

/** The numbering and the queued updates of an earlier run. */
export type SavedIntake = {
  nextUpdateId: number
  pending: { updateId: number; expiresAt: number; update: object }[]
}
type Options = {
  scale: number
  random: Random
  saved: SavedIntake | undefined
  queues: Queues
  /** The kinds of update that the bot wants; an empty list means the default. */
  allowed(): string[]
  /** The kinds of update that this version of the Bot API has. */
  kinds: ReadonlySet<string>
}

// The buffer of one bot, and the largest single update.
const MOST_PENDING = 100_000
const MOST_BYTES = 512 * 1024
const JOURNAL_LENGTH = 5_000
// Without a list a bot gets every kind except these.
const ON_REQUEST = ['chat_member', 'message_reaction', 'message_reaction_count']

/** Numbers updates, queues them and notes them in a journal: newest last, the last 5,000. */
export function openIntake({ scale, random, saved, queues, allowed, kinds }: Options) {
  const journal: Entry[] = []
  let nextUpdateId = saved?.nextUpdateId ?? random.int(100_000_000, 900_000_000)
  for (const { update, updateId, expiresAt } of saved?.pending ?? []) add(updateId, update, expiresAt)

  const expiry = (update: object) => Date.now() + lifeMsOf(update) * scale

  function add(updateId: number, update: object, expiresAt: number) {
    // A copy: a message may be edited while the update waits.
    const json = JSON.stringify(update)
    if (Buffer.byteLength(json) > MOST_BYTES) return
    const entry: Entry = { updateId, kind: kindOf(update), tries: 0, update: JSON.parse(json) as object }
    journal.push(entry)
    if (journal.length > JOURNAL_LENGTH) journal.splice(0, journal.length - JOURNAL_LENGTH)
    queues.add(entry, json, expiresAt)
  }

  return {
    journal,
    /** Queues an update unless the bot does not want its kind or the buffer is full; returns its id. */
    push(update: object, { wanted = false } = {}): number | undefined {
      if (!wanted && !(kinds.has(kindOf(update)) && accepts(allowed(), kindOf(update)))) return
      if (queues.count() >= MOST_PENDING) return
      const updateId = nextUpdateId++
      add(updateId, { update_id: updateId, ...update }, expiry(update))
      return updateId
    },
    /** Queues an update of the journal once more. */
    again(updateId: number) {
      const entry = journal.find(e => e.updateId === updateId)
      if (!entry) throw new Error(`update ${updateId} is not in the journal`)
      queues.add(entry, JSON.stringify(entry.update), expiry(entry.update))
    },
    save: (): SavedIntake => ({ nextUpdateId, pending: queues.pending().map(saving) }),
  }
}

const accepts = (list: string[], kind: string) => (list.length === 0 ? !ON_REQUEST.includes(kind) : list.includes(kind))

const saving = ({ entry: { updateId, update }, expiresAt }: Pending) => ({ updateId, expiresAt, update })
