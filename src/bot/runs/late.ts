import type { Catalogue } from '../../catalogue/models.ts'
import type { Messages } from '../../delivery/messages.ts'
import { stringsFor } from '../../i18n/strings.ts'
import { shortId } from '../../id.ts'
import type { Language } from '../../money.ts'
import type { Late, Offer } from '../../payments/late-results.ts'
import { button, type Screen } from '../../telegram/screen.ts'
import { modelName } from '../names.ts'
import { to } from '../routes.ts'

/** The messages about the result of a run that ended without it. */
export const lateMessages = (catalogue: Catalogue): Pick<Messages, 'lateOffer' | 'lateOver' | 'previewMark'> => ({
  lateOffer: (offer, language) => offerScreen(catalogue, offer, language),
  lateOver: (late, language) => ({ ...lateScreen(catalogue, late, 'over', language) }),
  previewMark: language => stringsFor(language).late.mark,
})

function offerScreen(catalogue: Catalogue, offer: Offer, language: Language): Screen {
  const { late } = stringsFor(language)
  const { files, expiresAt: until } = offer
  const [first] = files
  const megabytes = Math.max(0.1, Math.round(files.reduce((sum, { bytes }) => sum + bytes, 0) / 104_857.6) / 10)
  return {
    text: late.offer({
      name: modelName(catalogue, offer.modelId, language),
      short: shortId(offer.id),
      kind: first?.kind ?? 'image',
      files: files.length,
      seconds: files.length === 1 ? (first?.seconds ?? undefined) : undefined,
      megabytes,
      until,
    }),
    buttons: [[button(late.takeButton(offer.priceKop), to.late(offer.id), 'success')]],
  }
}

/** What an offer becomes when it was taken, or when its time has passed. */
export function lateScreen(
  catalogue: Catalogue,
  { modelId, id }: Pick<Late, 'modelId' | 'id'>,
  is: 'taken' | 'over',
  language: Language,
): Screen {
  const t = stringsFor(language)
  return {
    text: t.late[is](modelName(catalogue, modelId, language), shortId(id)),
    buttons: [[button(t.menuButton, to.menu())]],
  }
}
