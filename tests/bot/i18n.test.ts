import fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadModels } from '../../src/catalogue/models.ts'
import { adminRu } from '../../src/i18n/admin.ru.ts'
import { alarmNames } from '../../src/i18n/admin.ts'
import {
  dateText,
  durationText,
  pluralEn,
  pluralRu,
  priceText,
  rangeText,
  secondText,
  timeText,
  zonedDate,
  zonedTime,
} from '../../src/i18n/format.ts'
import { navigationRu } from '../../src/i18n/navigation.ru.ts'
import type { CardFacts } from '../../src/i18n/navigation.ts'
import { orderingRu } from '../../src/i18n/ordering.ru.ts'
import type { Ask, QuoteFacts } from '../../src/i18n/ordering.ts'
import { stringsFor } from '../../src/i18n/strings.ts'
import { codeOf, foreignIn, foreignKeys, saveAs } from '../../src/media/formats.ts'
import type { Language } from '../../src/money.ts'
import { type Html, html, toPlain } from '../../src/telegram/html.ts'

/** Every text by its path; functions and built texts as they are. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  const isText = typeof value === 'object' && value !== null && 'html' in value && typeof value.html === 'string'
  if (typeof value !== 'object' || value === null || isText) return [[path, value]]
  return Object.entries(value).flatMap(([key, one]) => leaves(one, `${path}.${key}`))
}
const text = (leaf: unknown) =>
  typeof leaf === 'object' && leaf !== null && 'html' in leaf ? String(leaf.html) : typeof leaf === 'string' ? leaf : ''

const [ru, en] = [leaves(stringsFor('ru')), leaves(stringsFor('en'))]

t.test('every Russian text has an English twin of the same kind', async t => {
  const kinds = (all: [string, unknown][]) => all.map(([path, leaf]) => `${path} ${typeof leaf}`).sort()
  t.strictSame(kinds(en), kinds(ru))
  t.ok(ru.length > 150)
})

t.test('no text is empty or unfinished', async t => {
  for (const [path, leaf] of [...ru, ...en]) {
    if (typeof leaf === 'function') continue
    t.match(text(leaf), /\S/, path)
    t.notMatch(text(leaf), /todo|undefined|\\n/i, path)
  }
})

t.test('every text takes as many arguments in both languages', async t => {
  const arity = (all: [string, unknown][]) =>
    all.flatMap(([path, leaf]) => (typeof leaf === 'function' ? [`${path} ${leaf.length}`] : [])).sort()
  t.strictSame(arity(en), arity(ru))
})

const models = loadModels()
// The largest amount of 64 bits that two of can still be added up as numbers: 45 trillion rubles.
const vast = Math.floor(Number.MAX_SAFE_INTEGER / 2)
const at = new Date('2026-11-23T22:09:03Z')
const longestOf = (texts: string[]) => texts.reduce((longest, text) => (text.length > longest.length ? text : longest))
const media = ['image', 'video', 'audio'] as const

/** The longest values that the screens fill in; what takes plain values only is tried with all kinds of them. */
function worstOf(language: Language): Record<string, unknown[][]> {
  const name = longestOf(models.map(model => model.name[language]))
  const labels = models
    .flatMap(model => model.params.map(param => param.label[language]))
    .sort((a, b) => b.length - a.length)
  const label = labels[0]!
  const person = '<&"'.repeat(22).slice(0, 64)
  const field = { label, text: 'ы'.repeat(200) }
  const option = { label, text: 'ы'.repeat(30) }
  const excerpts = [undefined, 4_000].map(of => ({ text: 'ы'.repeat(400), of }))
  const asks: Ask[] = [
    { kind: 'text', least: 0, most: 20_000, example: 'ы'.repeat(100) },
    { kind: 'link', example: `https://sora.chatgpt.com/p/${'a'.repeat(60)}` },
    { kind: 'options', names: ['a', 'b', 'c', 'd', 'e'].map(letter => letter.repeat(30)) },
    { kind: 'yes_no' },
    { kind: 'number', min: -1_000_000, max: 1_000_000, unit: 'с' },
    { kind: 'files', media: [...media], most: 14, megabytes: 20, seconds: 600 },
    { kind: 'earlier', models: [name, name] },
    { kind: 'either', labels: [label, label] },
  ]
  const card: CardFacts = {
    name,
    about: longestOf(models.map(model => model.description[language])),
    needs: labels.slice(0, 4),
    price: { kind: 'range', minKop: vast - 1, maxKop: vast },
    dependsOn: labels.slice(0, 5),
    example: { text: labels.slice(0, 5).join(', '), kop: vast },
    typical: { fromMs: 3_000_000, toMs: 7_000_000, percent: 100, of: 100 },
    failsOften: true,
    free: { day: 10, hour: 3, of: 10, isSharedUp: false },
  }
  const plan = { stars: 10_000, amountKop: 100_000_00, openMore: 100, freeMore: 1_000, discount: 90 }
  const planStates = ['active', 'failed', 'canceled', 'stopping', 'stopped'] as const
  const quote: QuoteFacts = {
    name,
    lines: [field, field, field, field, field, field],
    choices: Array(8).fill(option),
    price: { kind: 'exact', kop: vast },
    priceKop: vast,
    wasKop: vast - 1,
    balanceKop: vast,
    typical: '1–2 ч',
    discount: { percent: 90, fullKop: vast },
    billed: { unit: '1000 characters', quantity: 20_000, unitKop: vast },
    until: at,
    pinned: Array(4).fill(option),
    freeAgain: { at, isTomorrow: true },
  }
  const parameter = {
    label,
    hint: 'ы'.repeat(150),
    values: 'ы'.repeat(220),
    need: 'either',
    default: 'ы'.repeat(40),
    changesPrice: true,
  }
  const steps = [
    'price',
    'held',
    'charged',
    'returned',
    'kept',
    'free',
    'free_returned',
    'cancelled',
    'failed',
    'timeout',
    'sent',
    'result',
  ]
  const step = (what: string) => ({
    at,
    step: { what, kop: vast, backKop: vast, choices: 'ы'.repeat(200), taskTail: 'ffff', files: 6 },
  })
  const codes = [
    'missing',
    'too_long',
    'too_short',
    'too_small',
    'wrong_type',
    'step',
    'not_in_list',
    'pattern',
    'too_few_files',
  ]
  const more = ['too_many_files', 'file_kind', 'file_size', 'file_duration', 'file_dimensions', 'rule']
  const unfit = [...codes, ...more].flatMap(code =>
    asks.map(ask => [{ code, limit: 20_000, why: undefined, ask }, 4_096]),
  )
  const free = { kind: 'free', left: 10, of: 10 } as const
  const row = { name, price: card.price, isSlow: true, freeAt: '15:00' }
  const states = ['done', 'open', 'returned', 'failed', 'cancelled'] as const
  const ofLoss = { failedPeople: 99, runIds: Array(10).fill('abcdefghijkl') }
  const lossRun = {
    id: 'abcdefghijkl',
    userId: vast,
    at,
    costKop: vast,
    keptKop: vast,
    expectedCredits: '1000000.0000',
  }
  const usuals = [undefined, at].map(around => ({ typical: '20–45 с', around }))
  const boardStates = [
    { what: 'queued' },
    { what: 'sent' },
    { what: 'running', leftMs: undefined },
    { what: 'running', leftMs: 0 },
    { what: 'running', leftMs: vast },
    { what: 'slow', ageMs: vast },
  ]
  const switched = {
    name,
    id: 'a'.repeat(41),
    finished: 99,
    succeeded: 98,
    costKop: vast,
    keptKop: vast,
    at,
    ...ofLoss,
  }
  const id = 'abcdefghijkl'
  const payment = { date: '23.11 15:09', amountKop: vast, chargeTail: 'ffffff' }
  const causes = ['failing', 'unsupported', 'loss', 'recovered'] as const
  const modelState = { ...switched, isPinned: true, minKop: vast, reason: 'ы'.repeat(200) }
  return {
    ...worstForAdmins(person, { kop: vast, id, at }),
    '.bonus.left': [[{ runs: 999, capKop: vast }]],
    '.bonus.startButton': [[{ runs: 999, capKop: vast }]],
    '.bonus.result': [[{ name, ageMs: 86_400_000, short: '7k2m' }]],
    '.request.unusedFiles': [[{ files: 13, of: 14 }]],
    '.ownTemplates.saved': [['x'.repeat(40), Array.from({ length: 10 }, () => 'ы'.repeat(60))]],
    '.ownTemplates.notSaved': (['words', 'places', 'full'] as const).map(code => [
      { code, count: 120_000, most: 10_000 },
    ]),
    '.ownTemplates.list': [
      [0, 20],
      [20, 20],
    ],
    '.ownTemplates.place': [
      [{ name: 'x'.repeat(40), places: Array.from({ length: 10 }, () => 'ы'.repeat(60)), at: 0 }],
    ],
    '.series.more': [
      [{ task: 'x'.repeat(40), room: 2, most: 1000, photos: 30 }],
      [{ task: 'x', room: 0, most: 1, photos: 0 }],
    ],
    '.series.list': [[seriesOf(name, 30)]],
    '.series.screen': [[seriesOf(name, 30)]],
    '.series.report': (['money', 'room', 'off', 'free', 'paused', 'banned', 'price', undefined] as const).map(
      refusal => [
        { orders: seriesOf(name, 30).orders.map(order => ({ ...order, short: 'abcd' })), started: 15, refusal },
      ],
    ),
    ...groupWords(name, at),
    '.request.priced': [[longestOf(Object.values(stringsFor(language).request.taskButtons)), '45 000 000 000 000 ₽']],
    '.debt.screen': [[{ debtKop: vast, needKop: vast }]],
    '.notices.friendRan': [[{ runs: 999, capKop: vast }]],
    '.payment.row': [[payment]],
    '.payment.screen': [undefined, 'asked', 'done', 'refused'].map(refund => [{ ...payment, refund }]),
    '.referral.screen': [undefined, `https://t.me/${'a'.repeat(32)}?start=r_abcdefghijkl`].map(link => [
      { runs: 999, capKop: vast, link, came: vast, counted: vast, left: vast },
    ]),
    '.topUp.credited': [[{ amountKop: vast, balanceKop: vast, debtKop: vast, isSecond: true, until: at }]],
    '.plan.offer': [[plan]],
    '.plan.offerButton': [[plan]],
    '.plan.order': [[plan]],
    '.plan.invoiceAbout': [[plan]],
    '.plan.status': planStates.map(state => [{ ...plan, state, until: at }]),
    '.plan.renewal': planStates.map(state => [{ ...plan, state, until: at }]),
    '.plan.changed': (['active', 'canceled', 'failed'] as const).flatMap(state => [
      [{ stars: 10_000, state, until: at }],
      [{ stars: 10_000, state, until: undefined }],
    ]),
    '.switched.off': causes.flatMap(cause => [at, undefined].map(rest => [{ ...switched, cause, at: rest }])),
    '.switched.lossRun': [[10, { ...lossRun, costCredits: '1000000.0000' }]],
    '.switched.on': causes.map(cause => [{ ...switched, cause }]),
    '.modelStates.cells': ['on', 'trial', 'off'].map(state => [{ ...modelState, state }]),
    '.modelStates.state': ['on', 'trial', 'off'].map(state => [{ ...modelState, state }]),
    '.modelStates.confirm': ['on', 'off', 'auto'].map(how => [how, name, 'a'.repeat(41), 'ы'.repeat(500)]),
    '.modelStates.done': ['on', 'off', 'auto'].map(how => ['a'.repeat(41), how]),
    '.run.downloadButton': [[32, at]],
    '.run.keptWithLink': [[at]],
    '.run.keptWithoutLink': [[at]],
    '.welcome': [[{ name: person, freeRuns: 50, bonusKop: vast }]],
    '.menu': [[{ canSpendKop: vast, atWorkKop: vast }]],
    '.balance': [[{ canSpendKop: vast, atWorkKop: vast, atWorkCount: 999 }]],
    '.list': ['image', 'edit', 'video', 'animate', 'audio', 'tools', 'all', 'free', 'popular', 'find'].map(list => [
      list,
    ]),
    '.listRow': [[row], [{ ...row, price: free }]],
    '.card': [
      [card],
      [
        { ...card, price: { kind: 'exact', kop: vast } },
        { kop: vast, per: 'за 1000 знаков', usual: labels.slice(0, 3).join(', ') },
      ],
    ],
    '.parameter': [[parameter]],
    '.history.row': states.map(state => [{ state, what: 'ы'.repeat(100), costKop: vast }]),
    '.history.state': states.map(state => [state, 86_400_000]),
    '.operationCells': [[{ date: '23.11 15:09', kind: 'topup', amountKop: -vast, name, number: '7k2m' }]],
    '.operation': [[{ date: '23.11 15:09', kind: 'topup', amountKop: -vast, name, number: '7k2m' }]],
    '.helpTopics.free': [[{ daily: 10, hourly: 3, dayBegins: new Date('2026-11-24T00:00:00Z') }]],
    '.support.question': [[vast, person, 'ы'.repeat(3_000)]],
    '.support.run': [['7k2m', name, 'ы'.repeat(30)]],
    '.wizard.checklist': [[name, Array(6).fill('ы'.repeat(120))]],
    '.wizard.chosenText': excerpts.map(one => [one]),
    '.wizard.improveBoth': excerpts.map(one => [one, one]),
    '.wizard.improveNothing': excerpts.map(one => [one]),
    '.wizard.need': asks.map(ask => [label, ask]),
    '.wizard.ask': asks.map(ask => [ask]),
    '.wizard.needed': asks.map(ask => [ask]),
    '.wizard.soFar': [
      [vast, false],
      [vast, true],
    ],
    '.wizard.closed': [[labels.slice(0, 12), 'ы'.repeat(200)]],
    '.wizard.earlier': [[['23.11 15:09', 'ы'.repeat(20), 'ы'], '7k2m']],
    '.wizard.noEarlier': media.map(kind => [[name, name], kind]),
    '.wizard.noSuchOption': [
      ['ы'.repeat(40), Array(5).fill('ы'.repeat(60))],
      ['ы'.repeat(40), []],
    ],
    '.wizard.unfit': unfit,
    '.wizard.refused': [
      'too_big',
      'too_large',
      'bad_url',
      'redirect',
      'not_found',
      'not_media',
      'dimensions',
      'heavy',
      'empty',
    ].map(code => [code]),
    '.wizard.foreign': foreignKeys().map(key => [foreignIn(codeOf(key)), saveAs]),
    '.wizard.foreignHere': asks.filter(({ kind }) => kind === 'files').map(ask => ['JPEG 2000', ask]),
    '.quote.screen': [[quote], [{ ...quote, priceKop: 0, price: free, freeAgain: undefined }]],
    '.run.queued': [undefined, ...usuals].map(usual => [vast, usual]),
    '.run.sent': [undefined, ...usuals].map(usual => [usual]),
    '.run.wait': usuals.map(usual => [usual]),
    '.run.running': [undefined, 0, 90_000].flatMap(left => [
      [300, left, '', undefined, at],
      [vast, left, '▓▓▓▓▓▓▓▓▓░', at, at],
    ]),
    '.run.board': [true, false].map(isLong => [[html`${name}`, html`${name}`], isLong]),
    '.run.boardLine': boardStates.map(state => [name, '7k2m', state]),
    '.run.slow': [
      [86_400_000, vast, at],
      [86_400_000, 0, at],
    ],
    '.run.unclear': [[vast, at]],
    '.run.waitsForProvider': [[vast, at]],
    '.run.result': [free, quote.price].map(price => [
      {
        name,
        ageMs: 86_400_000,
        price,
        balanceKop: vast,
        short: '7k2m',
        part: { arrived: 31, promised: 32, backKop: vast },
      },
    ]),
    '.run.timeline': [[name, '7k2m', steps.map(step)]],
    '.run.money.debited': [[vast, at]],
    '.late.offer': (['image', 'video', 'audio'] as const).map(kind => [
      { name, short: '7k2m', kind, files: 31, seconds: 3_599, megabytes: 3_100.5, until: at },
    ]),
    '.late.short': [[vast, 0, at]],
    '.late.result': [free, quote.price].map(price => [
      { name, ageMs: 0, price, balanceKop: vast, short: '7k2m', part: undefined },
    ]),
  }
}

