import { type Static, Type } from '@sinclair/typebox'
import { query } from '../../database/db.ts'

// Of the emoji that may be reactions (https://core.telegram.org/bots/api#reactiontypeemoji). The others say neither.
const good = new Set([...'👍❤🔥🥰👏😁🤩🎉🙏👌🕊😍🐳💯⚡🏆🍓🍾💋😇🤗😎🤝🆒💘🦄😘', '❤‍🔥', '👨‍💻'])
const bad = new Set([...'👎😱🤬😢🤮💩🤡🥱🥴🌚💔🤨😐🖕😈😴😭🙈😨😡🗿'])

/** Returns whether reactions speak well of something; null where they say neither, both, or nothing any more. */
export function opinionOf(reactions: unknown): boolean | null {
  const emoji = Array.isArray(reactions) ? reactions.map(one => (one as { emoji?: unknown } | null)?.emoji) : []
  const isGood = emoji.some(one => good.has(one as string))
  const isBad = emoji.some(one => bad.has(one as string))
  return isGood === isBad ? null : isGood
}

const Opinions = Type.Object({ modelId: Type.String(), good: Type.Integer(), bad: Type.Integer() })
export type Opinions = Static<typeof Opinions>

// As many as an admin needs to see; more would take longer to count with every year.
const newest = 20_000

/** What people said of results within 30 days, by model: of the newest opinions. */
export const opinionsOfModels = query(
  Opinions,
  sql => sql`
    select model_id as "modelId", count(*) filter (where is_good) as good, count(*) filter (where not is_good) as bad
    from (select o.model_id, o.is_good from pay.opinions o where o.at > now() - interval '30 days'
          order by o.at desc limit ${newest}) o
    group by model_id`,
)
