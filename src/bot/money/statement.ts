import type { Composer } from 'telegraf'
import { dateText, stampText } from '../../i18n/format.ts'
import { formatKop } from '../../money.ts'
import { type StatementLine, statementOf } from '../../payments/statement.ts'
import { clip, type Html, html } from '../../telegram/html.ts'
import { document, paragraph, table } from '../../telegram/rich.ts'
import { button, keyboard } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { onPress } from '../on-press.ts'
import { mainText } from '../parameter-texts.ts'
import { to } from '../routes.ts'
import { sendBlocks } from '../show.ts'

// A file of some hundred kilobytes, made in one go.
const most = 2_000
const mostInTable = 10
const maxOfRequest = 200

/** A person's operations and runs as a file for a spreadsheet, with the newest in a table beside it. */
export function statement(deps: BotDeps, bot: Composer<BotContext>): void {
  onPress(bot, 'statement', async ctx => {
    await ctx.answer()
    const { statement: t } = ctx.t
    const found = await statementOf(deps.sql, ctx.user.id, most + 1)
    const rows = found.slice(0, most).map(line => rowOf(deps, ctx, line))
    const source = Buffer.from(csv([t.columns.map(cell), ...rows]))
    const caption = found.length > most ? t.captionCut(most) : t.caption
    const buttons = [[button(ctx.t.operationsButton, to.operations(0)), menuButton(ctx)]]
    const newest = found.filter(({ amountKop }) => amountKop !== null).slice(0, mostInTable)
    const rich = [
      paragraph(caption),
      document({ source, filename: t.fileName }),
      table({
        align: ['left', 'left', 'right', 'right'],
        head: t.tableColumns.map(word => html`${word}`),
        rows: newest.map(line => cellsOf(ctx, line)),
      }),
    ]
    if (newest.length > 0 && (await sendBlocks(ctx, { rich, buttons }, deps.log))) return
    const about = { caption: caption.html, parse_mode: 'HTML' as const, ...keyboard({ buttons }) }
    const file = { source, filename: t.fileName }
    await ctx.api.call('sendDocument', { chat_id: ctx.chat!.id, document: file, ...about })
  })
}

/** «23.11 15:09», what it was, the movement and the balance after it. */
function cellsOf({ t, language }: BotContext, { at, kind, amountKop, balanceAfterKop }: StatementLine): Html[] {
  const rubles = (kop: number | null) => (kop === null ? '' : formatKop(Math.abs(kop), language))
  return [
    html`${dateText(at, language)}`,
    html`${t.operationKind(kind)}`,
    html`${(amountKop ?? 0) > 0 ? '+' : '−'}${rubles(amountKop)}`,
    html`${rubles(balanceAfterKop)}`,
  ]
}

function rowOf({ catalogue }: BotDeps, { t, language }: BotContext, line: StatementLine): string[] {
  const { at, kind, amountKop, balanceAfterKop, modelId, generationId, execState, inputs } = line
  const { statement } = t
  const rubles = (kop: number | null) => (kop === null ? '' : (kop / 100).toFixed(2).replace('.', statement.point))
  const model = modelId === null ? undefined : catalogue.byId(modelId)
  const param = model && mainText(model)
  const request = param && inputs?.[param.name]
  const word = kind === 'free' ? statement.free : kind === 'bonus_run' ? statement.bonus : t.operationKind(kind)
  return [
    stampText(at),
    cell(word),
    rubles(amountKop),
    rubles(balanceAfterKop),
    cell(modelId === null ? '' : modelName(catalogue, modelId, language)),
    generationId ?? '',
    execState === null ? '' : cell(statement.states[execState]),
    typeof request === 'string' ? cell(clip(request, maxOfRequest)) : '',
  ]
}

// A spreadsheet runs a text that begins like this as a formula.
const formula = /^[\s\0]*[=+\-@＝＋－＠]|^[\t\r\n]/

/** Returns a text as one CSV cell. */
export function cell(text: string): string {
  const plain = formula.test(text) ? `'${text}` : text
  return /[;"\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

// Excel detects UTF-8 by the byte order mark, and splits by semicolons in locales with a decimal comma.
const csv = (rows: string[][]) => `\uFEFF${rows.map(row => `${row.join(';')}\r\n`).join('')}`