const seriesOf = (name: string, n: number) => ({
  kind: 'photos' as const,
  orders: Array.from({ length: n }, (_, at) => ({ name, photo: at + 1, kop: vast })),
  sumKop: vast,
  balanceKop: vast,
  until: new Date(0),
  leftOut: [],
})

/** The screens of the operator's people; the longest reason is 500 characters. */
function worstForAdmins(
  name: string,
  { kop, id, at }: { kop: number; id: string; at: Date },
): Record<string, unknown[][]> {
  const reason = 'ы'.repeat(500)
  const charge = 'c'.repeat(200)
  const day = { runs: kop, succeeded: kop, failed: 1, revenueKop: kop, costKop: kop, topUps: kop, topUpKop: kop }
  const today = { ...day, open: kop, heldKop: kop, oldestOpenS: 86_400 }
  const on = alarmNames.map(name => ({ name, ageS: 1e7 }))
  const alarms = {
    on,
    lookedS: 1e7,
    isSilent: true,
    parkedPayments: kop,
    openReversals: kop,
    deadOutbox: kop,
    overdue: kop,
    inboxParked: kop,
  }
  const broken = Array.from({ length: 5 }, () => ({ promise: 'ы'.repeat(40), key: 'k'.repeat(60) }))
  const delivery = { attempts: 10, doneAt: at, deadReason: null }
  const run = {
    id,
    userId: kop,
    modelId: 'm'.repeat(41),
    state: 'running',
    money: navigationRu.history.money.kept(kop, kop),
    taskId: charge,
    attempt: 5,
  }
  const provider = adminRu.admin.notAsked.unanswered
  const person = { id: kop, name, language: 'ru', since: at, seen: at, isReachable: false, bannedAt: at }
  const money = {
    balanceKop: kop,
    heldKop: kop,
    debtKop: kop,
    stats: { total: kop, success: kop, failed: kop, timeout: 0, spentKop: kop },
    returned: kop,
    bonusKop: kop,
    bonusRuns: kop,
    shares: kop,
    cameByLink: kop,
    cameByShare: kop,
  }
  const change = { kind: 'credit', amountKop: kop, subject: charge, promo: { uses: kop, until: at }, reason }
  const payment = { at, amountKop: kop, stars: kop, provider: 'stars', chargeId: charge, reversal: 'asked' }
  const parked = { at, userId: kop, chargeId: charge, payload: 'p'.repeat(200), total: kop, currency: 'XTR' }
  const system = {
    version: '1.0.0',
    commit: 'c'.repeat(40),
    uptimeMs: kop,
    bot: 'b'.repeat(32),
    webhook: 'w'.repeat(200),
  }
  const queues = { pending: kop, lastError: reason, inbox: kop, outbox: kop, open: kop, oldestOpenMs: 86_400_000 }
  const words = navigationRu.menu({ canSpendKop: kop, atWorkKop: kop })
  return {
    '.admin.dayTop': [[[words, words], kop, at]],
    '.admin.dayRows': [[today]],
    '.admin.day': [[today, words, words]],
    '.admin.alarms': [[{ ...alarms, broken }]],
    '.admin.accountRefused': [['auth'], ['no_credit']],
    '.admin.alarm': alarmNames.map(name => [name]),
    '.admin.alarmOver': alarmNames.map(name => [name]),
    '.admin.webhookLost': (['gone', 'differs', 'taken'] as const).map(found => [
      found,
      'u'.repeat(300),
      found !== 'gone',
    ]),
    '.admin.webhookFought': [['u'.repeat(300), 'u'.repeat(300)]],
    '.admin.booksDisagree': [[Array(10).fill(reason), kop]],
    '.admin.run': [[{ ...run, error: reason, inputs: Array(20).fill('i'.repeat(20)), delivery }, words]],
    '.admin.prompt': [[id, 'ы'.repeat(3_000)]],
    '.admin.stuck': [
      [
        20,
        {
          id,
          userId: kop,
          modelId: name,
          money: run.money,
          provider,
          trouble: 'unanswered',
          ageS: 1e6,
          deadlineAt: new Date(),
        },
      ],
    ],
    '.admin.task': [[id, 'submitting / captured', 'ы'.repeat(3_000), true]],
    '.admin.person': [[{ ...person, ...money }]],
    '.admin.payment': [[payment]],
    '.admin.auditLine': [[at, kop, 'credit', kop, 'not_enough', reason]],
    '.admin.confirm': [[{ ...change, person: { id: kop, name, balanceKop: kop }, isCard: true }]],
    '.admin.large': [[kop, reason]],
    '.admin.unsure': [[{ id, state: 'submitting / debited', money: run.money, provider }, reason]],
    '.admin.tell.credited': [[kop, kop, reason]],
    '.admin.requestRow': [[at, kop, kop]],
    '.admin.request': [[{ id, userId: kop, name, amountKop: kop, at, paidBefore: kop, deniedBefore: kop }]],
    '.admin.parkedLine': [[{ ...parked, reason: 'unknown_order' }]],
    '.admin.promo': [[charge.slice(0, 32), kop, kop, kop, at, true]],
    '.admin.version': [[{ ...system, ...queues }]],
    '.transfer.details': [[id, kop, 'ы'.repeat(1_000)]],
  }
}

