import { type Static, Type } from '@sinclair/typebox'
import { query } from '../database/db.ts'
import { Nullable } from '../database/nullable.ts'

const Source = Type.Object({
  /** A Telegram file id or a link; `look` is what the build before calls a file id of which it needs the kind only. */
  kind: Type.Union([Type.Literal('telegram'), Type.Literal('link'), Type.Literal('look')]),
  of: Type.String(),
  /** Bytes, by Telegram's own figure. */
  size: Type.Optional(Type.Integer()),
  accept: Type.Optional(Type.Array(Type.Unsafe<'image' | 'video' | 'audio'>(Type.String()))),
  /** Limits for a picture that is converted. */
  fit: Type.Optional(
    Type.Object({
      sidePx: Type.Optional(Type.Number()),
      pixels: Type.Optional(Type.Number()),
      bytes: Type.Optional(Type.Number()),
    }),
  ),
})
/** Where a person's file is. */
export type Source = Static<typeof Source>

/** What became of a source: the stored file, its kind, a refusal, or no answer. */
export type Found = { of: string; file?: unknown; refused?: string }

/** An update that has waited for its files, with their results. */
export type Returned = { update: object; results: Found[]; draftId: string | null }

/** Reads the update that `pay.intake_back` has written. Returns undefined for an update from Telegram. */
export function returned(payload: object): Returned | undefined {
  return 'update' in payload && 'results' in payload && !('update_id' in payload) ? (payload as Returned) : undefined
}

// An album has ten. If a person sends more than this at once, the bot asks them to wait.
const maxWaiting = 20
// Longer than a fetch may take. If its worker died, it is fetched again.
const hold = '90 seconds'

export const intakeOpen = query(
  Type.Object({ isOpen: Type.Boolean() }),
  (sql, lane: string, updateId: number) => sql`
    select exists (select from pay.intakes where lane = ${lane} and done_at is null and update_id <> ${updateId}) as "isOpen"`,
)
export const intakeAdd = query(
  Type.Object({ result: Type.Unsafe<'added' | 'full'>(Type.String()) }),
  (sql, updateId: number, lane: string, draftId: string | null, update: object, source: Source | null) => sql`
    select pay.intake_add(${updateId}, ${lane}, ${draftId}, ${JSON.stringify(update)}::json, ${source}, ${maxWaiting}) as result`,
)
export const intakeTake = query(
  Type.Object({
    lane: Type.String(),
    payload: Type.Unsafe<object>(Type.Object({})),
    draftId: Nullable(Type.String()),
    source: Source,
    attempts: Type.Integer(),
  }),
  (sql, updateId: number) => sql`
    select lane, payload, draft_id as "draftId", source, attempts from pay.intake_take(${updateId}, ${hold})`,
)
export const intakeResult = query(
  Type.Object({ isMine: Type.Boolean() }),
  (sql, updateId: number, attempt: number, found: Found) => sql`
    select pay.intake_result(${updateId}, ${attempt}, ${found}) as "isMine"`,
)
export const intakeRelease = query(
  Type.Object({}),
  (sql, updateId: number, attempt: number) => sql`select from pay.intake_release(${updateId}, ${attempt})`,
)
export const intakeDone = query(
  Type.Object({}),
  (sql, updateId: number) => sql`select from pay.intake_done(${updateId})`,
)
export const intakeDue = query(
  Type.Object({ updateId: Type.Integer(), source: Source }),
  (sql, limit: number) => sql`select update_id as "updateId", source from pay.intake_due(${limit})`,
)
