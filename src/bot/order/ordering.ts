import { Composer } from 'telegraf'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { runPresses } from '../runs/run.ts'
import { followUps } from './follow-up.ts'
import { quotePresses } from './quote-presses.ts'
import { repeats } from './repeat.ts'
import { requestPresses, seriesPresses } from './request-presses.ts'
import { resultReplies } from './result-replies.ts'
import { templateAnswers } from './template-places.ts'
import { templates } from './templates.ts'
import { wizard } from './wizard.ts'

export { startOrder } from './wizard.ts'

/** From «Start» on a card to a running order: questions, price, progress. */
export function ordering(deps: BotDeps): Composer<BotContext> {
  return new Composer(
    resultReplies(deps),
    templates(deps),
    templateAnswers(deps),
    wizard(deps),
    quotePresses(deps),
    requestPresses(deps),
    seriesPresses(deps),
    repeats(deps),
    runPresses(deps),
    followUps(deps),
  )
}
