import { formatKop } from '../money.ts'
import { clip, type Html, html } from '../telegram/html.ts'
import type { AdminWords } from './admin.ru.ts'
import type {
  AlarmFacts,
  AlarmName,
  ChangeFacts,
  DayFacts,
  ParkedFacts,
  PaymentFacts,
  PersonFacts,
  RequestFacts,
  RunFacts,
  StoodRun,
  StuckFacts,
  SystemFacts,
} from './admin.ts'
import { dateText, durationText, lines, pluralEn } from './format.ts'

const amount = (kop: number) => formatKop(kop, 'en')
const date = (at: Date) => dateText(at, 'en')

const alarms: Record<AlarmName, [what: string, how: string]> = {
  books_disagree: [
    'The books disagree',
    'In full: npm run audit. Runs go on; change nothing by hand before it is understood.',
  ],
  audit_late: [
    'The books were not checked for long',
    'They are checked every hour. See the log: “a job failed”, queue audit.',
  ],
  runs_overdue: ['Runs are long past their end', 'People’s money is held. Open /admin → “⏳ Stuck”.'],
  updates_wait: ['People’s messages wait for over a minute', 'See that workers run, and what the database is doing.'],
  updates_aside: [
    'An update felled the process twice and was set aside',
    'The person was told. What it was: docs/operations/runbook.md, updates_aside.',
  ],
  messages_wait: ['Answers wait for over five minutes to be sent', 'Telegram refuses or asks to wait: see the log.'],
  refunds_wait: [
    'A refund of Stars has not reached Telegram for an hour',
    'The balance is reduced already. See the log: “a refund”.',
  ],
  payments_unread: [
    'Telegram’s list of payments was not read to its end for over 15 minutes',
    'Payments may be missing. See the log: queue reconcile; docs/operations/runbook.md, payments_unread.',
  ],
  payments_parked: ['A payment fits no invoice', 'Decide it: /parked'],
  credit_low: [
    'Credits at the provider run out',
    'Fewer are left than the last day took. Top up, or runs will fail with a refund.',
  ],
  credit_unknown: [
    'Nobody knows how many credits are left at the provider',
    'It does not answer the question for the balance: credits may run out unseen. Look into its dashboard; npm run doctor.',
  ],
  account_refused: [
    'The provider refuses our account, runs are paused',
    'Check the key (KIE_API_KEY) and the credits. What has begun goes on, what was accepted waits for 10 minutes. Sales open by themselves once the provider takes an order.',
  ],
  webhook_fails: ['Telegram cannot deliver to us', 'npm run doctor says why.'],
  webhook_lost: [
    'Somebody removed or changed the bot’s webhook',
    'People’s messages did not reach us. Who did it: docs/operations/runbook.md, webhook_lost.',
  ],
  webhook_fought: [
    'Two deployments fight for the bot',
    'People’s messages go elsewhere. Stop the one too many: docs/operations/runbook.md, webhook_fought.',
  ],
}

const oldest = (isAny: boolean, label: Html, age: Html): [Html, Html][] => (isAny ? [[label, age]] : [])

