import { formatKop } from '../money.ts'
import { html } from '../telegram/html.ts'
import { durationText, lines, numberText, pluralEn, priceLine, priceText, quotaText, zonedDate } from './format.ts'
import type { LateFacts, ResultWords } from './results.ru.ts'

const amount = (kop: number) => formatKop(kop, 'en')
const price = (kop: number) => priceText(kop, 'en')
const number = (n: number) => numberText(n, 'en')

const contents = ({ kind, files, seconds, megabytes }: LateFacts): string => {
  const what = {
    image: `${files} ${pluralEn(files, 'picture', 'pictures')}`,
    video: `${files} ${pluralEn(files, 'video', 'videos')}`,
    audio: `${files} ${pluralEn(files, 'sound', 'sounds')}`,
  }[kind]
  const length = seconds === undefined ? [] : [durationText(seconds * 1000, 'en')]
  return [what, ...length, `${number(megabytes)}\u00a0MB`].join(' · ')
}

export const resultsEn: ResultWords = {
  late: {
    offer: facts =>
      lines(
        html`🕰 <b>${facts.name}</b> · No.\u00a0${facts.short}`,
        html`The result has come after all. It was late, and nothing was charged for it. If you still need it, take it.`,
        html`${contents(facts)}`,
        html`You can take it until ${zonedDate(facts.until, 'en')}.`,
      ),
    takeButton: kop => (kop === 0 ? '📥 Take it for free' : `📥 Take it for ${price(kop)}`),
    mark: 'PREVIEW',
    over: (name, short) =>
      lines(
        html`⌛️ <b>${name}</b> · No.\u00a0${short}`,
        html`It can no longer be taken: files are kept for about a day, and that time has passed. Nothing was charged.`,
      ),
    overPress: 'It can no longer be taken: the files are deleted. Nothing was charged.',
    taken: (name, short) => html`📥 <b>${name}</b> · No.\u00a0${short}\nYou have taken this result.`,
    taking: 'Taking it, the files are on their way',
    already: 'You have taken this result already',
    later: 'The files could not be opened just now, nothing was charged. Press again in a minute.',
    short: (priceKop, balanceKop, until) =>
      lines(
        html`You are ${amount(priceKop - balanceKop)} short: the price is ${price(priceKop)}, you can spend ${amount(balanceKop)}.`,
        html`Top up, and the button comes again. The result waits until ${zonedDate(until, 'en')}.`,
      ),
    result: r =>
      lines(
        html`✅ <b>${r.name}</b>`,
        r.price.kind === 'free'
          ? html`Free · ${quotaText(r.price, 'en')} left · No.\u00a0${r.short}`
          : html`Charged ${priceLine(r.price, 'en')} · ${amount(r.balanceKop)} left · No.\u00a0${r.short}`,
      ),
  },
  sharing: {
    button: '📤 Share',
    caption: (name: string) => html`Made with <b>${name}</b>`,
    sameButton: '✨ Make one like it',
    openButton: 'Open the bot',
    resultTitle: (name: string, date: string) => `${name} · ${date}`,
    model: (name: string, about: string, price: string) => html`<b>${name}</b>\n${about}\nPrice: ${price}`,
  },
  gallery: {
    button: '🖼 Gallery',
    title: {
      all: html`🖼 <b>Gallery</b>\nPress the number of a picture to open it.`,
      starred: html`⭐ <b>Favourites</b>\nPress the number of a picture to open it.`,
      found: html`🔎 <b>Found</b>\nPress the number of a picture to open it. Or send other words.`,
    },
    nothing: {
      all: html`Your pictures will be here.`,
      starred: html`There are no favourites yet. Open a picture and press “⭐ Add to favourites”.`,
      found: html`There are no pictures with these words. Send other words.`,
    },
    caption: (n, name, date) => html`${n}. ${name} · ${date}`,
    allButton: '🖼 All',
    starredButton: '⭐ Favourites',
    findButton: '🔎 Find',
    ask: html`🔎 Send words of the prompt: pictures described with them will be found.`,
    older: 'Older ›',
    newest: '‹ Newest',
    unshown: html`Telegram no longer shows some of the pictures. They can be sent again from the history.`,
    picture: (name, date, short) => html`<b>${name}</b> · ${date} · No.\u00a0${short}`,
    starButton: '⭐ Add to favourites',
    unstarButton: '✖️ Remove from favourites',
    starred: 'Added to favourites',
    unstarred: 'Removed from favourites',
    runButton: 'Open the run',
    parentButton: (name, date) => `⬆️ Made of: ${date} · ${name}`,
    childButton: (name, date) => `⬇️ Became: ${date} · ${name}`,
  },
}