const worstWords = 'ы'.repeat(600)
const groupWords = (name: string, at: Date): Record<string, unknown[][]> => {
  const run = { name: 'Ы'.repeat(64), words: worstWords, model: name }
  const title = 'Г'.repeat(128)
  const prices = [true, false].flatMap(isByGroup =>
    [0, vast].map(priceKop => [
      { name, words: worstWords, priceKop, leftKop: vast, isByGroup, title: isByGroup ? title : undefined },
    ]),
  )
  const entry = (kind: string, amountKop: number) => ({ at, kind, amountKop, name: 'Ы'.repeat(64), model: name })
  return {
    '.groups.working': [[run], [{ ...run, words: undefined }]],
    '.groups.result': [[run], [{ ...run, words: undefined }]],
    '.groups.failed': [[run, { html: worstWords }]],
    '.groups.price': prices,
    '.groups.short': prices,
    '.groups.settings': [true, false].map(is => [
      { title, isOn: is, isByGroup: is, balanceKop: vast, memberDailyKop: vast },
    ]),
    '.groups.ledger': [
      [title, []],
      [title, Array.from({ length: 20 }, (_, n) => entry(n % 2 ? 'debit' : 'from_member', n % 2 ? -vast : vast))],
    ],
    '.groups.giveRefused': [],
  }
}

