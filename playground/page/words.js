import { en } from './words/en.js'
import { enOrders } from './words/en-orders.js'
import { ru } from './words/ru.js'
import { ruOrders } from './words/ru-orders.js'

const all = { ru: { ...ru, ...ruOrders }, en: { ...en, ...enOrders } }
const key = 'language'

/** `ru` or `en`: what the reader has chosen, else the first of the browser's languages that the page speaks. */
export const language =
  [localStorage.getItem(key), ...navigator.languages.map(tag => tag.slice(0, 2))].find(name =>
    Object.hasOwn(all, name),
  ) ?? 'en'

/** Everything the page says. It does not change while the page is open: a switch opens the page again. */
export const words = all[language]

export const languages = { ru: 'Русский', en: 'English' }

export function switchLanguage(name) {
  localStorage.setItem(key, name)
  location.reload()
}
