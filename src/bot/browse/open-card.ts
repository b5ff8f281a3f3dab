import type { Model, Param } from '../../catalogue/models.ts'
import { questions } from '../../catalogue/parameters.ts'
import type { Ask } from '../../i18n/ordering.ts'
import { newId } from '../../id.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { cardClose, cardOpen, cardStep, type Draft } from '../drafts.ts'
import { askOf } from '../parameter-texts.ts'

// What comes later than this is hardly meant for a card that was looked at.
const openS = 60 * 60

/** The question of a model that asks only one thing, which a person can send: its card asks it. */
export function onlyQuestion(model: Model): Param | undefined {
  const [first, second] = questions(model).asked
  if (!first || second || first.previous_models) return undefined
  const isOfTwo = model.rules.some(rule => rule.type === 'exactly_one_of' && rule.params.includes(first.name))
  return !isOfTwo && ['string', 'file', 'file[]'].includes(first.type) ? first : undefined
}

/**
 * Notes that the card of a model is open: what is sent next is meant for this model. Returns what the card asks for;
 * undefined for a model with several questions, and where an order, a request or another question of ours waits: that stays.
 */
export async function openCard({ sql }: BotDeps, ctx: BotContext, model: Model): Promise<Ask | undefined> {
  const isOpen = (await cardOpen(sql, ctx.user.id, newId(), { modelId: model.id, at: nowS() })).length > 0
  const param = onlyQuestion(model)
  if (!param) return undefined
  const ask = askOf(model, param, ctx.language, id => id)
  return isOpen ? (ask.kind === 'text' ? { ...ask, example: undefined } : ask) : undefined
}

/** The card is left: what comes now is no answer to it. */
export const closeCard = async ({ sql }: BotDeps, ctx: BotContext): Promise<void> =>
  void (await cardClose(sql, ctx.user.id))

/** The model whose card is open for an answer that was sent at `atS`, in Unix seconds. */
export function cardAt({ kind, step, inputs }: Draft, atS: number): string | undefined {
  const { modelId, at = 0 } = (inputs.card ?? {}) as { modelId?: string; at?: number }
  const isOpen = kind === 'find' ? step === cardStep : kind === 'request' && step === 'parked'
  return isOpen && atS - at <= openS ? modelId : undefined
}

const nowS = () => Math.floor(Date.now() / 1000)