export const adminEn: AdminWords = {
  transfer: {
    button: '🏦 Bank transfer',
    ask: (minKop: number, maxKop: number) =>
      html`🏦 <b>Top up by transfer</b>\nHow much will you transfer? Send an amount from ${amount(minKop)} to ${amount(maxKop)}.`,
    wrong: (minKop: number, maxKop: number) =>
      html`An amount from ${amount(minKop)} to ${amount(maxKop)} is needed, 500 for example.`,
    details: (id: string, kop: number, details: string) => html`🏦 <b>Transfer of ${amount(kop)}</b>
${details}

Request No <code>${id}</code>: put it into the note of the transfer.
After the transfer send the receipt here: a photo or a PDF.`,
    needProof: html`A receipt is needed: a photo or a PDF. Changed your mind? /cancel`,
    waiting: (id: string, kop: number) =>
      html`Request No <code>${id}</code> for ${amount(kop)} is with the administrator. The money comes after the check.`,
    nobody: html`Nobody can check the request right now, but it is not lost. Questions: /paysupport`,
    proofUsed: html`This file was in another request already. Send the receipt of this transfer.`,
    oneWaits: html`One request of yours is with the administrator. Wait for the answer, then send this receipt again.`,
    notOpen: html`This request is closed. Start again: /topup`,
    denied: (id: string, reason: string) => html`Request No <code>${id}</code> is denied: ${reason}`,
  },

  admin: {
    homeButton: '🛠 Admin',
    refreshButton: '🔄 Refresh',
    failuresButton: '❗️ Failures',
    parkedButton: '🅿️ Parked',
    requestsButton: '📨 Requests',
    versionButton: 'ℹ️ Version',
    personButton: '👤 Card',

    dayTop: (alarms: Html[], requests: number, now: Date) =>
      lines(
        html`🛠 <b>Today</b> · ${date(now)}`,
        ...(alarms.length > 0 ? alarms : [html`✅ No alarms.`]),
        requests > 0 && html`📨 Top-up requests: ${requests}`,
      ),
    dayRows: (d: DayFacts): [Html, Html][] => [
      [html`Runs`, html`${d.runs}`],
      [html`successful`, html`${percent(d)}`],
      [html`failed`, html`${d.failed}`],
      [html`Revenue`, html`${amount(d.revenueKop)}`],
      [html`to the provider`, html`${amount(d.costKop)}`],
      [html`left`, html`${amount(d.revenueKop - d.costKop)}`],
      [html`Top-ups (${d.topUps})`, html`${amount(d.topUpKop)}`],
      ...(d.plans > 0 ? [[html`Plans (${d.plans})`, html`⭐ ${d.planStars} a month`] as [Html, Html]] : []),
      [html`Running`, html`${d.open}`],
      [html`held`, html`${amount(d.heldKop)}`],
      ...oldest(d.open > 0, html`the oldest for`, html`${durationText(d.oldestOpenS * 1000, 'en')}`),
    ],
    dayFind: html`Find: <code>/find</code> and an id, @name, run, task or payment.`,
    day: (d: DayFacts, top: Html, find: Html) =>
      lines(
        top,
        html`\nRuns: ${d.runs} · successful ${percent(d)} · failed ${d.failed}`,
        html`Revenue: ${amount(d.revenueKop)} · to the provider ${amount(d.costKop)} · left ${amount(d.revenueKop - d.costKop)}`,
        html`Top-ups: ${d.topUps} for ${amount(d.topUpKop)}`,
        d.plans > 0 && html`Plans: ${d.plans} for ⭐ ${d.planStars} a month`,
        html`Running: ${d.open} · held ${amount(d.heldKop)}${d.open > 0 ? ` · the oldest for ${durationText(d.oldestOpenS * 1000, 'en')}` : ''}`,
        html`\n${find}`,
      ),
    alarms: (a: AlarmFacts): Html[] => [
      ...(a.lookedS === undefined ? [html`⚠️ Nobody has ever looked for alarms: is a worker running?`] : []),
      ...(a.lookedS !== undefined && a.isSilent
        ? [html`⚠️ Nobody has looked for alarms for ${durationText(a.lookedS * 1000, 'en')}: this is how it was then.`]
        : []),
      ...a.on.map(({ name, ageS }) => html`🔴 ${alarmTitle(name)} · for ${durationText(ageS * 1000, 'en')}`),
      ...(a.broken === undefined ? [html`⚠️ Promises not checked: the database did not answer in time.`] : []),
      ...(a.broken ?? []).map(({ promise, key }) => html`🔴 Broken: ${promise} · <code>${key}</code>`),
      ...alarm(a.parkedPayments, (n: number) => html`⚠️ Parked payments: ${n}`),
      ...alarm(a.openReversals, (n: number) => html`⚠️ Refunds that wait for Telegram: ${n}`),
      ...alarm(a.overdue, (n: number) => html`⚠️ Runs past their deadline: ${n}`),
      ...alarm(a.deadOutbox, (n: number) => html`⚠️ Not delivered in a day: ${n}`),
      ...alarm(a.inboxParked, (n: number) => html`⚠️ Updates not handled: ${n}`),
    ],
    stuckButton: '⏳ Stuck',
    stuckTitle: (n: number) => (n > 0 ? html`⏳ <b>Stuck: ${n}</b>` : html`⏳ Nothing is stuck.`),
    stuck: (n: number, s: StuckFacts) =>
      html`\n${n}. <code>${s.id}</code> · ${s.modelId} · ${s.userId}\n${stuckNames[s.trouble]} · ${durationText(s.ageS * 1000, 'en')} · ${s.money} · due ${date(s.deadlineAt)}${s.provider === undefined ? '' : `\nAt the provider: ${s.provider}`}`,
    captureButton: '✅ Count it',
    settleButton: '⚖️ Settle by answer or deadline',
    giveBackButton: '↩️ Give the money back by hand',
    askAgainButton: '🔄 Ask again',
    lookAtAllButton: '🔄 Look at all of them',
    allAsked: (n: number) => `Looking: ${n}`,
    giveBackReason: 'stuck, given back by hand',
    sureGiveBackButton: '⚠️ Yes, give it back',
    unsure: (run: StoodRun, reason: string) =>
      lines(
        html`⚠️ <b>Give the money of this run back?</b>`,
        standing(run),
        html`${reason}`,
        html`If a result still comes, the person will not get it. Check, and confirm once more.`,
      ),
    settleAsked: 'Looking once more…',

    alarm: name => html`🔴 <b>${alarms[name][0]}</b>\n${alarms[name][1]}`,
    accountRefused: cause =>
      html`🔴 <b>${alarms.account_refused[0]}</b>\n${cause === 'auth' ? 'The key is not accepted.' : 'Credits are missing, or the cap of the key is reached.'} ${alarms.account_refused[1]}`,
    alarmOver: name => html`🟢 Over: ${alarms[name][0]}`,
    webhookLost: (found, theirs, isSetAgain) =>
      lines(
        html`🔴 <b>${alarms.webhook_lost[0]}</b>`,
        found === 'gone' && html`It was deleted.`,
        found === 'differs' && html`The list of what Telegram sends us was changed.`,
        found === 'taken' && html`Somebody else’s address stood in its place: ${theirs}`,
        isSetAgain
          ? html`It is set again: what waited at Telegram will come.`
          : html`It could not be set again yet; the next try is in a minute.`,
      ),
    webhookFought: (ours, theirs) =>
      lines(
        html`🔴 <b>${alarms.webhook_fought[0]}</b>`,
        html`Our address: ${ours}`,
        html`Theirs came back in its place: ${theirs}`,
        html`We leave it there, and people’s messages go to it. Stop the deployment that is one too many, or make a new token at BotFather; then restart this one.`,
      ),
    booksDisagree: (problems, total) =>
      lines(
        html`🔴 <b>The books disagree: ${total}</b>`,
        ...problems.map(problem => html`• ${clip(problem, 200)}`),
        html`In full: npm run audit`,
      ),

    findAsk: html`What to find? <code>/find 123456</code>, <code>/find @name</code>, <code>/find run</code>, a task or a payment.`,
    foundNothing: (text: string) => html`Nothing found: <code>${clip(text, 60)}</code>`,
    run: (r: RunFacts, timeline: Html) =>
      lines(
        timeline,
        html`\nRun <code>${r.id}</code> · person <code>${r.userId}</code>`,
        html`${r.modelId} · ${r.state} · attempts ${r.attempt}`,
        html`${r.money}`,
        r.provider !== undefined && html`At the provider: ${r.provider}`,
        r.taskId !== null && html`Task <code>${r.taskId}</code>`,
        r.error !== undefined && html`Error: ${r.error}`,
        html`Filled in: ${r.inputs.join(', ') || '—'}`,
        r.delivery && html`Delivery: ${deliveryText(r.delivery)}`,
      ),
    promptButton: '👁 The input',
    prompt: (id: string, text: string) => html`Run <code>${id}</code>, entered:\n<pre>${text}</pre>`,

    runButton: '🔎 The run',
    taskButton: '☁️ What the provider has',
    taskAsked: 'Asking the provider…',
    notAsked: {
      unsent: 'not asked yet: the run has not been sent',
      unanswered: 'not asked yet: the submit had no answer, whether there is a task is not known',
      never: 'not asked: the run never had the number of a task',
    },
    asked: {
      notFound: 'asked: it has no such task',
      unclear: (why: string) => `could not be asked: ${why}`,
    },
    task: (id: string, ours: string, theirs: string, isAsked: boolean) =>
      lines(
        html`Run <code>${id}</code>`,
        html`Here: <b>${ours}</b>. The result and the money follow this.`,
        isAsked ? html`At the provider now: <code>${clip(theirs, 1_000)}</code>` : html`At the provider: ${theirs}`,
      ),

    person: (p: PersonFacts) =>
      lines(
        html`👤 <b>${p.name}</b> · <code>${p.id}</code>`,
        p.bannedAt !== null && html`🚫 Access closed ${date(p.bannedAt)}`,
        !p.isReachable && html`The person has blocked the bot.`,
        html`Language: ${p.language} · came ${date(p.since)} · seen ${date(p.seen)}`,
        html`Balance: <b>${amount(p.balanceKop)}</b> · running ${amount(p.heldKop)} · debt ${amount(p.debtKop)}`,
        html`Runs: ${p.stats.total} · succeeded ${p.stats.success} · failed ${p.stats.failed + p.stats.timeout} · returned ${p.returned}`,
        html`Spent: ${amount(p.stats.spentKop)}`,
        html`Bonuses: ${amount(p.bonusKop)} · bonus runs ${p.bonusRuns}`,
        html`Shared: ${p.shares} · came by link ${p.cameByLink}, by a shared result ${p.cameByShare}`,
        p.plan &&
          html`Plan: ⭐ ${p.plan.stars} a month, ${p.plan.months} paid, until ${date(p.plan.until)} · ${planStates[p.plan.state] ?? p.plan.state}`,
      ),
    payments: html`\n<b>Payments</b>`,
    payment: (p: PaymentFacts) =>
      html`${date(p.at)} · ${p.stars === undefined ? p.provider : `⭐ ${p.stars}`} → ${amount(p.amountKop)}${p.reversal === null ? '' : ` · ${reversals[p.reversal] ?? p.reversal}`}\n<code>${p.chargeId}</code>`,
    audit: html`\n<b>Log</b>`,
    auditLine: (at: Date, adminId: number, kind: string, kop: number | null, outcome: string | null, reason: string) =>
      html`${date(at)} · ${adminId} · ${kindNames[kind] ?? kind}${kop === null ? '' : ` ${amount(kop)}`}${outcome === 'not_enough' ? ' (not enough)' : ''} · ${clip(reason, 80)}`,
    actions: {
      credit: '➕ Credit',
      take: '➖ Take back',
      ban: '🚫 Ban',
      unban: '✅ Unban',
      message: '✉️ Write',
    },

    form: (kind: string) => html`<b>${kindNames[kind] ?? kind}</b>`,
    copy: html`Copy, fill in and send:`,
    fields: {
      user: 'ID',
      amount: 'AMOUNT',
      charge: 'PAYMENT',
      parked: 'PAYMENT',
      order: 'REQUEST',
      code: 'CODE',
      uses: 'PEOPLE',
      until: 'DD.MM.YYYY',
      run: 'RUN',
      reason: 'REASON',
      text: 'TEXT',
    },
    wrong: {
      user: html`No id of a person there: digits only.`,
      amount: html`The amount does not fit. Rubles from 0.01 to 1 000 000, for example 100, 100.50 or 1 000.`,
      charge: html`There is no such payment.`,
      parked: html`No such payment is parked.`,
      order: html`There is no such request.`,
      code: html`A code has 4 to 32 Latin letters and digits; “-” makes one up.`,
      uses: html`How many people may take it: from 1 to 100000.`,
      until: html`The last day of the code is needed, for example 31.12.2026. It must lie ahead.`,
      run: html`There is no such run. Its whole id is needed, 12 characters.`,
      reason: html`A reason is needed: from 5 to 500 characters.`,
      text: html`A text is needed: from 5 to 500 characters. It goes to the person as it is.`,
    },
    confirm: (c: ChangeFacts) =>
      lines(
        html`<b>${kindNames[c.kind] ?? c.kind}</b>${c.amountKop === null ? '' : `: ${amount(c.amountKop)}`}`,
        c.person && html`${c.person.name} · <code>${c.person.id}</code> · has ${amount(c.person.balanceKop)}`,
        c.subject !== null && html`<code>${c.subject}</code>`,
        c.promo &&
          html`For ${c.promo.uses} ${pluralEn(c.promo.uses, 'person', 'people')} · until ${date(c.promo.until)}`,
        c.run && standing(c.run),
        html`${c.kind === 'message' ? 'Text' : 'Reason'}: ${c.reason}`,
        c.isCard &&
          html`⚠️ A payment by card: Telegram does not return it. Make the refund in the provider's cabinet first; here the sum is taken from the balance.`,
        html`\nConfirm within 10 minutes.`,
      ),
    copyCodeButton: '📋 Copy the code',
    yesButton: '✅ Confirm',
    noButton: '✖️ Cancel',
    large: (kop: number, reason: string) =>
      html`⚠️ <b>A large sum: ${amount(kop)}</b>\n${reason}\nCheck it once more and confirm again.`,
    sureButton: '⚠️ Yes, confirm',
    dropped: html`Cancelled, nothing has changed.`,
    actionOutdated: html`This screen is outdated, nothing has changed. Send the command once more.`,
    outcome: {
      credited: html`✅ Credited.`,
      taken: html`✅ Taken back.`,
      not_enough: html`Not taken: the balance is lower.`,
      banned: html`✅ Banned.`,
      unbanned: html`✅ Unbanned.`,
      written: html`✅ Done.`,
      reversed: html`✅ Taken off the balance.`,
      duplicate: html`This payment goes back or went back already.`,
      unknown: html`This person has no such payment.`,
      approved: html`✅ Credited.`,
      denied: html`✅ The request is denied.`,
      already_decided: html`Already decided.`,
      parked_credited: html`✅ Credited.`,
      parked_refunded: html`✅ The Stars went back.`,
      parked_closed: html`✅ Closed.`,
      charge_known: html`This payment is credited already. To give it back: /refund`,
      no_person: html`There is no such person here.`,
      is_admin: html`An administrator is not banned: take the id out of ADMIN_IDS first.`,
      stars_only: html`Only Stars go back from here.`,
      promo_added: html`✅ The promo code is ready.`,
      promo_stopped: html`✅ The promo code is stopped.`,
      given_back: html`✅ Given back: the person has the money or the run again.`,
      run_over: html`This run has ended already, there is nothing to give back.`,
      run_running: html`The run goes on: its ending decides about its money. Until it is stuck nothing can be given for it.`,
      no_run: html`This person has no such run.`,
      code_taken: html`There is such a code already.`,
      dropped: html`Cancelled before.`,
    },
    promoCode: (code: string, kop: number) => html`<code>/promo ${code}</code> · ${amount(kop)}`,
    promoStopped: (code: string) => html`<code>${code}</code>`,
    balanceNow: (kop: number, debtKop: number) =>
      html`The balance is ${amount(kop)}${debtKop > 0 ? `, the debt ${amount(debtKop)}` : ''}.`,
    reversal: {
      done: html`The Stars went back.`,
      refused: html`Telegram refused: what was taken is on the balance again.`,
      asked: html`Telegram has not answered yet: the refund ends by itself within 10\u00a0minutes.`,
    },
    cardBack: html`The provider returns the money to the card: make the refund in its cabinet.`,
    starsRefused: html`Telegram refused the refund. Nothing has changed.`,
    told: html`The person was told.`,
    notTold: html`The person could not be told.`,
    tell: {
      credited: (kop: number, balanceKop: number, reason: string) =>
        html`✅ Credited ${amount(kop)}: ${reason}\nYour balance is ${amount(balanceKop)}.`,
      taken: (kop: number, balanceKop: number, reason: string) =>
        html`Taken back ${amount(kop)}: ${reason}\nYour balance is ${amount(balanceKop)}. Questions: /paysupport`,
      banned: (reason: string) => html`Access is closed: ${reason}\nQuestions: /paysupport`,
      unbanned: (reason: string) => html`Access is open again: ${reason}`,
      starsBack: (reason: string) => html`The payment went back: ${reason}`,
    },

    requests: (n: number) => (n > 0 ? html`📨 <b>Top-up requests</b>` : html`No requests.`),
    requestRow: (at: Date, kop: number, userId: number) => `${date(at)} · ${amount(kop)} · ${userId}`,
    request: (r: RequestFacts) =>
      lines(
        html`📨 Request <code>${r.id}</code> · <b>${amount(r.amountKop)}</b> · ${date(r.at)}`,
        html`${r.name} · <code>${r.userId}</code>`,
        html`Before: credited ${r.paidBefore}, denied ${r.deniedBefore}.`,
      ),
    approveButton: (kop: number) => `✅ Credit ${amount(kop)}`,
    otherAmountButton: '✏️ Another amount',
    denyButton: '✖️ Deny',
    approveReason: 'receipt checked, the money has come',
    alreadyDecided: 'Already decided',

    parked: (n: number) => (n > 0 ? html`🅿️ <b>Parked payments</b>` : html`No payment is parked.`),
    parkedLine: (p: ParkedFacts) =>
      html`\n${date(p.at)} · ${p.currency === 'XTR' ? '⭐' : p.currency} ${p.total} · person <code>${p.userId}</code> · ${parkedReasons[p.reason] ?? p.reason}
invoice: <code>${clip(p.payload, 40)}</code>
<code>${p.chargeId}</code>`,
    parkedHow: html`\nWhat can be done with them:`,

    promos: (n: number) => (n > 0 ? html`🏷 <b>Promo codes</b>` : html`No promo codes yet.`),
    promo: (code: string, kop: number, used: number, uses: number, until: Date, isOver: boolean) =>
      html`${isOver ? '✖️' : '🟢'} <code>${code}</code> · ${amount(kop)} · taken ${used} of ${uses} · until ${date(until)}`,

    version: (s: SystemFacts) =>
      lines(
        html`<b>Version ${s.version}</b> · <code>${s.commit}</code>`,
        html`Up for ${durationText(s.uptimeMs, 'en')} · @${s.bot}`,
        s.webhook === undefined
          ? html`Webhook: unknown, Telegram did not answer`
          : html`Webhook: ${s.webhook || 'none, long polling'} · ${s.pending} wait at Telegram`,
        s.lastError !== undefined && html`Last webhook error: ${s.lastError}`,
        html`Queue: updates ${s.inbox}, messages ${s.outbox}, runs ${s.open}${s.open > 0 ? ` (the oldest for ${durationText(s.oldestOpenMs, 'en')})` : ''}`,
      ),
  },

  failuresTitle: (n: number) => html`<b>Last failures: ${String(n)}</b>`,
  failuresNone: html`There were no failures.`,
  adminCommands: {
    admin: 'Today and alarms',
    admin_errors: 'Last failures',
    admin_models: 'Models',
    find: 'Find a person, a run, a payment',
    parked: 'Parked payments',
    requests: 'Top-up requests',
    admin_promo: 'Promo codes',
    version: 'Version and queues',
  },
}

