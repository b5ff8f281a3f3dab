import { formatKop } from '../../money.ts'
import { type Html, html } from '../../telegram/html.ts'
import { dateText, lines, priceText } from '../format.ts'
import type { GroupWords } from './groups.ru.ts'
import type { GroupEntry, GroupFacts, GroupPrice, GroupRun } from './groups.ts'

const amount = (kop: number) => formatKop(kop, 'en')
const named = (name: string): Html => html`<b>${name || 'Somebody'}</b>`

export const groupsEn: GroupWords = {
  groups: {
    welcome: html`Hello! I make pictures and edit photos right in the group. An admin can turn me on with the button below or with /ai_on.`,
    off: html`I am off in this group. An admin can turn me on: /ai_on. In private chats I always work.`,
    onButton: '✅ Turn on in this group',
    turnedOn: (username: string) =>
      lines(
        html`<b>Done, I work in this group now.</b>`,
        html`<code>/imagine a red cat in a hat</code>: a picture from your words`,
        html`<code>/edit make it winter</code> as a reply to a photo: the photo edited`,
        html`Or simply: <code>@${username} a red cat</code>`,
        html`The price is seen only by the one who asks. The result is seen by all.`,
      ),
    turnedOff: html`I am off now. What has begun will be finished. To turn me on again: /ai_on`,
    onNow: 'Turned on',
    settingsButton: '⚙️ Who pays',
    openButton: 'Open the bot',
    adminsOnly: 'Only admins of the group may do this',
    adminsOnlyScreen: html`Only admins of the group may turn me on and off.`,
    anonymous: html`You write as the group, so I do not know whom to show the price. Please write as yourself.`,
    working: ({ name, words }: GroupRun) => html`⏳ ${named(name)}${words === undefined ? html`` : html`: ${words}`}`,
    result: ({ name, words, model }: GroupRun) =>
      lines(
        words === undefined ? html`${named(name)} · ${model}` : html`${words}`,
        words !== undefined && html`${named(name)} · ${model}`,
      ),
    failed: ({ name }: GroupRun, why: Html) => html`${named(name)}: ${why} If anything was charged for it, it is back.`,
    makeOwnButton: 'Make your own',
    askInPrivate: (name: string) => html`${named(name)}, I show the price in a private chat: please open it.`,
    toldInPrivate: (name: string) => html`${named(name)}, the answer is in your private chat.`,

    noWords: html`Write what to draw: <code>/imagine a red cat in a hat</code>`,
    noPhoto: html`Reply to a photo with the command: <code>/edit make it winter</code>`,
    noWish: html`Write what to do with the photo: <code>/edit make it winter</code>`,
    cannot: html`That does not work: no model takes it now. Try other words or another photo.`,
    price: (it: GroupPrice) =>
      lines(
        html`<b>${it.name}</b>${it.words === undefined ? html`` : html` · ${it.words}`}`,
        it.isByGroup
          ? html`Price: <b>${amount(it.priceKop)}</b> · paid by the group`
          : html`Price: <b>${priceText(it.priceKop, 'en')}</b>`,
        it.isByGroup && html`Left for you today: ${amount(it.leftKop)}`,
        !it.isByGroup && it.priceKop > 0 && html`Your balance: ${amount(it.leftKop)}`,
        html`${it.priceKop > 0 ? 'If it fails, the money comes back.' : 'If it fails, the free run comes back.'}`,
        html`The whole group${it.title === undefined ? '' : ` “${it.title}”`} will see the result.`,
      ),
    short: (it: GroupPrice) =>
      lines(
        html`<b>${it.name}</b>${it.words === undefined ? html`` : html` · ${it.words}`}`,
        html`The price is ${amount(it.priceKop)}, your balance is ${amount(it.leftKop)}: ${amount(it.priceKop - it.leftKop)} is missing.`,
        html`Top up in the private chat, and the order for the group${it.title === undefined ? '' : ` “${it.title}”`} goes on.`,
      ),
    groupShort: html`The group's balance does not cover this. You can top it up, or pay yourself.`,
    memberLimit: (kop: number) =>
      html`The group pays up to ${amount(kop)} a day for one member, and what is left today does not cover this. You can pay yourself.`,
    startButton: (kop: number) => (kop === 0 ? '✅ Start for free' : `✅ Start for ${amount(kop)}`),
    selfButton: 'Pay yourself',
    freshButton: '🔁 See the price',
    cancelButton: 'Cancel',
    topUpButton: '➕ Top up',
    giveButton: "➕ Top up the group's balance",
    cancelled: html`Cancelled. No money was spent.`,
    started: html`Started. The result will come to the group.`,
    startedTo: (title: string) => html`✅ Started. The result will come to the group “${title}”.`,
    backButton: '↩️ To the group',
    startedBefore: (title: string) => html`This order was started before. Look for its result in the group “${title}”.`,
    already: 'Already started',
    notYours: 'This price is not for you. Ask for your own: /imagine',
    old: html`This price is out of date.`,
    changed: html`The price was updated.`,
    gone: html`This model is not available now. Ask again, and I take another.`,
    isOffNow: html`The group was turned off, or it pays in another way now. No money was spent.`,
    inDebt: html`Please pay your debt first: open /balance in the private chat.`,
    tooMany: html`As many runs as possible are under way. Please wait for one of them.`,
    notDelivered: (title: string) =>
      html`It could not be sent to the group “${title}”: I am not there or may not write. So the result is here.`,

    settings: (it: GroupFacts) =>
      lines(
        html`<b>Group “${it.title}”</b>`,
        html`${it.isOn ? 'On.' : 'Off.'} ${it.isByGroup ? 'The group pays from its balance.' : 'Everybody pays for themselves.'}`,
        html`Balance of the group: <b>${amount(it.balanceKop)}</b>`,
        it.isByGroup && html`For one member: up to ${amount(it.memberDailyKop)} a day`,
      ),
    groupPaysButton: 'Let the group pay',
    eachPaysButton: 'Let everybody pay',
    limitButton: (kop: number) => `Up to ${amount(kop)} a day`,
    ledgerButton: '🧾 Money movements',
    turnOnButton: '✅ Turn on',
    turnOffButton: 'Turn off',
    toSettingsButton: '← To the settings',
    ledger: (title: string, entries: GroupEntry[]) =>
      entries.length === 0
        ? html`Nothing has moved on the balance of the group “${title}” yet.`
        : lines(html`<b>Balance of the group “${title}”</b>`, ...entries.map(entryLine)),
    noGroup: html`I do not know this group. An admin can turn me on there with /ai_on.`,
    cannotAsk: html`I do not see you in this group, or I am no longer there.`,

    give: (title: string, balanceKop: number) =>
      lines(
        html`<b>Balance of the group “${title}”</b>`,
        html`The money moves from your balance to the group's, and you cannot take it back. You have ${amount(balanceKop)}.`,
        html`How much to add?`,
      ),
    given: (title: string, kop: number) =>
      html`✅ The balance of the group “${title}” grew by ${amount(kop)}. Thank you!`,
    giveRefused: {
      duplicate: html`This is done already, nothing was charged a second time.`,
      unknown: html`That did not work: the group is gone. No money was spent.`,
      short: html`Your balance is lower than that. Top it up: /topup`,
      in_debt: html`Please pay your debt first: /balance`,
      not_own: html`Only what you have paid in can go to a group: bonuses stay with you.`,
    },

    guest: (words: string) =>
      lines(
        html`🎨 “${words}”`,
        html`Press the button: your words are inside, price and result come in the private chat.`,
      ),
    guestEmpty: html`🎨 I make pictures and videos from words and edit photos. Open me with the button.`,
    guestTitle: 'A picture from words',
    guestButton: 'Go on',
    guestLast: 'My last result',
    noLast: html`There is nothing to show yet: no results so far.`,
  },
  groupAdminCommands: {
    ai_on: 'Turn on in this group (admins)',
    ai_off: 'Turn off in this group (admins)',
  },
}

function entryLine({ at, kind, amountKop, name, model }: GroupEntry): Html {
  const who = name ? ` · ${name}` : ''
  const what: Record<string, string> = {
    from_member: 'top-up',
    debit: model ?? 'run',
    refund: 'refund',
    part_refund: 'part refund',
    to_group: 'moved',
    adjust: 'correction',
  }
  return html`${dateText(at, 'en')}  ${amountKop > 0 ? '+' : '−'}${amount(Math.abs(amountKop))} · ${what[kind] ?? kind}${who}`
}
