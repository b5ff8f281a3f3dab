import type { Composer } from 'telegraf'
import type { BotContext } from './context.ts'
import type { Route, RouteName } from './routes.ts'

type Args<Name extends RouteName> = Extract<Route, { name: Name }>['args']

/** Handles the presses of one route, with its parsed and checked arguments. */
export function onPress<Name extends RouteName>(
  bot: Composer<BotContext>,
  name: Name,
  handle: (ctx: BotContext, ...args: Args<Name>) => Promise<unknown>,
): void {
  // The table of routes ties each name to its arguments; the compiler loses sight of it in a generic function.
  const take = handle as (ctx: BotContext, ...args: unknown[]) => Promise<unknown>
  bot.use((ctx, next) => (ctx.route?.name === name ? take(ctx, ...ctx.route.args) : next()))
}
