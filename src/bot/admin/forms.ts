import type { Field } from '../../i18n/admin.ts'
import { lines } from '../../i18n/format.ts'
import { type Strings, stringsFor } from '../../i18n/strings.ts'
import { newId } from '../../id.ts'
import { kopecksOf } from '../../money.ts'
import type { ActionKind } from '../../operations/admin-actions.ts'
import { type Html, html } from '../../telegram/html.ts'
import { visible } from '../../visible.ts'

type Form = { command: string; fields: readonly Field[] }

/** The command of each change, and its fields in order. */
export const forms: Record<ActionKind, Form> = {
  credit: { command: 'credit', fields: ['user', 'amount', 'reason'] },
  take: { command: 'take', fields: ['user', 'amount', 'reason'] },
  ban: { command: 'ban', fields: ['user', 'reason'] },
  unban: { command: 'unban', fields: ['user', 'reason'] },
  message: { command: 'write', fields: ['user', 'text'] },
  refund: { command: 'refund', fields: ['charge', 'reason'] },
  approve: { command: 'approve', fields: ['order', 'amount', 'reason'] },
  deny: { command: 'deny', fields: ['order', 'reason'] },
  parked_credit: { command: 'parked_credit', fields: ['parked', 'amount', 'reason'] },
  parked_refund: { command: 'parked_refund', fields: ['parked', 'reason'] },
  parked_close: { command: 'parked_close', fields: ['parked', 'reason'] },
  promo_add: { command: 'admin_promo', fields: ['code', 'amount', 'uses', 'until', 'reason'] },
  promo_stop: { command: 'promo_stop', fields: ['code', 'reason'] },
  give_back: { command: 'give_back', fields: ['run', 'reason'] },
}

/** The heading of a form and the command to copy; `about`: the value of its first field. */
export const formScreenText = (ctx: { t: Strings }, kind: ActionKind, about?: string | number): Html =>
  lines(ctx.t.admin.form(kind), ctx.t.admin.copy, formText(ctx, kind, about))

/** Returns the command to copy and fill in; `about`: the value of its first field. */
export const formText = ({ t }: { t: Strings }, kind: ActionKind, about?: string | number): Html => {
  const { command, fields } = forms[kind]
  const words = fields.map((field, n) => (n === 0 && about !== undefined ? String(about) : t.admin.fields[field]))
  return html`<code>/${command} ${words.join(' ')}</code>`
}

export type Filled = {
  userId?: number
  /** A charge, an order, a code or a run. */
  subject?: string
  amountKop?: number
  uses?: number
  until?: Date
  reason: string
}

/** Parses the arguments of the command; returns the first invalid field otherwise. */
export function readForm(kind: ActionKind, text: string, now: Date): Filled | Field {
  const filled: Filled = { reason: '' }
  let rest = text.trim()
  const { fields } = forms[kind]
  for (const [n, field] of fields.entries()) {
    const [word, after] = cut(field, rest, fields[n + 1])
    if (isUnfilled(field, word) || !take(filled, field, word, now)) return field
    rest = after
  }
  return filled
}

/** True for the word that the form has in place of a value. */
const isUnfilled = (field: Field, word: string) =>
  (['ru', 'en'] as const).some(language => stringsFor(language).admin.fields[field] === word.toUpperCase())

/** Splits the text into this field and the rest: a reason or a text takes all of it. */
function cut(field: Field, text: string, next: Field | undefined): [string, string] {
  if (field === 'reason' || field === 'text') return [text, '']
  // «1 000» is one amount, unless another number follows anyway.
  const thousands = /^\d{1,3}(?:\p{Zs}\d{3})+(?:[.,]\d+)?(?!\S)/u.exec(text)?.[0]
  const isWhole = field === 'amount' && next === 'reason' && thousands !== undefined
  const word = isWhole ? thousands : (/^\S*/.exec(text)?.[0] ?? '')
  return [word, text.slice(word.length).trim()]
}

// The largest amount of one change: that of a top-up.
const maxKop = 1_000_000_00

function take(filled: Filled, field: Field, word: string, now: Date): boolean {
  switch (field) {
    case 'user':
      filled.userId = Number(word)
      return /^\d{1,15}$/.test(word)
    case 'amount': {
      const kop = kopecksOf(word)
      if (kop !== undefined) filled.amountKop = kop
      return kop !== undefined && kop <= maxKop
    }
    case 'charge':
    case 'parked':
      filled.subject = word
      return /^[\x21-\x7e]{1,200}$/.test(word)
    case 'order':
    case 'run':
      filled.subject = word.toLowerCase()
      return /^[a-z2-7]{12}$/.test(filled.subject)
    case 'code':
      filled.subject = word === '-' ? newId().toUpperCase() : word.toUpperCase()
      return /^[A-Z0-9]{4,32}$/.test(filled.subject)
    case 'uses':
      filled.uses = Number(word)
      return /^[1-9]\d{0,4}$|^100000$/.test(word)
    case 'until': {
      const until = endOfDay(word)
      if (until) filled.until = until
      return until !== undefined && until > now
    }
    case 'reason':
    case 'text':
      filled.reason = word
      return [...visible(word)].length >= 5 && [...word].length <= 500
  }
}

/** The last second of a day in Moscow, «31.12.2026». */
function endOfDay(text: string): Date | undefined {
  const [, day, month, year] = /^(\d{2})\.(\d{2})\.(\d{4})$/.exec(text) ?? []
  const at = new Date(`${year}-${month}-${day}T23:59:59+03:00`)
  // 31.02. would otherwise be a day in March.
  return at.getTime() > 0 && new Date(at.getTime() + 3 * 3_600_000).getUTCDate() === Number(day) ? at : undefined
}
