import { shortId } from '../../id.ts'
import { openGenerations } from '../../payments/generations.ts'
import type { Html } from '../../telegram/html.ts'
import { button } from '../../telegram/screen.ts'
import { menuButton } from '../buttons.ts'
import type { BotContext } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { to } from '../routes.ts'

/** Shows the running generations, in a new message: the quote stays. */
export async function tooMany(ctx: BotContext, deps: BotDeps, why?: Html): Promise<void> {
  const running = await openGenerations(deps.sql, ctx.user.id)
  const rows = running.map(({ id, modelId }) => {
    const name = modelName(deps.catalogue, modelId, ctx.language)
    return [button(ctx.t.quote.runningButton(name, shortId(id)), to.generation(id, 'status'))]
  })
  const text = why ?? ctx.t.quote.tooMany(running.length)
  await ctx.show({ text, buttons: [...rows, [menuButton(ctx)]] }, 'new')
}