const alarmTitle = (name: string) => (name in alarms ? alarms[name as AlarmName][0] : name)
const alarm = (n: number, text: (n: number) => Html) => (n > 0 ? [text(n)] : [])
const percent = ({ succeeded, failed }: DayFacts) =>
  succeeded + failed > 0 ? `${Math.round((succeeded / (succeeded + failed)) * 100)}\u00a0%` : '—'
const deliveryText = ({ attempts, doneAt, deadReason }: NonNullable<RunFacts['delivery']>) =>
  deadReason !== null
    ? `not delivered (${deadReason}), attempts ${attempts}`
    : doneAt === null
      ? `waits, attempts ${attempts}`
      : `${date(doneAt)}, attempts ${attempts}`
const standing = ({ state, money, provider }: StoodRun) =>
  lines(html`${state} · ${money}`, provider !== undefined && html`At the provider: ${provider}`)
const stuckNames = { overdue: 'past its deadline', unanswered: 'the submit had no answer', untold: 'not delivered' }
const planStates: Record<string, string> = {
  active: 'renews',
  failed: 'payment failed',
  canceled: 'canceled by the person',
  stopping: 'being stopped',
  stopped: 'stopped by the bot',
}
const reversals: Record<string, string> = { asked: 'going back', done: 'went back', refused: 'Telegram refused' }
const parkedReasons: Record<string, string> = {
  unknown_order: 'no such invoice',
  foreign_order: "somebody else's invoice",
  wrong_amount: 'wrong amount',
  charge_reused: 'known charge',
}
const kindNames: Record<string, string> = {
  credit: 'Credit',
  take: 'Take back',
  ban: 'Ban',
  unban: 'Unban',
  message: 'Write',
  refund: 'Refund a payment',
  approve: 'Credit a request',
  deny: 'Deny a request',
  parked_credit: 'Credit a parked payment',
  parked_refund: 'Refund a parked payment',
  parked_close: 'Close a parked payment',
  promo_add: 'Make a promo code',
  promo_stop: 'Stop a promo code',
  give_back: 'Give the money of a run back',
  prompt: 'Look at what was entered',
}
