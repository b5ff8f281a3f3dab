import { type Catalogue, modelKey } from '../../catalogue/models.ts'
import type { GroupMessages } from '../../delivery/messages.ts'
import { stringsFor } from '../../i18n/strings.ts'
import type { Language } from '../../money.ts'
import type { Generation } from '../../payments/generations.ts'
import type { GroupOrder } from '../../payments/groups.ts'
import { clip, type Html } from '../../telegram/html.ts'
import type { Button } from '../../telegram/screen.ts'
import { modelName } from '../names.ts'

// With the name and the model it fits a caption.
const maxOfWords = 600

/** How runs end in groups: who asked, with which words, and no price. Their buttons lead to the private chat of who presses. */
export function groupMessages(
  catalogue: Catalogue,
  botUsername: () => string,
  reason: (generation: Generation, language: Language) => Html,
): GroupMessages {
  const factsOf = (run: Generation, { askerName: name }: GroupOrder, language: Language) => {
    const words = run.inputs.prompt ?? run.inputs.text
    return {
      name,
      words: typeof words === 'string' && words !== '' ? clip(words, maxOfWords) : undefined,
      model: modelName(catalogue, run.modelId, language),
    }
  }
  const own = ({ modelId }: Generation, language: Language): Button[][] => {
    const text = stringsFor(language).groups.makeOwnButton
    return botUsername() === '' ? [] : [[{ text, url: `https://t.me/${botUsername()}?start=m_${modelKey(modelId)}` }]]
  }
  return {
    result: (run, order, language) => ({
      text: stringsFor(language).groups.result(factsOf(run, order, language)),
      buttons: own(run, language),
    }),
    failure: (run, order, language) => ({
      text: stringsFor(language).groups.failed(factsOf(run, order, language), reason(run, language)),
      buttons: [],
    }),
    notDelivered: ({ title }, language) => stringsFor(language).groups.notDelivered(title),
  }
}
