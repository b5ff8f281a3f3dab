import t from 'tap'
import { createHands } from '../../src/jobs/in-process-runner.ts'
import { createLog } from '../../src/log.ts'

const log = createLog({ level: 'silent', secrets: [] })
const nobody = () => Promise.reject(new Error('nobody should be asked'))

t.test('what is due now begins at once, and what nobody here knows is left to others', async t => {
  const done: object[] = []
  const hands = createHands({ work: { check: async (data: object) => done.push(data) }, failed: nobody, log })
  t.equal(hands.take('check', { ref: 1 }), true)
  t.same(done, [{ ref: 1 }])
  t.equal(hands.take('tidy', {}), false)
})

t.test('sixteen of a kind at once, and a place is free again when one is done', async t => {
  const waiting: (() => void)[] = []
  const slow = () => new Promise<void>(resolve => waiting.push(resolve))
  const hands = createHands({ work: { check: slow, deliver: slow }, failed: nobody, log })
  for (let n = 0; n < 16; n++) t.equal(hands.take('check', {}), true)
  t.equal(hands.take('check', {}), false, 'the seventeenth is the job engine’s')
  t.equal(hands.take('deliver', {}), true, 'another kind has places of its own')
  waiting.shift()!()
  await new Promise(setImmediate)
  t.equal(hands.take('check', {}), true)
  for (const end of waiting) end()
  await hands.drain()
})

t.test('what fails is handed to the job engine with all it needs', async t => {
  const failed: unknown[] = []
  const hands = createHands({
    work: { submit: () => Promise.reject(new Error('no')) },
    failed: async (name, data) => void failed.push([name, data]),
    log,
  })
  hands.take('submit', { ref: 7 })
  await hands.drain()
  t.same(failed, [['submit', { ref: 7 }]])
})

t.test('at the end nothing new begins and what has begun is waited for', async t => {
  const { promise, resolve: end } = Promise.withResolvers<void>()
  let isOver = false
  const work = {
    async deliver() {
      await promise
      isOver = true
    },
  }
  const hands = createHands({ work, failed: nobody, log })
  hands.take('deliver', {})
  const drained = hands.drain()
  t.equal(hands.take('deliver', {}), false)
  end()
  await drained
  t.equal(isOver, true)
})
