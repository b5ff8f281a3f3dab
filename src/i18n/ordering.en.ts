import { formatKop } from '../money.ts'
import { type Html, html } from '../telegram/html.ts'
import {
  dateText,
  durationText,
  leftText,
  lines,
  numberText,
  pluralEn,
  priceLine,
  priceText,
  quotaText,
  secondText,
  timeText,
  zonedDate,
  zonedTime,
} from './format.ts'
import type { Ordering } from './ordering.ru.ts'
import type { BoardState, Media, TimelineStep } from './ordering.ts'

const amount = (kop: number) => formatKop(kop, 'en')
const price = (kop: number) => priceText(kop, 'en')
const time = (at: Date) => zonedTime(at, 'en')
// Tomorrow in Moscow may be today elsewhere, so it is part of what the reader's own time replaces.
const again = ({ at, isTomorrow }: { at: Date; isTomorrow: boolean }): Html =>
  isTomorrow ? zonedDate(at, 'en', `tomorrow at ${timeText(at, 'en')}`) : html`at ${time(at)}`
const number = (n: number) => numberText(n, 'en')
const signs = (n: number) => `${number(n)} ${pluralEn(n, 'character', 'characters')}`
const inAll = (of: number | undefined) => (of === undefined ? '' : ` (${signs(of)})`)
const list = (names: string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
const media: Record<Media, string> = { image: 'a photo', video: 'a video', audio: 'sound' }
const kinds = (names: Media[]) => list(names.map(name => media[name]))
const range = (min: number | undefined, max: number | undefined) =>
  `${min === undefined ? '' : ` from ${number(min)}`}${max === undefined ? '' : ` to ${number(max)}`}`
const quoted = (names: string[]) => list(names.map(name => `“${name}”`))
const things: Record<Media, string> = { image: 'a picture', video: 'a video', audio: 'a sound' }
const subjects: Record<Media, string> = { image: 'photo', video: 'video', audio: 'file' }
const billedText = ({ unit, quantity }: { unit: string; quantity: number }): string =>
  unit === 'second' ? `${numberText(quantity, 'en')}\u00a0s` : `${numberText(quantity, 'en')}\u00a0thousand characters`
const named = ({ label, text }: { label: string; text: string }) => `${label}: ${text}`

export const orderingEn: Ordering = {
  wizard: {
    checklist: (name, needs) =>
      lines(html`<b>${name}</b>. You will need:`, ...needs.map((need, index) => html`${index + 1}. ${need}`)),
    need: (label, ask) => {
      switch (ask.kind) {
        case 'text':
          return ask.most === undefined ? label : `${label} — up to ${signs(ask.most)}`
        case 'link':
          return `${label} — a link`
        case 'options':
          return ask.names.length > 5 ? `${label}: one of ${ask.names.length}` : `${label}: ${list(ask.names)}`
        case 'yes_no':
          return `${label}: yes or no`
        case 'number':
          return `${label}: a number${range(ask.min, ask.max)}`
        case 'files':
          return `${label} — a file or a link${ask.most > 1 ? `, up to ${ask.most}` : ''}`
        case 'earlier':
          return `${label} — you choose it from a list`
        case 'either':
          return list(ask.labels)
      }
    },
    only: (name, label) => html`<b>${name}</b> · ${label}`,
    step: (n, of, label) => html`Step ${n} of ${of} · <b>${label}</b>`,
    field: (name, label) => html`${name} · <b>${label}</b>`,
    ask: ask => {
      switch (ask.kind) {
        case 'text':
          return lines(
            ask.most === undefined ? html`Send a text.` : html`Send a text, up to ${signs(ask.most)}.`,
            ask.example !== undefined && html`For example: <i>${ask.example}</i>`,
          )
        case 'link':
          return ask.example === undefined ? html`Send a link.` : html`Send a link, for example: ${ask.example}`
        case 'options':
          return html`Press a button or write the value.`
        case 'yes_no':
          return html`Yes or no?`
        case 'number':
          return ask.min === undefined || ask.max === undefined
            ? html`Send a number${range(ask.min, ask.max)}.`
            : html`Press a button or send a number${range(ask.min, ask.max)}.`
        case 'files':
          return ask.most > 1
            ? html`Send ${kinds(ask.media)}: up to ${ask.most} files of ${ask.megabytes} MB, one by one or as an album, or https links.`
            : html`Send ${kinds(ask.media)} up to ${ask.megabytes} MB${ask.seconds === undefined ? '' : `, no longer than ${ask.seconds} s,`} or an https link.`
        case 'earlier':
          return html`Choose what to work with. It can be anything you made with ${quoted(ask.models)}.`
        case 'either':
          return html`What shall it be made from? Choose one.`
      }
    },
    soFar: (kop, isCertain) => html`So far: ${isCertain ? '' : 'up to '}${price(kop)}`,
    minSide: px => html`At least ${number(px)} pixels on each side.`,
    chosen: text => html`Chosen: ${text}`,
    chosenText: ({ text, of }) =>
      lines(html`Chosen${inAll(of)}: <code>${text}</code>`, html`Keep it as it is or send a text of your own.`),
    templateButton: name => `💡 ${name}`,
    improveButton: '✨ Improve the prompt',
    improveAsk: html`Send a text. You will see it beside an improved one and choose.`,
    improveBoth: (own, better) =>
      lines(
        html`<b>Yours</b>${inAll(own.of)}:`,
        html`${own.text}`,
        html``,
        html`<b>Improved</b>${inAll(better.of)}:`,
        html`${better.text}`,
        html``,
        html`Choose with a button or send another text.`,
      ),
    improveNothing: own =>
      lines(html`<b>Yours</b>${inAll(own.of)}:`, html`${own.text}`, html``, html`It is all there, nothing to add.`),
    takeBetterButton: '✨ Take the improved one',
    takeOwnButton: 'Keep mine',
    accepted: (n, of) => html`Accepted ${n} of ${of}`,
    closed: (names, why) => html`Not available: ${names.join(', ')}. ${why}.`,
    extrasButton: '⚙️ More',
    cancelButton: '✖️ Cancel',
    skipButton: 'Skip',
    usualButton: text => `Default: ${text}`,
    hearButton: '🎧 Listen',
    chooseButton: 'Choose without listening',
    hearing: html`🎧 Press a voice to get its recording. “Choose this voice” is below it.`,
    recordingButton: name => `🎧 ${name}`,
    fetchingSample: 'Getting the recording…',
    takeSampleButton: '✅ Choose this voice',
    noSample: name =>
      lines(
        html`The recording of the voice “${name}” is not available now.`,
        html`You can choose it all the same, listen to another one, or try again later.`,
      ),
    doneButton: 'Done',
    clearButton: 'Clear',
    keepButton: 'Keep as it is',
    emptyButton: 'Leave empty',
    yes: 'Yes',
    no: 'No',
    seconds: 's',
    none: 'not set',
    files: n => `${n} ${pluralEn(n, 'file', 'files')}`,
    earlier: (about, short) => [...about, `No ${short}`].join(' · '),

    number: short => `No ${short}`,

    extras: name => html`<b>${name}</b>\nWhat would you like to change?`,
    fieldButton: (label, text) => `${label}: ${text}`,
    pressField: html`Press the field you want to change, or “Done”.`,

    unfinished: name => html`You have an unfinished order: <b>${name}</b>.`,
    resumeButton: 'Continue',
    anewButton: 'Start a new one',
    passed: 'This step is already done',
    changed: html`The settings of the model have changed. Please check the answers.`,
    noEarlier: (names, what) =>
      html`First make ${things[what]} with ${quoted(names)}: there is nothing to choose from yet.`,
    noSuchOption: (said, similar) =>
      similar.length === 0
        ? html`There is no option “${said}”. Please choose with a button.`
        : html`“${said}” is more than one option: ${similar.join('; ')}. Write it in full or press a button.`,

    needed: ask => {
      switch (ask.kind) {
        case 'text':
          return html`A text is needed here.`
        case 'link':
          return html`A link is needed here.`
        case 'number':
          return html`A number${range(ask.min, ask.max)} is needed, in plain digits.`
        case 'files':
          return html`What is needed here is ${kinds(ask.media)}: a file or an https link.`
        case 'yes_no':
          return html`Please answer “Yes” or “No”.`
        default:
          return html`Please choose with a button.`
      }
    },
    unfit: ({ code, limit, why, ask }, over) => {
      if (why !== undefined) return html`${why}.`
      const what = ask?.kind === 'files' ? kinds(ask.media) : 'a file'
      switch (code) {
        case 'missing':
          return html`This answer is required.`
        case 'too_long':
          return html`The text is longer than ${signs(Number(limit))}${over === undefined ? '' : ` by ${number(over)}`}. Please shorten it.`
        case 'too_short':
          return html`The text is shorter than ${signs(Number(limit))}. Please write a little more.`
        case 'too_small':
        case 'too_large':
        case 'wrong_type':
          return ask ? orderingEn.wizard.needed(ask) : html`This answer does not fit.`
        case 'step':
          return Number(limit) === 1
            ? html`A whole number is needed.`
            : html`A number in steps of ${number(Number(limit))} is needed.`
        case 'not_in_list':
          return html`There is no such option. Please choose with a button.`
        case 'pattern':
          return ask?.kind === 'link' && ask.example !== undefined
            ? html`A link like ${ask.example} is needed`
            : html`This answer does not fit.`
        case 'too_few_files':
          return html`Files needed: ${String(limit)}.`
        case 'too_many_files':
          return html`Files allowed: ${String(limit)}. The rest were not taken.`
        case 'file_kind':
          return html`The model does not take such a file. It needs ${what}: ${String(limit)}.`
        case 'file_size':
          return html`A file up to ${String(limit)} MB is needed.`
        case 'file_duration':
          return html`The recording is longer than ${String(limit)} s, or its length could not be read. Please send a shorter one.`
        case 'file_dimensions':
          return dimensions(String(limit), ask?.kind === 'files' ? (ask.media[0] ?? 'image') : 'image')
        default:
          return html`This answer does not go with the others. Please change it.`
      }
    },
    refused: code => {
      switch (code) {
        case 'too_big':
          return html`The file is over 20 MB. Send a link or a smaller file.`
        case 'too_large':
          return html`The file behind the link is too large. Send a smaller one.`
        case 'bad_url':
        case 'private_address':
          return html`This link does not fit. An open https address of a file is needed.`
        case 'redirect':
          return html`The link leads somewhere else. Send the direct link to the file.`
        case 'not_found':
          return html`Nothing was found at this link. Please check it.`
        case 'not_media':
          return html`This does not look like a photo, a video or sound. Send another file.`
        case 'too_many_waiting':
          return html`Too many files at once. Wait until the earlier ones are loaded, then send the rest.`
        case 'wrong_kind':
          return html`The model does not take such a file. The question says which one fits.`
        case 'dimensions':
          return html`The size of the picture does not fit. Send another one.`
        case 'auth':
        case 'no_credit':
          return html`It is not the file: for the moment the provider of the models takes nothing from us. Please send it again in a few minutes.`
        case 'heavy':
          return html`The picture is too large to be opened. Make it smaller and send it again.`
        default:
          return html`The file could not be read. Please send another one.`
      }
    },
    foreign: ({ name, what }, to) => {
      switch (what) {
        case 'audio':
          return html`This is ${name}, a kind of sound that the bot does not take. Save it as ${to.audio} and send it again.`
        case 'video':
          return html`This is ${name}, a kind of video that the bot does not take. Save it as ${to.video} and send it again.`
        case 'image':
          return html`This is ${name}, a kind of picture that the bot does not take. Save it as ${to.image} and send it again.`
        case 'raw':
          return html`This is ${name}, a raw photo. Save it as ${to.image} and send it again.`
        case 'drawing':
          return html`This is ${name}, a drawing made of lines. Save it as ${to.drawing} and send it again.`
        case 'document':
          return html`This is ${name}, a document. Save the page you need as ${to.image} and send the picture; send text as a message.`
        case 'archive':
          return html`This is ${name}, an archive. Unpack it and send the file itself: a photo, a video or sound.`
        case 'program':
          return html`This is ${name}, a program. Send a photo, a video or sound.`
      }
    },
    foreignHere: (name, ask) => html`This is ${name}. ${orderingEn.wizard.needed(ask)}`,
    surplus: html`The rest of the album was not taken.`,
    unreachable: html`The file could not be fetched. Please send it again.`,
  },

  quote: {
    screen: q => {
      const left = q.balanceKop - q.priceKop
      return lines(
        html`<b>${q.name}</b>`,
        ...q.lines.map(line => html`${named(line)}`),
        q.choices.length > 0 && html`${q.choices.map(named).join(' · ')}`,
        html``,
        q.freeAgain &&
          html`The free runs are used up. New ones: ${again(q.freeAgain)}. You can go on now for ${price(q.priceKop)}.`,
        q.wasKop !== undefined && repriced(q.wasKop, q.priceKop),
        q.price.kind === 'free'
          ? html`Price: <b>${price(0)}</b> · ${quotaText({ ...q.price, left: Math.max(0, q.price.left - 1) }, 'en')} left today after this run`
          : html`Price: <b>${price(q.priceKop)}</b>`,
        q.discount && html`${q.discount.percent}% off by your plan: ${price(q.discount.fullKop)} without it`,
        q.billed && html`Billed by length: ${billedText(q.billed)} × ${amount(q.billed.unitKop)}`,
        q.pinned.length > 0 && html`In a free run: ${q.pinned.map(named).join(' · ')}`,
        q.price.kind !== 'free' &&
          html`Balance: ${amount(q.balanceKop)} · left after: <b>${amount(Math.max(0, left))}</b>`,
        html`${q.typical === undefined ? '' : `Usually ready in ${q.typical}. `}${
          q.price.kind === 'free' ? 'If it fails, the free run comes back.' : 'If it fails, the money comes back.'
        }`,
        html`Price valid until ${time(q.until)}.`,
      )
    },
    short: (priceKop, balanceKop, wasKop) =>
      lines(
        wasKop !== undefined && repriced(wasKop, priceKop),
        html`You are ${amount(priceKop - balanceKop)} short: the price is ${price(priceKop)}, available ${amount(balanceKop)}.`,
        html`Top up and this order goes on from here.`,
      ),
    startButton: kop => `✅ Start for ${price(kop)}`,
    startFreeButton: '✅ Start for free',
    changeButton: '✏️ Change',
    topUpButton: '➕ Top up',
    already: 'Already started',
    alreadyScreen: short => html`Already started, No\u00a0${short}.`,
    tooMany: n =>
      html`${n} ${pluralEn(n, 'run is', 'runs are')} in work, which is the limit. Please wait for one of them.`,
    statusButton: 'Status',
    runningButton: (name, short) => `⏳ ${name} · No\u00a0${short}`,
    cancelled: html`Cancelled. No money was spent.`,
    closed: html`This button starts nothing any more: the order was cancelled, changed or replaced. No money was spent.`,
    closedTopUp: html`The order that waited for this payment was cancelled, changed or replaced. No money was spent.`,
    closedPress: 'This price is closed',
    noShape: 'The model does not offer this shape now',
    freshButton: '🔁 Get a new price',
    noPrice: html`There is no price for these answers: something is too long or too large. Please change it.`,
    staleFiles: html`The files of this order are gone by now. Please send them again.`,
    paused: (name, priceKop) =>
      lines(
        html`⏸ <b>Runs are paused for the moment</b>`,
        html`The provider of the models takes no orders from us now. We know, and are on it.`,
        html`${name}: ${priceKop === 0 ? 'your free run is not used' : `${price(priceKop)}, nothing is charged`}. The order is kept, please try again in a few minutes.`,
      ),
    pausedNow: 'Runs are paused for the moment. Nothing is charged.',
    pausedButton: '🔄 Check again',
  },

  run: {
    atWork: 'It cannot be cancelled now: the model is at work.',
    held: kop => (kop === 0 ? 'The run is free.' : `${amount(kop)} set aside, not charged.`),
    queued: (kop, usual) =>
      lines(html`⏳ Accepted. In the queue. ${orderingEn.run.held(kop)}`, usual && orderingEn.run.wait(usual)),
    sent: usual =>
      lines(html`📤 The order is sent to the model, waiting for its answer.`, usual && orderingEn.run.wait(usual)),
    wait: ({ typical, around }) =>
      around
        ? html`You can do something else: it comes here at about ${time(around)}.`
        : html`Usually ready in ${typical}.`,
    waitsForProvider: (kop, until) =>
      html`⏸ For the moment the provider of the models takes no orders from us. The run waits until ${time(until)}; if it cannot begin, ${kop === 0 ? 'your free run comes back' : 'your money comes back'}. ${orderingEn.run.held(kop)}`,
    which: (name, short) => html`${name} · No\u00a0${short}`,
    running: (ageMs, leftMs, bar, around, until) =>
      lines(
        html`🎨 In progress${stage(ageMs, leftMs)}`,
        bar !== '' && html`${bar}`,
        around && html`You can do something else: it comes here at about ${time(around)}.`,
        html`An answer comes by ${time(until)}. ${orderingEn.run.atWork}`,
      ),
    slow: (ageMs, kop, until) =>
      kop === 0
        ? html`Longer than usual: ${durationText(ageMs, 'en')}. The result or your free run back by ${time(until)}. ${orderingEn.run.atWork}`
        : html`Longer than usual: ${durationText(ageMs, 'en')}. ${orderingEn.run.held(kop)} The result or your money back by ${time(until)}. ${orderingEn.run.atWork}`,
    unclear: (kop, until) =>
      html`Checking whether the order was accepted. It is not started twice${kop === 0 ? '' : ', the money is set aside'}. An answer by ${time(until)}.`,
    overdue: kop => html`The time is up, checking how it ended.${kop === 0 ? '' : ` ${orderingEn.run.held(kop)}`}`,
    sending: html`📨 Ready, sending…`,
    board: (runs, isLong) =>
      lines(
        html`${runs.length} ${pluralEn(runs.length, 'run is', 'runs are')} under way:`,
        ...runs,
        isLong && html`You can do something else: all of it comes here.`,
      ),
    boardLine: (name, short, state) =>
      html`${boardMarks[state.what]} ${name} · No\u00a0${short} — ${boardWords(state)}`,
    cancelOneButton: short => `Cancel No\u00a0${short}`,
    doneWell: (ageMs, short) => html`✅ Done in ${durationText(ageMs, 'en')}, No\u00a0${short}. The result is below.`,
    doneBadly: short => html`✖️ It did not work, No\u00a0${short}. More below.`,
    doneCancelled: short => html`✖️ Cancelled, No\u00a0${short}.`,
    cancelButton: 'Cancel',
    historyButton: '🗂 History',
    tooLate: 'It can no longer be stopped. If there is no result, the money comes back.',
    over: 'This run has already ended',
    resending: 'Sending',
    filesGone: html`The file is gone by now.`,
    cannotResend: 'The file is gone by now',

    result: r =>
      lines(
        html`✅ <b>${r.name}</b> · ${durationText(r.ageMs, 'en')}`,
        r.part && html`${r.part.arrived} of ${r.part.promised} are ready.`,
        r.price.kind === 'free'
          ? html`Free · ${quotaText(r.price, 'en')} left today · No\u00a0${r.short}`
          : html`Charged ${priceLine(r.price, 'en')}${r.part ? `, returned ${amount(r.part.backKop)}` : ''}, ${amount(r.balanceKop)} left · No\u00a0${r.short}`,
      ),
    repeatForButton: kop => (kop === 0 ? '🔁 Repeat' : `🔁 Repeat for ${price(kop)}`),
    anotherButton: (kop, isPicture) => (kop > 0 ? `🔁 ${price(kop)}` : isPicture ? '🔁 One more' : '🔁 Repeat'),
    repeatButton: '🔁 Repeat',
    changeButton: '✏️ Change parameters',
    changeShortButton: '✏️ Change',
    moreButton: 'more…',
    copyPromptButton: '📋 Copy the prompt',
    foldButton: '‹ Fold',
    previousButton: '← Previous',
    firstButton: '⏮ Original',
    downloadButton: (n, until) => `Download${n === 1 ? '' : ` ${n}`} (until ${dateText(until, 'en')})`,
    noFiles: {
      too_big: html`The file is too big for Telegram.`,
      refused: html`The file could not be shown here.`,
      full: html`The file was not kept: there is no room left for your files. Write to support.`,
      later: html`The file cannot be had right now. Try sending it again in a few minutes.`,
      gone: html`The file is gone: the time for which it is kept has passed.`,
      original_gone: html`The file is gone: the time for which it is kept has passed. What was in the chat can be sent again.`,
    },
    keptWithLink: until =>
      html`The button below downloads it. “Send again” in the history gives a new link, until ${zonedDate(until, 'en')}.`,
    keptWithoutLink: until =>
      html`The bot cannot give a link right now. The file is kept until ${zonedDate(until, 'en')}: write to support.`,
    followButton: { enlarge: '⬆️ Enlarge', animate: '✨ Animate' },
    followWhich: html`Which picture? They are numbered in their order.`,
    followModels: short => html`Choose a model: result No\u00a0${short} is filled in for you.`,
    followNote: short => html`Result No\u00a0${short} is filled in.`,
    originalButton: '📎 Original file',
    resent: (name, short) => html`${name} · No\u00a0${short}`,
    original: short => html`Original · No\u00a0${short}`,
    whyButton: kop => (kop === 0 ? '🧾 About this run' : '🧾 Why charged'),

    timeline: (name, short, steps) =>
      lines(
        html`🧾 Run No\u00a0${short} · <b>${name}</b>`,
        ...steps.map(({ at, step }) => html`${secondText(at)} ${moment(step)}`),
        html`Moscow time.`,
      ),
    characters: n => signs(n),
    questionButton: '💬 Ask support',
    support: short =>
      lines(
        html`💬 <b>A question about run No\u00a0${short}</b>`,
        html`Write it in one message.`,
        html`The operator will read it. What became of the run and the money can be seen already: “🧾”.`,
      ),

    failure: {
      input: html`It did not work: the model did not accept the prompt or a file.`,
      moderation: html`The model refused this request. Change the prompt or the photo.`,
      model: html`It did not work: an error on the model's side.`,
      late: html`The result did not come in time.`,
      busy: html`It cannot be started now. Try again in 10\u00a0min.`,
      closed: html`The run never began: for the moment the provider of the models takes no orders from us. Try again later.`,
      unknown: html`It did not work, and the provider of the model did not say why.`,
      cancelled: html`Cancelled.`,
      other: html`Something went wrong. We already know.`,
    },
    money: {
      refunded: kop => html`Your money is back: ${amount(kop)}.`,
      free: html`Your free run is back.`,
      debited: (kop, until) => html`${amount(kop)} still set aside, we are checking. An answer by ${time(until)}.`,
    },
    otherModelButton: 'Another model',
    moneyButton: '🧾 What about the money',
    supportButton: '💬 Support',
  },
}

/** “: 48 s gone, about 2 min left.” Nothing is said of the first second. */
function stage(ageMs: number, leftMs: number | undefined): string {
  const gone = ageMs < 1_000 ? undefined : durationText(ageMs, 'en')
  const left = leftMs === undefined ? undefined : leftWords(leftMs)
  if (left === undefined) return gone === undefined ? '…' : `: ${gone}.`
  return gone === undefined ? `: ${left}.` : `: ${gone} gone, ${left}.`
}
const leftWords = (leftMs: number) => (leftMs < 3_000 ? 'very little left' : `about ${leftText(leftMs, 'en')} left`)

const boardMarks: Record<BoardState['what'], string> = { queued: '⏳', sent: '📤', running: '🎨', slow: '🐢' }
function boardWords(state: BoardState): string {
  if (!('ageMs' in state || 'leftMs' in state)) return state.what === 'queued' ? 'in the queue' : 'sent to the model'
  if ('ageMs' in state) return `longer than usual: ${durationText(state.ageMs, 'en')}`
  return state.leftMs === undefined ? 'in progress' : `in progress, ${leftWords(state.leftMs)}`
}

const repriced = (wasKop: number, kop: number): Html =>
  wasKop === kop
    ? html`The price is the same, its time is renewed.`
    : html`The price has changed: it was ${price(wasKop)}, now it is ${price(kop)}.`

// The limit comes as “≥ 256 px”, “≤ 4096 px” or “≤ 16 MP”.
function dimensions(limit: string, kind: Media): Html {
  const n = number(Number(/[\d.]+/.exec(limit)?.[0] ?? 0))
  if (limit.startsWith('≥'))
    return html`The ${subjects[kind]} is too small: at least ${n} pixels on each side are needed.`
  return limit.endsWith('MP')
    ? html`The ${subjects[kind]} is too large: at most ${n} megapixels are allowed.`
    : html`The ${subjects[kind]} is too large: at most ${n} pixels on each side are allowed.`
}

function moment(step: TimelineStep): string {
  switch (step.what) {
    case 'price':
      return `price ${price(step.kop)}${step.choices ? ` (${step.choices})` : ''}`
    case 'held':
      return `set aside ${amount(step.kop)}`
    case 'free':
      return 'a free run was taken'
    case 'bonus':
      return 'a bonus run was taken'
    case 'sent':
      return step.taskTail === undefined ? 'sent' : `sent, task No\u00a0…${step.taskTail}`
    case 'result':
      return `result received (${orderingEn.wizard.files(step.files)})`
    case 'cancelled':
      return 'cancelled by you'
    case 'failed':
      return 'it did not work'
    case 'timeout':
      return 'no result by the deadline'
    case 'charged':
      return `charged ${amount(step.kop)} · returned ${amount(0)}`
    case 'kept':
      return `charged ${amount(step.kop)} · returned ${amount(step.backKop)}`
    case 'returned':
      return `charged ${amount(0)} · returned ${amount(step.kop)}`
    case 'free_returned':
      return 'the free run came back'
    case 'bonus_returned':
      return 'the bonus run came back'
  }
}
