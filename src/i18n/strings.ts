import type { Language } from '../money.ts'
import { adminEn } from './admin.en.ts'
import { type AdminWords, adminRu } from './admin.ru.ts'
import { giftsEn } from './gifts.en.ts'
import { type Gifts, giftsRu } from './gifts.ru.ts'
import { groupsEn } from './groups/groups.en.ts'
import { type GroupWords, groupsRu } from './groups/groups.ru.ts'
import { navigationEn } from './navigation.en.ts'
import { type Navigation, navigationRu } from './navigation.ru.ts'
import { orderingEn } from './ordering.en.ts'
import { type Ordering, orderingRu } from './ordering.ru.ts'
import { payingEn } from './paying.en.ts'
import { type Paying, payingRu } from './paying.ru.ts'
import { promptsEn } from './prompts.en.ts'
import { type Prompts, promptsRu } from './prompts.ru.ts'
import { requestEn } from './request.en.ts'
import { type RequestWords, requestRu } from './request.ru.ts'
import { resultsEn } from './results.en.ts'
import { type ResultWords, resultsRu } from './results.ru.ts'

/** All texts of the bot by key: a plain string for a caption or a toast, `Html` for a message. */
export type Strings = Navigation &
  Ordering &
  Paying &
  Prompts &
  Gifts &
  RequestWords &
  ResultWords &
  AdminWords &
  GroupWords

const strings: Record<Language, Strings> = {
  ru: {
    ...navigationRu,
    ...orderingRu,
    ...payingRu,
    ...promptsRu,
    ...giftsRu,
    ...requestRu,
    ...resultsRu,
    ...adminRu,
    ...groupsRu,
  },
  en: {
    ...navigationEn,
    ...orderingEn,
    ...payingEn,
    ...promptsEn,
    ...giftsEn,
    ...requestEn,
    ...resultsEn,
    ...adminEn,
    ...groupsEn,
  },
}

export const stringsFor = (language: Language): Strings => strings[language]
