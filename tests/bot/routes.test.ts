import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { DraftOp, GenerationOp, List, PersonAction, RequestOp } from '../../src/bot/codes.ts'
import { parse, type RouteName, to } from '../../src/bot/routes.ts'
import { loadModels, modelKey } from '../../src/catalogue/models.ts'
import { button } from '../../src/telegram/screen.ts'

const id = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'), minLength: 12, maxLength: 12 })
const key = fc.string({ unit: fc.constantFrom(...'abcxyz0189-'), minLength: 1, maxLength: 41 })
const list = fc.constantFrom<List>(
  'image',
  'edit',
  'video',
  'animate',
  'audio',
  'tools',
  'all',
  'free',
  'popular',
  'find',
)
const page = fc.integer({ min: 0, max: 99 })
const generationOp = fc.constantFrom<GenerationOp | undefined>(
  ...([
    'status',
    'cancel',
    'why',
    'repeat',
    'change',
    'resend',
    'original',
    'support',
    'more',
    'fold',
    'example',
    'noExample',
    undefined,
  ] as const),
)
const account = fc.integer({ min: -999_999_999_999_999, max: -1 })
const draftOp = fc.constantFrom(
  ...('skip usual back cancel option done clear edit extras go resume anew template improve hear'.split(
    ' ',
  ) as DraftOp[]),
)

// One generator a route: a new route without one does not compile.
const routes: { [Name in RouteName]: fc.Arbitrary<Parameters<(typeof to)[Name]>> } = {
  menu: fc.constant([]),
  more: fc.constant([]),
  nothing: fc.constant([]),
  list: fc.tuple(list, page),
  card: fc.oneof(fc.tuple(key, list, page), fc.tuple(key, fc.constant(undefined), fc.constant(0))),
  parameters: fc.tuple(key),
  example: fc.tuple(key),
  begin: fc.tuple(key),
  examples: fc.tuple(key),
  listExamples: fc.tuple(list.filter(name => name !== 'find') as fc.Arbitrary<Exclude<List, 'find'>>, page),
  draft: fc
    .tuple(id, fc.integer({ min: 0, max: 999_999 }), draftOp, fc.integer({ min: 0, max: 999 }))
    .map(([draft, rev, op, n]) => [draft, rev, op, ['option', 'edit', 'template'].includes(op) ? n : 0]),
  sample: fc.tuple(id, fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 8, maxLength: 8 })),
  quote: fc.tuple(id, fc.constantFrom(...(['start', 'startFree', 'startBonus', 'change', 'cancel', 'show'] as const))),
  shape: fc.tuple(id, fc.constantFrom('1:1', '16:9', '9:16', '21:9', 'portrait', 'landscape')),
  generation: fc.tuple(id, generationOp),
  followUp: fc.tuple(id, fc.constantFrom('enlarge' as const, 'animate' as const), page),
  follow: fc.tuple(id, page, key),
  gallery: fc.tuple(fc.constantFrom(...(['all', 'starred', 'found'] as const)), fc.oneof(fc.constant('0'), id), page),
  galleryFind: fc.constant([]),
  picture: fc.tuple(id, page),
  star: fc.tuple(id, page, fc.boolean()),
  late: fc.tuple(id),
  groupQuote: fc.tuple(id, fc.constantFrom(...(['start', 'cancel', 'show', 'self'] as const))),
  groupOn: fc.constant([]),
  group: fc.tuple(account, fc.constantFrom(...(['show', 'on', 'off', 'each', 'together', 'ledger', 'give'] as const))),
  groupLimit: fc.tuple(account, fc.integer({ min: 1, max: 999_999 })),
  groupGift: fc.tuple(account, fc.integer({ min: 1, max: 999_999 }), id),
  history: fc.tuple(fc.constantFrom(...(['all', 'done', 'failed'] as const)), fc.oneof(fc.constant('0'), id)),
  balance: fc.constant([]),
  operations: fc.tuple(fc.integer({ min: 0, max: 999_999_999 })),
  payment: fc.tuple(fc.integer({ min: 0, max: 999_999_999 })),
  paymentQuestion: fc.tuple(fc.integer({ min: 0, max: 999_999_999 })),
  statement: fc.constant([]),
  promo: fc.constant([]),
  referral: fc.constant([]),
  forget: fc.tuple(fc.constantFrom(1 as const, 2 as const)),
  topUp: fc.tuple(fc.oneof(fc.constant(undefined), id)),
  stars: fc.tuple(fc.integer({ min: 0, max: 999_999 }), fc.oneof(fc.constant(undefined), id)),
  cardPacks: fc.tuple(fc.oneof(fc.constant(undefined), id)),
  paid: fc.tuple(id),
  plans: fc.tuple(),
  plan: fc.tuple(fc.stringMatching(/^[a-z0-9]{1,12}$/)),
  planRenewal: fc.tuple(id, fc.constantFrom('stop', 'resume')),
  cardPack: fc.tuple(fc.integer({ min: 0, max: 999_999 }), fc.oneof(fc.constant(undefined), id)),
  language: fc.tuple(fc.constantFrom('ru' as const, 'en' as const, undefined)),
  help: fc.tuple(
    fc.constantFrom(...(['start', 'money', 'free', 'files', 'topup', 'late', 'contact', undefined] as const)),
  ),
  requestTask: fc.tuple(
    id,
    fc.constantFrom(
      ...([
        'image',
        'video',
        'speech',
        'sound',
        'edit',
        'animate',
        'enlarge',
        'cutout',
        'talk',
        'clean',
        'remake',
        'unmark',
      ] as const),
    ),
  ),
  requestModels: fc.tuple(id, page),
  requestModel: fc.tuple(id, key),
  request: fc.tuple(id, fc.constantFrom(...(['show', 'style', 'words', 'more', 'keep'] as const))),
  series: fc.tuple(id, fc.constantFrom(...(['several', 'compare', 'photos'] as const)), page),
  seriesPrice: fc.tuple(id, fc.constantFrom('start' as const, 'show' as const)),
  templates: fc.constant([]),
  template: fc.tuple(id, fc.constantFrom(...(['use', 'delete', 'restore'] as const))),
  transfer: fc.tuple(fc.oneof(fc.constant(undefined), id)),
  admin: fc.constant([]),
  adminFailures: fc.constant([]),
  adminParked: fc.constant([]),
  adminRequests: fc.constant([]),
  adminVersion: fc.constant([]),
  adminStuck: fc.constant([]),
  adminStuckAll: fc.constant([]),
  adminPerson: fc.tuple(fc.integer({ min: 1, max: 999_999_999_999 })),
  exampleAdd: fc.tuple(id, fc.integer({ min: 1, max: 99 })),
  exampleDrop: fc.tuple(key, fc.integer({ min: 1, max: 4 })),
  adminLoss: fc.tuple(key, fc.nat(999_999_999)),
  adminSwitch: fc.tuple(key, fc.constantFrom('on', 'off', 'auto', 'no')),
  adminRun: fc.tuple(id),
  adminPrompt: fc.tuple(id),
  adminTask: fc.tuple(id),
  adminSettle: fc.tuple(id),
  adminGiveBack: fc.tuple(id),
  adminForm: fc.tuple(
    fc.constantFrom<PersonAction>('credit', 'take', 'ban', 'unban', 'message'),
    fc.integer({ min: 1, max: 999_999_999_999 }),
  ),
  adminRequest: fc.tuple(id, fc.constantFrom<RequestOp>('proof', 'approve', 'otherAmount', 'deny')),
  adminYes: fc.tuple(id, fc.boolean()),
  adminNo: fc.tuple(id),
}
const written = (name: RouteName) =>
  (routes[name] as fc.Arbitrary<unknown[]>).map(args => ({
    args,
    data: (to[name] as (...args: unknown[]) => string)(...args),
  }))
