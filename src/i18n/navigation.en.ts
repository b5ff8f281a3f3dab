import { formatKop } from '../money.ts'
import { html } from '../telegram/html.ts'
import {
  dateText,
  durationText,
  lines,
  numberText,
  pluralEn,
  priceLabel,
  priceLine,
  priceText,
  quotaText,
  rangeText,
  zonedTime,
} from './format.ts'
import type { Navigation } from './navigation.ru.ts'
import { formatIcon } from './navigation.ts'

const price = (kop: number) => priceText(kop, 'en')
const amount = (kop: number) => formatKop(kop, 'en')
const runs = (n: number) => `${n} ${pluralEn(n, 'run', 'runs')}`

export const navigationEn: Navigation = {
  menuButton: '🏠 Menu',
  backButton: '← Back',
  againButton: '🔁 Try again',
  openButton: 'Open',

  // Welcome, menu
  welcome: ({ name, freeRuns, bonusKop }) =>
    lines(
      html`Hello${name.trim() ? `, ${name.trim()}` : ''}! Make pictures, video and sound here.`,
      navigationEn.menuAsk,
      html`Nothing is spent until you press “Start”. No result — your money comes back.`,
      freeRuns > 0 && html`Free today: ${runs(freeRuns)}.`,
      bonusKop > 0 && html`Bonus: ${amount(bonusKop)} is already on your balance.`,
      html`By going on you accept the terms: /terms`,
    ),
  welcomeToModel: name =>
    html`Hello${name.trim() ? `, ${name.trim()}` : ''}! Make pictures, video and sound here. No result — your money comes back. Terms: /terms`,
  menuAsk: html`Write what to draw, or send a photo: you will see the price at once.`,
  menu: ({ canSpendKop, atWorkKop }) =>
    lines(
      navigationEn.menuAsk,
      html`Available: ${amount(canSpendKop)}${atWorkKop > 0 ? ` · in progress: ${amount(atWorkKop)}` : ''}`,
    ),
  moreButton: '☰ More',
  more: html`☰ <b>More</b>\nAll models, free runs, tools and settings.`,
  waitingResults: n => html`While you were away, results got ready: ${String(n)}. Here they come.`,
  formatButton: {
    image: '🖼 Draw',
    edit: '✏️ Edit a photo',
    video: '🎬 Video',
    animate: '✨ Animate a photo',
    audio: '🎙 Sound',
    tools: '🛠 Tools',
  },
  freeButton: n => `🎁 ${n} free models`,
  allButton: n => `📋 All ${n} models`,
  freeModelsButton: '🎁 Free models',
  historyButton: '🗂 History',
  balanceButton: '💳 Balance',
  languageButton: '🌐 Language',
  helpButton: '❓ Help',

  // Model lists
  listTitle: {
    image: 'Draw',
    edit: 'Edit a photo',
    video: 'Video',
    animate: 'Animate a photo',
    audio: 'Sound',
    tools: 'Tools',
    all: 'All models',
    free: 'Free models',
    popular: 'Popular models',
    find: 'Search',
  },
  list: title =>
    lines(
      html`<b>${navigationEn.listTitle[title]}</b>`,
      html`Choose a model. The price is for one run.`,
      (title === 'all' || title === 'popular') &&
        html`🖼 picture · ✏️ photo edit · 🎬 video · ✨ video from a photo · 🎙 sound · 🛠 tools`,
    ),
  listFree: daily =>
    html`<b>Free models</b>\nEach can be run for free up to ${String(daily)} times a day, with the usual settings.`,
  listEmpty: html`Nothing here yet.`,
  listRow: r =>
    [
      `${r.format ? `${formatIcon[r.format]} ` : ''}${r.isSlow ? '⏳ ' : ''}${r.name}${r.isPopular ? ' 🔥' : ''} ·\u00a0${priceLabel(r.price, 'en')}`,
      r.freeAt && `🎁\u00a0from\u00a0${r.freeAt}`,
      r.mark,
    ]
      .filter(Boolean)
      .join(' · '),
  popularButton: '🔥 Popular',
  findButton: '🔎 Search',
  findAsk: html`🔎 Send a word: the name of a model or what it does.`,
  found: (word, n) => html`Found for “${word}”: ${String(n)}`,
  foundNothing: word => html`Nothing found for “${word}”. Send another word or choose yourself:`,

  // Model card, parameters of a model
  card: (c, unit) =>
    lines(
      html`<b>${c.name}</b>`,
      html`${c.about}`,
      c.needs.length > 0 && html`You need: ${c.needs.join(', ')}`,
      html`Price: ${priceLine(c.price, 'en')}${c.price.kind === 'range' && c.dependsOn.length > 0 ? ` (depends on: ${c.dependsOn.join(', ')})` : ''}`,
      unit && html`${price(unit.kop)} ${unit.per}${unit.usual && ` (${unit.usual})`}`,
      c.example && html`Example: ${c.example.text} — ${price(c.example.kop)}`,
      c.typical &&
        html`Usually ready in ${rangeText(c.typical.fromMs, c.typical.toMs, 'en')}${c.typical.of > 0 ? ` · ${c.typical.percent}\u00a0% of the last ${c.typical.of} succeeded` : ''}`,
      c.failsOften && html`⚠️ It often fails right now. Money for a failed run comes back.`,
      c.free &&
        (c.free.isSharedUp
          ? html`🎁 Today’s free runs of new users are used up. They come back tomorrow; after a top-up your free runs are yours alone.`
          : html`🎁 Free: ${quotaText({ left: c.free.day, of: c.free.of }, 'en')} left today, ${String(c.free.hour)} this hour`),
    ),
  priceColumn: 'Price',
  cardNext: html`You will see the price at once.`,
  beginButton: '▶️ Start',
  exampleButton: '💡 With an example',
  parametersButton: '📄 Parameters',
  examples: {
    button: count => `👀 What it makes: ${count}`,
    listButton: '👀 What they make',
    caption: (n, words) => html`${n}. ${words}`,
    ofModel: (name, price) => html`${name} · ${price}`,
    unshown: html`The examples cannot be shown now. Please try a little later.`,
    addButton: '👀 Show as an example',
    removeButton: '✖️ No longer an example',
    which: html`Which of the results is the example? They are numbered in their order.`,
    dropButton: n => `✖️ ${n}`,
    added: slot => `This is example ${slot} of 4 now; everybody sees it.`,
    already: 'This is an example already.',
    full: 'There are four examples already. Take one away: the card of the model, “👀 What it makes”.',
    none: 'Only your own result, with a file that Telegram has, can be an example.',
    dropped: 'No longer an example.',
  },
  perUnit: { second: 'per second of the recording', '1000 characters': 'per 1000\u00a0characters' },
  measuredBy: { second: 'length of the recording', '1000 characters': 'length of the text' },
  parametersTitle: name => html`<b>${name}</b>. Parameters:`,
  parameter: p => {
    const notes = [
      { required: 'required', either: 'one of the two is needed', optional: '' }[p.need],
      p.default === undefined ? '' : `usually ${p.default}`,
      p.changesPrice ? 'changes the price' : '',
    ].filter(Boolean)
    return html`<b>${p.label}</b>${p.hint ? ` (${p.hint})` : ''} — ${p.values}${notes.length > 0 ? `; ${notes.join('; ')}` : ''}.`
  },
  kinds: { image: 'photo', video: 'video', audio: 'sound' },
  anyText: 'text',
  linkText: 'link',
  textUpTo: n => `text up to\u00a0${numberText(n, 'en')}\u00a0${pluralEn(n, 'character', 'characters')}`,
  numberFromTo: (min, max) =>
    [
      'number',
      min === undefined ? '' : `from\u00a0${numberText(min, 'en')}`,
      max === undefined
        ? ''
        : min === undefined
          ? `up to\u00a0${numberText(max, 'en')}`
          : `to\u00a0${numberText(max, 'en')}`,
    ]
      .filter(Boolean)
      .join(' '),
  filesUpTo: (kinds, most, megabytes) =>
    most > 1
      ? `${kinds}: up to\u00a0${most}\u00a0files of\u00a0${megabytes}\u00a0MB`
      : `${kinds}: a file up to\u00a0${megabytes}\u00a0MB`,
  earlierRun: 'chosen from a list',
  andMore: n => `and ${n} more`,

  // History
  history: {
    title: html`🗂 <b>History</b>\nPress a run to open it.`,
    empty: html`Your runs will appear here.`,
    nothing: html`There are no runs in this section.`,
    filters: { all: 'All', done: 'Done', failed: 'Failed' },
    older: 'Earlier ›',
    newest: '‹ To the newest',
    row: ({ state, what, costKop }) => {
      const words: Partial<Record<string, string>> = { returned: 'returned', cancelled: 'cancelled' }
      return [`${icons[state]} ${what}`, ` ·\u00a0${words[state] ?? price(costKop)}`]
    },
    state: (state, ageMs) =>
      ({
        done: `✅ Done in ${durationText(ageMs, 'en')}`,
        open: '⏳ In progress',
        returned: '↩️ It did not work',
        failed: '✖️ It did not work',
        cancelled: '✖️ Cancelled',
      })[state],
    money: {
      free: () => 'Free run',
      freeReturned: () => 'Your free run is back',
      debited: kop => `${amount(kop)} set aside, not charged`,
      captured: kop => `Charged ${amount(kop)}`,
      kept: (kop, backKop) => `Charged ${amount(kop)}, ${amount(backKop)} returned`,
      refunded: kop => `Your money is back: ${amount(kop)}`,
    },
    copyButton: '📋 Copy the run id',
    number: short => `No\u00a0${short}`,
  },
  sendAgainButton: '📤 Send again',
  changeButton: '✏️ Change',
  whyButton: '🧾 What about the money',
  statusButton: 'Status',

  // Balance, top-up
  balance: ({ canSpendKop, atWorkKop, atWorkCount }) =>
    lines(
      html`💳 Balance: <b>${amount(canSpendKop)}</b>`,
      atWorkCount > 0 && html`Another ${amount(atWorkKop)} set aside: ${runs(atWorkCount)} in progress`,
    ),
  topUpButton: '➕ Top up',
  operationsButton: '📄 Operations',
  runningButton: (name, short, kop) => [`⏳ ${name}`, ` · No\u00a0${short} ·\u00a0${price(kop)}`],
  operationsTitle: html`📄 <b>Operations</b>`,
  operationsEmpty: html`No operations yet.`,
  operationKind: kind => operationKinds[kind] ?? 'movement',
  operationColumns: [html`When`, html`Amount`, html`What for`],
  operationCells: ({ date, kind, amountKop, name, number }) => [
    html`${date}`,
    html`${amountKop > 0 ? '+' : '−'}${amount(Math.abs(amountKop))}`,
    html`${navigationEn.operationKind(kind)}${name ? ` · ${name}` : ''}${number ? ` No\u00a0${number}` : ''}`,
  ],
  operation: ({ date, kind, amountKop, name, number }) =>
    html`${date} ${navigationEn.operationKind(kind)} ${amountKop > 0 ? '+' : '−'}${amount(Math.abs(amountKop))}${name ? ` · ${name}` : ''}${number ? ` No\u00a0${number}` : ''}`,

  // Language
  language: html`🌐 Язык · Language`,
  languageSet: 'Now in English',

  // Help, support, /terms
  help: html`❓ <b>Help</b>\nWhat would you like to know?`,
  helpButtons: {
    start: '▶️ How to start',
    money: '💰 Prices and returns',
    free: '🎁 Free runs',
    files: '📎 Files and sizes',
    topup: '➕ Topping up',
    late: '⏳ No result came',
    contact: '💬 Contact us',
  },
  helpTopics: {
    start: () => html`<b>How to start</b>
Write what to draw, or send a photo: you see the price at once.
Or open /menu, choose a model and press “▶️ Start”.
You see the exact price before anything starts. Nothing is spent without your press.
Changed your mind? Before the start: /cancel. While a run is in the queue: “Cancel” below it.
An order that was sent cannot be cancelled: the model is at work. If it fails, the money comes back.`,
    money: () => html`<b>Prices and returns</b>
The price is shown before the start and stands for 15 minutes; never more is charged.
At the start the money is set aside; it is charged only when the result is ready.
No result — the whole amount goes back to your balance by itself.
Every movement can be seen: /balance → “📄 Operations”.`,
    free: ({ daily, hourly, dayBegins }) => html`<b>Free runs</b>
Their models are here: /free
Each can be run up to ${String(daily)} times a day and ${String(hourly)} times an hour, with the usual settings.
A new day begins at ${zonedTime(dayBegins, 'en')}.
If it does not work, the free run comes back.`,
    files: () => html`<b>Files and sizes</b>
Send a photo, a video or sound right into the chat, up to 20\u00a0MB.
For a larger file send an https link.
Send photos as files to keep their full quality.
The allowed size is named in the model's question.`,
    topup: () => html`<b>Topping up</b>
All ways are here: /topup
Money on your balance does not expire.
A question about a payment: /paysupport`,
    late: () => html`<b>No result came</b>
Open /history: it shows the state of every run.
Each run has a deadline. If it is missed, the money comes back by itself.
If the result comes later, you are shown a small copy: whether to take it is up to you.
A ready result can be sent again from the history, free of charge.`,
    contact: () => html`<b>Contact us</b>
Send /paysupport and then your question, for example: No 7k2m no result came
The operator will read it.
The number is under every result and in the history.`,
  },
  terms: html`<b>Terms</b>
1. We sell runs of models that make pictures, video and sound. The price is shown before the start.
2. Money is charged only for a ready result. No result — the amount goes back to your balance.
3. The files you send are used only for the run and kept for a few days. Ready files stay in this chat.
4. Not allowed: anything illegal, sexual content with minors, harassment, and fakes of real people without their consent.
5. A model makes the result: check it before you use it.
6. Questions and refunds: /paysupport. Deleting your data: /delete_me

As of 24 November 2026.`,
  support: {
    ask: short => html`💬 <b>A question about a payment or a run</b>
Write it in your next message, for example: No ${short} no result came
The operator will read it. For a run without a result the money comes back by itself.
Or choose a payment or a run below; all runs are in /history`,
    sent: ticket => html`Passed on, ticket No\u00a0${ticket}. We will answer here.`,
    nobody: html`There is nobody to answer now: please try later.`,
    later:
      time => html`This message was not passed on: there are too many. Send it again in ${time}, beginning with /paysupport
The operator has everything passed on before. Your payment and your balance are safe.`,
    run: (short, name, money) => `No\u00a0${short} · ${money}${name === undefined ? '' : ` · ${name}`}`,
    question: (from, name, text) => html`Question from ${from} ${name}:\n${text}`,
    about: (id, name, state) => html`<code>${id}</code> · ${name} · ${state}`,
    howToAnswer: ticket => html`Ticket No\u00a0${ticket}. To answer, reply to this message.`,
    answer: text => html`💬 <b>Answer from support</b>\n${text}`,
    answered: html`The answer was sent.`,
    notAnswered: html`The answer was not delivered.`,
  },

  // Models on sale, and notifications of admins
  switched: {
    off: ({ name, id, cause, finished, succeeded, failedPeople, costKop, keptKop, runIds, at }) => {
      const why = {
        failing: `${succeeded} of the last ${finished} runs succeeded; people for whom it failed: ${failedPeople}.`,
        unsupported: 'The provider does not know a model of this name.',
        loss: `Paid runs within the hour: ${finished}. They cost ${formatKop(costKop, 'en')} and brought ${formatKop(keptKop, 'en')}.`,
        recovered: '',
      }[cause]
      return lines(
        html`⚠️ <b>A model is off: ${name}</b>`,
        html`<code>${id}</code>`,
        html`${why}`,
        cause === 'loss' &&
          runIds.length > 0 &&
          html`These runs cost more than their price: <code>${runIds.join(', ')}</code>`,
        html`It is in no list, and no new run of it begins or is charged. What has begun goes on to its end.`,
        at
          ? html`It is tried again at ${zonedTime(at, 'en')}.`
          : html`It stays off until you act. To compare the catalogue: npm run -s models:check`,
        html`To switch it on now: <code>/admin_models auto ${id} reason</code>`,
      )
    },
    on: ({ name, id, finished, succeeded }) =>
      lines(
        html`✅ <b>A model is on again: ${name}</b>`,
        html`<code>${id}</code>`,
        html`On trial ${succeeded} of ${finished} runs succeeded.`,
        html`To switch it off: <code>/admin_models off ${id} reason</code>`,
      ),
    lossButton: '🧾 These runs',
    lossTitle: (id, n) =>
      n > 0
        ? html`🧾 <b>The runs for which it was switched off</b> <code>${id}</code>`
        : html`Nothing is noted of the runs for which <code>${id}</code> was switched off.`,
    lossRun: (n, r) =>
      html`\n${n}. <code>${r.id}</code> · ${r.userId} · ${dateText(r.at, 'en')}\ncost ${formatKop(r.costKop, 'en')}, brought ${formatKop(r.keptKop, 'en')} · credits ${r.costCredits ?? '—'}, expected ${r.expectedCredits}`,
    lossOf: id => `🧾 Losses: ${id}`,
    last: html`These are many switches: for the following ones see /admin_models.`,
  },
  modelStates: {
    title: (on, of) => html`<b>Models: ${on} of ${of} are on</b>`,
    columns: [html`Model`, html`Price from`, html`Successful`],
    cells: ({ id, state, isPinned, minKop, finished, succeeded, good, bad, reason }) => [
      html`${stateIcons[state]} ${id}${isPinned ? ' · by hand' : ''}${reason === undefined ? '' : ` · ${reason}`}`,
      html`${formatKop(minKop, 'en')}`,
      html`${finished > 0 ? `${succeeded} of ${finished}` : '—'}${good + bad > 0 ? ` · 👍 ${good} 👎 ${bad}` : ''}`,
    ],
    state: ({ id, state, isPinned, minKop, finished, succeeded, good, bad, reason }) => {
      const runs = finished > 0 ? ` · ${succeeded} of ${finished}` : ''
      const text = `${stateIcons[state]} ${id} · ${formatKop(minKop, 'en')}${runs}${good + bad > 0 ? ` · 👍 ${good} 👎 ${bad}` : ''}${isPinned ? ' · by hand' : ''}`
      return reason === undefined ? html`${text}` : html`${text}\n   ${reason}`
    },
    howTo: html`Runs of the last hour, people's 👍 and 👎 of 30 days. To switch (a reason of 5 characters or more):
<code>/admin_models off model reason</code>
<code>/admin_models on model reason</code>
<code>/admin_models auto model reason</code>
on and off stand until auto takes them back.`,
    shelved: 'not in MODELS: can be switched on here',
    causes: {
      failing: 'its runs failed',
      unsupported: 'the provider does not know the name',
      loss: 'it costs more than it brings',
      rested: 'on trial after a rest',
      recovered: 'the trial went well',
    },
    confirm: (state, name, id, reason) =>
      lines(
        html`<b>${{ on: 'Switch on by hand', off: 'Switch off by hand', auto: 'Switch on, watched by the service' }[state]}: ${name}</b>`,
        html`<code>${id}</code>`,
        state === 'off' && html`It leaves the lists, and no new run begins. What has begun goes on to its end.`,
        html`Reason: ${reason}`,
      ),
    noModel: id => html`There is no such model: ${id}`,
    noReason: html`A reason is needed, of 5 characters or more.`,
    done: (id, state) =>
      html`<code>${id}</code> is ${{ on: 'on by hand', off: 'off by hand', auto: 'on, and watched by the service' }[state]}.`,
    same: html`It is in this state already.`,
  },

  // Words and files out of the blue, and what is refused
  inPrivateOnly: 'Please open this in a private chat',
  outdated: 'This screen is out of date',
  unknownCommand: html`No such command. Here is the menu:`,
  edited: html`I do not reread edited messages. Please send it as a new one.`,
  cannotUse: html`I cannot use this. Send text, a photo, a video or sound.`,
  modelGone: html`This model is unavailable for now. Similar ones:`,
  cancelled: html`Cancelled. No money was spent.`,
  nothingToCancel: html`There is nothing to cancel.`,
  tooLateToCancel: html`/cancel does not stop what was started. While a run is in the queue, “Cancel” is below it; one that was sent cannot be stopped: the model is at work. If it fails, the money comes back.`,
  banned: 'Access closed. Questions: /paysupport',
  tooFast: (seconds: number) => `Too fast. Wait ${seconds}\u00a0s.`,
  failed: code => html`It did not work, please try again. Code ${code}.`,
  setAside: html`One of your messages could not be handled: everything stopped at it twice, so it is set aside.

If it was a file, send another one. If you pressed a button, look at /history first: the run may have started.`,

  // What people see of the bot before they write to it: 512 characters in an empty chat, 120 on its page and beside its link.
  profile: {
    description: hasFreeRuns =>
      [
        'Pictures, videos and sound from your words and photos.',
        'Write what to draw, or send a photo: you see the price at once. Nothing is spent without your press. No result — your money comes back.',
        ...(hasFreeRuns ? ['There are free runs every day.'] : []),
      ].join('\n\n'),
    short:
      'Pictures, videos and sound from words and photos. The price comes first. No result — your money comes back.',
  },
  groupCommands: {
    imagine: 'Make a picture from words',
    edit: 'Change the photo you reply to',
    help: 'Help',
  },
  commands: {
    start: 'Start',
    menu: 'Menu',
    models: 'All models',
    free: 'Free models',
    history: 'History of runs',
    templates: 'Templates',
    balance: 'Balance',
    topup: 'Top up',
    promo: 'Promo code',
    ref: 'Invite a friend',
    lang: 'Язык · Language',
    help: 'Help',
    terms: 'Terms',
    paysupport: 'A question about a payment',
    cancel: 'Cancel before the start',
  },
}

const icons = { done: '✅', open: '⏳', returned: '↩️', failed: '✖️', cancelled: '✖️' }
const stateIcons = { on: '✅', trial: '🧪', off: '⛔️' }
const operationKinds: Record<string, string> = {
  hold: 'set aside',
  topup: 'top-up',
  bonus: 'bonus',
  referral: 'referral',
  debit: 'charge',
  refund: 'return',
  part_refund: 'part return',
  adjust: 'correction',
  reversal: 'payment returned',
  repayment: 'debt paid off',
  to_group: 'to a group',
}
