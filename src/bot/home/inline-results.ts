import type { InlineQueryResult } from '@grammyjs/types'
import { formatOf, type Model, modelKey } from '../../catalogue/models.ts'
import { search } from '../../catalogue/search.ts'
import { dateText, priceLabel } from '../../i18n/format.ts'
import { type Strings, stringsFor } from '../../i18n/strings.ts'
import type { Language } from '../../money.ts'
import { invitationCode } from '../../payments/gifts.ts'
import type { InlineQuery } from '../../telegram/inline.ts'
import { displayPrices } from '../browse/display-price.ts'
import { ranked } from '../browse/lists.ts'
import type { BotDeps } from '../deps.ts'
import { modelName } from '../names.ts'
import { patternsOf } from '../runs/gallery-rows.ts'
import { type Shared, sharedIn, sharedResult, sharedResults } from '../runs/shared-results.ts'

/** What an inline query of one person finds. `nextOffset`: empty at the end. */
export type Found = { results: InlineQueryResult[]; nextOffset: string }
/** `isKnown`: has begun with the bot, and is neither banned nor forgotten. Others find models alone. */
type Who = { id: number; language: Language; isKnown: boolean }

const perPage = 20
const maxModels = 10
// Beyond this nobody scrolls.
const maxOffset = 200

/** Looks among the person's own results and the models. Nobody else's results are found, whatever the query names. */
export async function findInline(deps: BotDeps, who: Who, { query, offset }: InlineQuery): Promise<Found> {
  const named = sharedIn(query)
  const own = !who.isKnown
    ? []
    : named
      ? await sharedResult(deps.sql, who.id, named.id, named.n)
      : await sharedResults(deps.sql, who.id, patternsOf(query), offset, perPage)
  const about = { deps, who, t: stringsFor(who.language), code: who.isKnown ? await codeOf(deps, who) : undefined }
  const isEnd = named !== undefined || own.length < perPage || offset + perPage > maxOffset
  const models = isEnd && !named ? await modelCards(about, query) : []
  return {
    results: [...own.map(one => resultOf(about, one)), ...models],
    nextOffset: isEnd ? '' : String(offset + perPage),
  }
}

type About = { deps: BotDeps; who: Who; t: Strings; code: string | undefined }

const codeOf = ({ sql }: BotDeps, { id }: Who) => invitationCode(sql, id)

/** The link that opens the bot at a model, and counts for the person who shares it. */
function linkTo({ deps, code }: About, model: Model | undefined): string {
  const payload = [...(code === undefined ? [] : [`s_${code}`]), ...(model ? [modelKey(model.id)] : [])].join('_')
  const start = code === undefined && model ? `m_${payload}` : payload
  return `https://t.me/${deps.botUsername()}${start === '' ? '' : `?start=${start}`}`
}

function resultOf(about: About, one: Shared): InlineQueryResult {
  const { deps, who, t } = about
  const model = deps.forSale.byId(one.modelId)
  const name =
    deps.catalogue.byId(one.modelId)?.short[who.language] ?? modelName(deps.catalogue, one.modelId, who.language)
  const common = {
    id: `r-${one.id}-${one.n}`,
    caption: t.sharing.caption(name).html,
    parse_mode: 'HTML' as const,
    reply_markup: { inline_keyboard: [[{ text: t.sharing.sameButton, url: linkTo(about, model) }]] },
  }
  const title = t.sharing.resultTitle(name, dateText(one.createdAt, who.language))
  switch (one.sentAs) {
    case 'photo':
      return { type: 'photo', photo_file_id: one.fileId, title, ...common }
    case 'video':
      return { type: 'video', video_file_id: one.fileId, title, ...common }
    case 'animation':
      return { type: 'mpeg4_gif', mpeg4_file_id: one.fileId, title, ...common }
    case 'audio':
      return { type: 'audio', audio_file_id: one.fileId, ...common }
    case 'document':
      return { type: 'document', document_file_id: one.fileId, title, ...common }
  }
}

async function modelCards(about: About, query: string): Promise<InlineQueryResult[]> {
  const { deps, who, t } = about
  const found = query.trim() === '' ? ranked(deps, deps.forSale.models) : search(deps.forSale.models, query)
  const priceOf = await displayPrices(deps, who.id)
  return found.slice(0, maxModels).map(model => {
    const name = model.short[who.language]
    const kind = t.formatButton[formatOf(model)]
    const price = priceLabel(priceOf(model).paid, who.language)
    return {
      type: 'article',
      id: `m-${modelKey(model.id)}`.slice(0, 64),
      title: name,
      description: `${kind} · ${price}`,
      input_message_content: {
        message_text: t.sharing.model(model.name[who.language], kind, price).html,
        parse_mode: 'HTML',
      },
      reply_markup: { inline_keyboard: [[{ text: t.sharing.sameButton, url: linkTo(about, model) }]] },
    }
  })
}