const names = Object.keys(routes) as RouteName[]
const anyData = fc.oneof(...names.map(written)).map(({ data }) => data)

for (const name of names) {
  t.test(`what the button of «${name}» says is read back as it was meant, and fits`, async t => {
    const comesBack = fc.property(written(name), ({ args, data }) => {
      button('any', data) // throws over 64 bytes
      assert.deepEqual(parse(data), { name, args })
    })
    t.doesNotThrow(() => fc.assert(comesBack))
  })
}

t.test('forged-button: a client can send anything: only what a button says is taken', async t => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 64 }), data => isSaid(data)))
  fc.assert(
    fc.property(anyData, fc.constantFrom(' ', '\n', ':', ':x', 'A', '\0', '١'), (data, odd) => isRefused(data + odd)),
  )
  fc.assert(fc.property(anyData, fc.constantFrom(' ', '\n', 'x', ':'), (data, odd) => isRefused(odd + data)))
  fc.assert(fc.property(anyData, data => isRefused(data.toUpperCase())))
  for (const odd of [
    '',
    'constructor',
    '__proto__',
    'm:',
    'm:x:ti',
    'm:x:nope:0',
    'f:ti:-1',
    'f:ti:1e9',
    'g:short',
    'lg:de',
  ]) {
    t.ok(isRefused(odd), odd)
  }
})

const isRefused = (data: string) => parse(data) === undefined
// Random text is hardly ever a button; where it is, writing it again must give the same.
const isSaid = (data: string) => {
  const route = parse(data)
  return !route || (to[route.name] as (...args: unknown[]) => string)(...route.args) === data
}

t.test('the longest key of a model fits into each of its buttons', async t => {
  const keys = loadModels().map(model => modelKey(model.id))
  t.equal(new Set(keys).size, 42)
  for (const key of keys) {
    for (const data of [
      to.card(key, 'free', 99),
      to.parameters(key),
      to.example(key),
      to.begin(key),
      to.follow('a'.repeat(12), 99, key),
    ]) {
      t.ok(Buffer.byteLength(data) <= 64 && parse(data), data)
    }
  }
})
