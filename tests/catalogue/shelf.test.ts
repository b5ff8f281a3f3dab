import t from 'tap'
import { loadModels, loadShelf, onSale, openCatalogue } from '../../src/catalogue/models.ts'
import { chats } from '../support/chat.ts'
import { buttons } from '../support/messages.ts'
import { rates } from '../support/world.ts'

const open = (choice?: string, freeModelIds?: string[]) =>
  openCatalogue({ rates, contentFilter: true, choice, freeModelIds })
const core = loadModels().map(({ id }) => id)
const shelf = loadShelf().map(({ id }) => id)
const sold = (choice?: string) => [...open(choice).offered].sort()

t.test('by default the 42 are offered and the shelf is only known', async t => {
  const catalogue = open('core')
  t.strictSame([...catalogue.offered].sort(), core.toSorted())
  t.equal(catalogue.models.length, core.length + shelf.length)
  t.equal(catalogue.freeIds.size, 5)
  t.strictSame([...catalogue.freeIds], [...open().freeIds], 'the free ones are those of the core')
  const forSale = onSale(catalogue, () => false)
  t.equal(forSale.models.length, 42)
  t.equal(forSale.byId(shelf[0]!), undefined)
})

t.test('MODELS adds and takes out by id, from either base', async t => {
  const [first] = shelf
  t.strictSame(sold('all'), [...core, ...shelf].sort())
  t.strictSame(sold(`core,+${first}`), [...core, first!].sort())
  t.strictSame(
    sold(`+${first}, -sora-2-text-to-video`),
    [...core.filter(id => id !== 'sora-2-text-to-video'), first!].sort(),
  )
  t.strictSame(sold(`all,-${first}`), [...core, ...shelf.slice(1)].sort())
})

t.test('a word that is no model is named, and nothing is sold by guess', async t => {
  t.throws(() => open('core,+nano-banana-9'), /MODELS: \+nano-banana-9 is neither core, all, nor \+id or -id/)
  t.throws(() => open('everything'), /MODELS: everything/)
})

t.test('five others are free where one of the five is taken out', async t => {
  const [gone] = open().freeIds
  const { freeIds, offered } = open(`-${gone}`)
  t.equal(freeIds.size, 5)
  t.ok([...freeIds].every(id => offered.has(id)))
  t.throws(() => open(`-${gone}`, [...open().freeIds]), new RegExp(`free models: ${gone} is not a model`))
})

t.test('an admin switches on what is not offered, and off what is', async t => {
  const [first] = shelf
  const on = new Set([first!])
  const forSale = onSale(
    open('core'),
    id => id === 'z-image',
    id => on.has(id),
  )
  t.ok(forSale.byId(first!))
  t.equal(forSale.byId('z-image'), undefined)
  t.equal(forSale.models.length, 42)
  on.clear()
  t.equal(forSale.byId(first!), undefined, 'at once')
})

t.test('an admin sells a model of the shelf by a word in the chat, and takes it back', async t => {
  const { person, adminIds, deps } = await chats(t, { choice: 'core' })
  const boss = await person({ firstName: 'Ольга' })
  adminIds.push(boss.id)
  const anna = await person({ kop: 500_00 })
  await anna.presses({ data: 'm:nano-banana-2' })
  t.match(anna.last().text, /Модель временно недоступна\. Похожие:/)
  await boss.says('/admin_models on nano-banana-2 пробуем новую')
  await boss.presses('✅')
  t.ok(deps.forSale.byId('nano-banana-2'))
  await anna.presses({ data: 'm:nano-banana-2' })
  t.match(anna.last().text, /Nano Banana 2: картинка/)
  await boss.says('/admin_models auto nano-banana-2 достаточно проб')
  await boss.presses('✅')
  t.equal(deps.forSale.byId('nano-banana-2'), undefined)
  await boss.says('/admin_models')
  t.match(JSON.stringify(boss.chat()), /не в MODELS/)
})

t.test('the successor of a model that is gone stands first among the similar ones', async t => {
  const { person, switches } = await chats(t, { choice: 'all' })
  await switches('kling/ai-avatar-v1-pro', 'off')
  const anna = await person()
  await anna.presses({ data: 'm:kling-ai-avatar-v1-pro' })
  const [first] = buttons(anna.last()).filter(({ data }) => data?.startsWith('m:'))
  t.match(first?.data, /^m:kling-ai-avatar-pro:/)
})

t.test('each successor of a model that is gone is known', async t => {
  const { byId, models } = open('all')
  for (const { id, successor } of models) if (successor !== undefined) t.ok(byId(successor), `${successor} after ${id}`)
})
