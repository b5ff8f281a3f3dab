import { modelKey } from '../../catalogue/models.ts'
import { stringsFor } from '../../i18n/strings.ts'
import type { Language } from '../../money.ts'
import { type Group, groupSwitch } from '../../payments/groups.ts'
import { type Button, button, type Screen, show } from '../../telegram/screen.ts'
import { languageOf } from '../../users/users.ts'
import { ranked } from '../browse/lists.ts'
import type { Answered } from '../context.ts'
import type { BotDeps } from '../deps.ts'
import { link } from '../order/group/price.ts'
import { to } from '../routes.ts'
import { maySpeak } from './limits.ts'
import { roleIn } from './members.ts'

/** The language of who speaks; of an anonymous admin Telegram tells none, so the name of the group decides. */
export function languageIn({ from, chat }: Answered): Language {
  const isCyrillic = chat !== undefined && 'title' in chat && /\p{Script=Cyrillic}/u.test(chat.title)
  return languageOf(null, from?.language_code ?? (isCyrillic ? 'ru' : null))
}

/** Says something to all of the group, at the pace at which the bot may speak unasked. */
async function say(ctx: Answered, deps: BotDeps, screen: Screen): Promise<void> {
  if (await maySpeak(deps, ctx.chat!.id)) await show(ctx.api, { chatId: ctx.chat!.id }, screen)
}

const onButton = (language: Language) => [button(stringsFor(language).groups.onButton, to.groupOn(), 'success')]

/** The bot was added to a group: what it does there, and who turns it on. */
export async function welcome(ctx: Answered, deps: BotDeps): Promise<void> {
  const language = languageIn(ctx)
  const { groups } = stringsFor(language)
  await say(ctx, deps, { text: groups.welcome, buttons: [onButton(language), [link(deps, groups.openButton)]] })
}

/** Answers who speaks to the bot: how to use it here, or where it works while the group is off. */
export async function hello(ctx: Answered, deps: BotDeps, group: Group | undefined): Promise<void> {
  const language = languageIn(ctx)
  await say(ctx, deps, group?.isOn ? onScreen(deps, group.accountId, language) : offScreen(deps, language))
}

export const sayAnonymous = (ctx: Answered, deps: BotDeps): Promise<void> =>
  say(ctx, deps, { text: stringsFor(languageIn(ctx)).groups.anonymous, buttons: [] })

const onScreen = (deps: BotDeps, accountId: number, language: Language): Screen => {
  const { groups } = stringsFor(language)
  return {
    text: groups.turnedOn(deps.botUsername()),
    buttons: [[link(deps, groups.settingsButton, `ga_${-accountId}`), link(deps, groups.openButton)]],
  }
}

function offScreen(deps: BotDeps, language: Language): Screen {
  const { groups } = stringsFor(language)
  const popular = ranked(deps, deps.forSale.models).slice(0, 5)
  const modelLink = (name: string, key: string): Button[] => [link(deps, name, `m_${key}`)]
  return {
    text: groups.off,
    buttons: [
      onButton(language),
      ...popular.map(model => modelLink(model.name[language], modelKey(model.id))),
      [link(deps, groups.openButton)],
    ],
  }
}

/** Turns the group on or off for its admin. `by`: null for an anonymous admin, whom Telegram vouches for. */
export async function switchGroup(ctx: Answered, deps: BotDeps, isOn: boolean, by: number | null): Promise<void> {
  const { groups } = stringsFor(languageIn(ctx))
  const chatId = ctx.chat!.id
  if (by !== null && (await roleIn(ctx.api, chatId, by)) !== 'admin') {
    return say(ctx, deps, { text: groups.adminsOnlyScreen, buttons: [] })
  }
  const accountId = await turn(ctx, deps, isOn, by)
  await show(
    ctx.api,
    { chatId },
    accountId !== null && isOn ? onScreen(deps, accountId, languageIn(ctx)) : { text: groups.turnedOff, buttons: [] },
  )
}

/** Stores that the group is on or off. Returns its account; null for one that was never on. */
export async function turn(ctx: Answered, deps: BotDeps, isOn: boolean, by: number | null): Promise<number | null> {
  const { sql, groupLimits, log } = deps
  const chat = { id: ctx.chat!.id, title: ctx.chat && 'title' in ctx.chat ? ctx.chat.title : '' }
  const [row] = await groupSwitch(sql, chat, isOn, by, groupLimits.memberDailyKop)
  log.info({ chatId: chat.id, isOn, by }, 'a group was switched')
  return row?.accountId ?? null
}

/** The button under the welcome. Returns what to answer to who pressed. */
export async function pressOn(ctx: Answered, deps: BotDeps): Promise<string> {
  const language = languageIn(ctx)
  const { groups } = stringsFor(language)
  const { id: by } = ctx.from!
  const chatId = ctx.chat!.id
  if ((await roleIn(ctx.api, chatId, by)) !== 'admin') return groups.adminsOnly
  const accountId = await turn(ctx, deps, true, by)
  const messageId = ctx.callbackQuery?.message?.message_id
  if (accountId !== null)
    await show(ctx.api, { chatId, ...(messageId && { messageId }) }, onScreen(deps, accountId, language))
  return groups.onNow
}
