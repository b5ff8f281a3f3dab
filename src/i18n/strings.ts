import type { Language } from '../money.ts'
import { adminEn } from './admin.en.ts'
import { adminRu } from './admin.ru.ts'
import type { AdminWords } from './admin.ts'
import { giftsEn } from './gifts.en.ts'
import { giftsRu } from './gifts.ru.ts'
import type { Gifts } from './gifts.ts'
import { navigationEn } from './navigation.en.ts'
import { navigationRu } from './navigation.ru.ts'
import type { Navigation } from './navigation.ts'
import { orderingEn } from './ordering.en.ts'
import { orderingRu } from './ordering.ru.ts'
import type { Ordering } from './ordering.ts'
import { payingEn } from './paying.en.ts'
import { payingRu } from './paying.ru.ts'
import type { Paying } from './paying.ts'
import { promptsEn } from './prompts.en.ts'
import { promptsRu } from './prompts.ru.ts'
import type { Prompts } from './prompts.ts'

/** Everything the bot says, one key a text: a plain string for a caption or a toast, `Html` for a message. */
export type Strings = Navigation & Ordering & Paying & Prompts & Gifts & AdminWords

const strings: Record<Language, Strings> = {
  ru: { ...navigationRu, ...orderingRu, ...payingRu, ...promptsRu, ...giftsRu, ...adminRu },
  en: { ...navigationEn, ...orderingEn, ...payingEn, ...promptsEn, ...giftsEn, ...adminEn },
}

export const stringsFor = (language: Language): Strings => strings[language]
