import { formatKop } from '../money.ts'
import { type Html, html } from '../telegram/html.ts'
import { lines, pluralEn, priceText, zonedTime } from './format.ts'
import type { RequestWords } from './request.ru.ts'
import type {
  MoreFacts,
  PlaceFacts,
  SeriesFacts,
  SeriesKindFacts,
  SeriesLine,
  SeriesRefusal,
  SeriesReport,
  TemplateProblem,
  UnusedFacts,
} from './request.ts'

const price = (kop: number) => priceText(kop, 'en')
const amount = (kop: number) => formatKop(kop, 'en')
const runs = (n: number) => `${n} ${pluralEn(n, 'run', 'runs')}`

export const requestEn: RequestWords = {
  request: {
    understood: {
      image: 'A picture from your words',
      video: 'A video from your words',
      speech: 'Your text read aloud',
      sound: 'A sound from your words',
      edit: 'Change the photo as you say',
      animate: 'Bring the photo to life',
      enlarge: 'Enlarge the photo',
      cutout: 'Remove the background',
      talk: 'The photo will speak with your voice',
      clean: 'Remove noise from the recording',
      remake: 'Change the video as you say',
      unmark: 'Remove the Sora watermark',
    },
    usualText: {
      animate: 'Bring the photo to life: gentle natural motion, the camera slowly moves closer',
      talk: 'A person speaks to the camera with natural facial expressions',
    },
    askPhoto: (photos: number): Html =>
      html`<b>What should I do with ${photos > 1 ? `these ${photos} photos` : 'this photo'}?</b>
Say it in words, for example: “make it a sunset”. Or choose:`,
    askPhotoVoice: html`Send a voice message and the photo will speak.`,
    askFilm: html`<b>What should I change in this video?</b>
Say it in words, for example: “make it winter outside”.
A video made here can be enlarged: use the button below it.`,
    cleanAlone: html`Or send a photo: it will speak with this voice.`,
    wishButtons: { animate: '✨ Animate', enlarge: '🔍 Enlarge', cutout: '✂️ Cut out', style: '🎨 Cartoon' },
    styleText: 'Redraw it as a bright hand-drawn cartoon, keep the faces and the composition',
    taskButtons: { image: '🖼 Picture', video: '🎬 Video', speech: '🎙 Speech' },
    priced: (name: string, price: string | undefined) => (price === undefined ? name : `${name} · ${price}`),
    otherModelButton: '🔀 Other model',
    tuneButton: '⚙️ Settings',
    moreButton: '➕ More',
    toPriceButton: '‹ To the price',
    backButton: '↩️ Back to your request',
    models: (task: string): Html => html`<b>${task}</b>
The same request with other models, and its price:`,
    unusedFiles: ({ files, of }: UnusedFacts): Html =>
      html`⚠️ The model does not take everything: ${files} of ${of} ${pluralEn(of, 'file', 'files')} will be left out.`,
    unusedText: html`Words are not needed here: the model takes the file only.`,
    cutAfter: (tail: string): Html => html`⚠️ The text is longer than the model takes: it is used up to “…${tail}”.`,
    noModel: html`No model for this is available right now. Your request is saved, please try again a little later.`,
    noFileAtLink: html`The link does not lead to a photo, a video or a sound, so it stays a part of the words.`,
    tooMany: (most: number): Html => html`⚠️ A request holds at most ${most} messages; this one was left out.`,
    describeButton: '✍️ It describes a picture',
    intents: {
      refund: html`<b>Money</b>
When a run fails, its money comes back by itself, at once. “Balance” and every run show where it is now. If something does not add up, ask: a person will answer.`,
      whereNothing: html`Nothing is being made right now. Everything that is ready is in “History”.`,
      where: (n: number): Html =>
        html`${n} ${pluralEn(n, 'run is', 'runs are')} under way. I will send the result here as soon as it is ready.`,
      price: html`<b>What it costs</b>
You see the exact price before every start. Write what to make or send a photo, or look at the prices in the list.`,
      greeting: (name: string): Html =>
        html`Hello, ${name}! Write what to draw or send a photo: you will see the price at once.`,
      thanks: html`Glad to help! Write what to make next, or send a photo.`,
      abuse: html`Sorry that something is wrong. Tell us what happened: a person will answer.`,
    },
    supportButton: '💬 Ask a person',
    replyGone: html`The file of this result can no longer be fetched. Please send the picture again.`,
  },
  ownTemplates: {
    saveButton: '💾 Save as a template',
    listButton: '📋 Templates',
    saved: (name: string, places: string[]): Html =>
      lines(
        html`💾 The template “${name}” is saved. All templates: /templates`,
        places.length > 0
          ? html`I will ask each time: ${places.join(', ')}.`
          : html`I will ask each time for words in [brackets]: “Congratulate [name] on the birthday”.`,
      ),
    looseBracket: html`A bracket without its partner stays a plain character.`,
    notSaved: ({ code, count, most }: TemplateProblem): Html =>
      ({
        words: html`The template was not saved: it has ${count} ${pluralEn(count, 'character', 'characters')}, and ${most} fit. Please shorten it.`,
        places: html`The template was not saved: it has ${count} ${pluralEn(count, 'place', 'places')} in brackets, and ${most} at most are possible. Please remove some brackets.`,
        full: html`The template was not saved: there are ${count} already, and no more are possible. Delete one in /templates and press again.`,
      })[code],
    list: (n: number, most: number): Html =>
      n === 0
        ? html`<b>No templates yet</b>
Write a request, then press “➕ More” and “💾 Save as a template” below its price. I will ask for words in [brackets] each time.`
        : html`<b>Templates: ${n} of ${most}</b>
Press one to use it. You see the price before anything starts.`,
    deleteButton: '🗑',
    deleted: (name: string): Html => html`The template “${name}” is deleted.`,
    restoreButton: (name: string) => `↩️ Bring back “${name}”`,
    restored: (name: string): Html => html`The template “${name}” is back.`,
    notRestored: (most: number): Html =>
      html`It could not be brought back: there are ${most} templates. Please delete one.`,
    place: ({ name, places, at }: PlaceFacts): Html =>
      lines(
        html`<b>${name}</b>`,
        html`${places.length > 1 ? `${at + 1} of ${places.length}. ` : ''}What should stand in place of “${places[at]!}”?`,
        places.length - at > 1 && html`You can answer all at once, a line for each: ${places.slice(at).join(', ')}.`,
      ),
    fileTaken: html`I have the file.`,
    wordsOnly: html`Please answer in words here.`,
    askFile: {
      image: html`Send a photo and you will see the price.`,
      audio: html`Send a voice message or a recording and you will see the price.`,
      video: html`Send a video and you will see the price.`,
    },
  },
  series: {
    more: ({ task, room, most, photos }: MoreFacts): Html =>
      lines(
        html`<b>${task}</b>`,
        room >= 2
          ? html`Several results of this request at once. The prices are for all together:`
          : html`You can have ${runs(most)} under way at once. ${room === 0 ? 'There is no room now' : 'There is room for one now'}: order several once something has ended.`,
        photos > room &&
          room >= 2 &&
          html`There are ${photos} photos, and ${runs(room)} can begin now: there is no room for each by itself.`,
      ),
    several: (n: number) => `${n} ${pluralEn(n, 'version', 'versions')}`,
    compareWith: (name: string) => `Compare with ${name}`,
    photoByPhoto: (n: number) => `Each photo by itself: ${n}`,
    list: ({ kind, orders, leftOut }: SeriesFacts): Html =>
      lines(html`<b>${titles[kind](orders.length)}</b>`, ...leftOut, ...orders.map(line)),
    screen: (facts: SeriesFacts): Html => {
      const { sumKop, balanceKop, until } = facts
      return lines(
        requestEn.series.list(facts),
        html``,
        html`Total: <b>${price(sumKop)}</b>`,
        sumKop > 0 && html`Balance: ${amount(balanceKop)} · left after: <b>${amount(balanceKop - sumKop)}</b>`,
        html`If one of them fails, its money comes back.`,
        html`The price holds until\u00a0${zonedTime(until, 'en')}.`,
      )
    },
    startButton: (n: number, kop: number) => {
      const what = n === 1 ? '✅ Start' : '✅ Start all'
      return kop === 0 ? `${what} for free` : `${what} for ${price(kop)}`
    },
    renewed: (started: number): Html =>
      html`${started === 0 ? 'Nothing was started' : `Already started: ${started}. The rest was not`}: the prices had to be computed again. Please look at the total.`,
    someGone: html`Some of the models are off now. This is what remains:`,
    noRoom: (wanted: number, room: number): Html =>
      html`Not starting yet: ${runs(wanted)} need room, and there is ${room <= 0 ? 'none' : `room for ${room}`} now. Wait for what is under way and press again.`,
    starting: (n: number, of: number, name: string): Html => html`⏳ ${n} of ${of}: starting.\n${name}`,
    report: ({ orders, started, refusal }: SeriesReport): Html =>
      lines(
        refusal
          ? html`<b>${started === 0 ? 'Nothing was started' : `Started ${started} of ${orders.length}`}</b>`
          : html`<b>Started: ${started}</b>`,
        ...orders.map(
          (order, n) =>
            html`${order.short === undefined ? '✖️' : '✅'} ${line(order, n)}${order.short === undefined ? '' : ` · No.\u00a0${order.short}`}`,
        ),
        refusal
          ? html`${why[refusal]} What was not started was not charged.`
          : html`Each result will come here by itself.`,
      ),
    restButton: (n: number) => `🔁 Price of the ${pluralEn(n, 'one', 'ones')} left: ${n}`,
  },
}

const titles: Record<SeriesKindFacts, (n: number) => string> = {
  several: n => requestEn.series.several(n),
  compare: () => 'A comparison of models',
  photos: () => 'Each photo by itself',
}

const line = ({ name, photo, kop }: SeriesLine, n: number): Html =>
  html`${n + 1}. ${photo === undefined ? '' : `Photo ${photo} · `}${name} · ${price(kop)}`

const why: Record<SeriesRefusal, string> = {
  money: 'The balance does not cover the rest any more.',
  room: 'That many runs cannot be under way at once; wait for those that are.',
  off: 'The model was switched off a moment ago.',
  free: 'The free runs are used up.',
  paused: 'Starts are paused for now.',
  banned: 'You cannot start runs.',
  price: 'The price no longer holds.',
}