/** A text for each way to fill it in. Kinds of plain values that it does not take are passed over. */
function filled(language: Language): { path: string; value: unknown }[] {
  const worst = worstOf(language)
  const plain = [vast, longestOf(models.map(model => model.name[language]))]
  return leaves(stringsFor(language)).flatMap(([path, leaf]) => {
    if (typeof leaf !== 'function') return [{ path, value: leaf }]
    const ways =
      worst[path] ??
      Array.from({ length: 2 ** leaf.length }, (_, bits) =>
        Array.from({ length: leaf.length }, (_, n) => plain[(bits >> n) & 1]),
      )
    const values = ways.flatMap(args => {
      try {
        return [leaf(...args) as unknown].flat(2)
      } catch (error) {
        if (worst[path]) throw error
        return []
      }
    })
    return values.filter(value => worst[path] || !/NaN|Invalid/.test(said(value))).map(value => ({ path, value }))
  })
}
const said = (value: unknown) => (typeof value === 'string' ? value : toPlain(value as Html))

const mostOf: Record<string, number> = { '.run.result': 1_024, '.profile.description': 512, '.profile.short': 120 }

for (const language of ['ru', 'en'] as const) {
  t.test(`${language}: every text with its longest values fits Telegram and says nothing it should not`, async t => {
    const texts = filled(language)
    const never = /undefined|\[object|NaN|null|\\n|\$\{|\bkie\b|redpanda|aiquickdraw/i
    const faults = texts.flatMap(({ path, value }) => {
      const text = said(value)
      // Captions of buttons are cut at 64 by the button itself; a toast and a plain text never come near 200.
      const most = mostOf[path] ?? (typeof value === 'string' ? 200 : 4_096)
      return [
        ...(text.length > most ? [`${path} has ${text.length} characters: ${text.slice(0, 60)}`] : []),
        ...(never.test(text) ? [`${path} says ${never.exec(text)?.[0]}`] : []),
        ...(text.trim() === '' ? [`${path} says nothing`] : []),
      ]
    })
    t.strictSame(faults, [])
    const known = new Set(texts.map(({ path }) => path))
    const silent = leaves(stringsFor(language)).filter(([path]) => !known.has(path))
    t.strictSame(
      silent.map(([path]) => path),
      [],
      'each was said at least once',
    )
  })
}

t.test('the two halves of the words do not hide each other', async t => {
  const shared = Object.keys(navigationRu).filter(key => key in orderingRu)
  t.strictSame(shared, [])
})

const folder = join(import.meta.dirname, '../../src/i18n')
const sources = fs
  .globSync('**/*.ts', { cwd: folder })
  .map(name => ({ name, source: fs.readFileSync(join(folder, name), 'utf8') }))

t.test('no text names the seller of the models or promises something for later', async t => {
  for (const { name, source } of sources) t.notMatch(source, /\bkie\b|TODO|FIXME|lorem/i, name)
})

t.test('English is all English, but for the names of languages', async t => {
  for (const { name, source } of sources.filter(({ name }) => name.endsWith('.en.ts'))) {
    t.notMatch(source.replaceAll('Язык', '').replaceAll('Русский', ''), /[а-яё]/i, name)
  }
})

t.test('free is a word, never a price of nothing', async t => {
  t.equal(priceText(0, 'ru'), 'бесплатно')
  t.equal(priceText(0, 'en'), 'free')
  t.equal(priceText(380, 'ru'), '3,80\u00a0₽')
  t.equal(priceText(380, 'en'), '3.80\u00a0₽')
})

t.test('times are those of Moscow, at any season and over midnight', async t => {
  const evening = new Date('2026-11-23T22:09:03Z')
  t.equal(timeText(evening, 'ru'), '01:09\u00a0МСК')
  t.equal(timeText(new Date('2026-07-01T12:40:00Z'), 'en'), '15:40\u00a0Moscow\u00a0time')
  t.equal(zonedTime(evening, 'ru').html, '<tg-time unix="1795471743" format="t">01:09\u00a0МСК</tg-time>')
  t.equal(toPlain(zonedDate(evening, 'ru')), '24.11 01:09 МСК', 'what an older client shows')
  t.match(zonedDate(evening, 'en').html, /format="dt">24 Nov 01:09 MSK</)
  t.equal(dateText(evening, 'ru'), '24.11 01:09')
  t.equal(dateText(evening, 'en'), '24 Nov 01:09')
  t.equal(secondText(evening), '01:09:03')
})

t.test('durations are said as people say them', async t => {
  const said = (seconds: number) => durationText(seconds * 1000, 'ru')
  t.strictSame([0, 48, 60, 130, 3_599.6, 3_900].map(said), [
    '0\u00a0с',
    '48\u00a0с',
    '1\u00a0мин',
    '2\u00a0мин\u00a010\u00a0с',
    '1\u00a0ч',
    '1\u00a0ч\u00a05\u00a0мин',
  ])
  t.equal(durationText(72_000, 'en'), '1\u00a0min\u00a012\u00a0s')
  t.equal(rangeText(60_000, 120_000, 'ru'), '1–2\u00a0мин')
  t.equal(rangeText(20_000, 45_000, 'en'), '20–45\u00a0s')
  t.equal(rangeText(61_000, 91_000, 'ru'), '1–2\u00a0мин')
  t.equal(rangeText(110_000, 125_000, 'ru'), '2\u00a0мин')
})

t.test('counts agree with their nouns', async t => {
  const runs = (n: number) => `${n} ${pluralRu(n, 'запуск', 'запуска', 'запусков')}`
  t.strictSame(
    [0, 1, 2, 5, 11, 14, 21, 22, 111, 121].map(runs).map(text => text.split(' ')[1]),
    'запусков запуск запуска запусков запусков запусков запуск запуска запусков запуск'.split(' '),
  )
  t.equal(pluralEn(1, 'run', 'runs'), 'run')
  t.equal(pluralEn(21, 'run', 'runs'), 'runs')
})

t.test('a quota that comes back tomorrow in Moscow is shown with its date, which may be today elsewhere', async t => {
  const at = new Date('2026-11-24T00:00:00Z')
  const help = stringsFor('ru').helpTopics.free({ daily: 10, hourly: 3, dayBegins: at })
  t.match(help.html, '<tg-time unix="1795478400" format="t">03:00\u00a0МСК</tg-time>')
  for (const [language, words] of [
    ['ru', 'завтра в 03:00\u00a0МСК'],
    ['en', 'tomorrow at 03:00\u00a0Moscow\u00a0time'],
  ] as const) {
    const quote = {
      ...{
        name: 'x',
        lines: [],
        choices: [],
        pinned: [],
        typical: undefined,
        discount: undefined,
        billed: undefined,
        wasKop: undefined,
      },
      ...{ price: { kind: 'exact' as const, kop: 100 }, priceKop: 100, balanceKop: 100, until: at },
    }
    const { screen } = stringsFor(language).quote
    t.match(screen({ ...quote, freeAgain: { at, isTomorrow: true } }).html, `format="dt">${words}</tg-time>`)
    t.match(
      screen({ ...quote, freeAgain: { at, isTomorrow: false } }).html,
      /(в|at) <tg-time unix="1795478400" format="t">/,
    )
  }
})
