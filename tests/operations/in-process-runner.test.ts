import t from 'tap'
import { createInProcessRunner } from '../../src/jobs/in-process-runner.ts'
import { createLog } from '../../src/log.ts'

const log = createLog({ level: 'silent', secrets: [] })
const nobody = () => Promise.reject(new Error('nobody should be asked'))

t.test('what is due now begins at once, and what nobody here knows is left to others', async t => {
  const done: object[] = []
  const runner = createInProcessRunner({
    work: { check: async (data: object) => done.push(data) },
    failed: nobody,
    log,
  })
  t.equal(runner.tryRun('check', { ref: 1 }), true)
  t.same(done, [{ ref: 1 }])
  t.equal(runner.tryRun('tidy', {}), false)
})

t.test('sixteen of a kind at once, and a place is free again when one is done', async t => {
  const waiting: (() => void)[] = []
  const slow = () => new Promise<void>(resolve => waiting.push(resolve))
  const runner = createInProcessRunner({ work: { check: slow, deliver: slow }, failed: nobody, log })
  for (let n = 0; n < 16; n++) t.equal(runner.tryRun('check', {}), true)
  t.equal(runner.tryRun('check', {}), false, 'the seventeenth is the job engine’s')
  t.equal(runner.tryRun('deliver', {}), true, 'another kind has places of its own')
  waiting.shift()!()
  await new Promise(setImmediate)
  t.equal(runner.tryRun('check', {}), true)
  for (const end of waiting) end()
  await runner.drain()
})

t.test('what fails is handed to the job engine with all it needs', async t => {
  const failed: unknown[] = []
  const runner = createInProcessRunner({
    work: { submit: () => Promise.reject(new Error('no')) },
    failed: async (name, data) => void failed.push([name, data]),
    log,
  })
  runner.tryRun('submit', { ref: 7 })
  await runner.drain()
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
  const runner = createInProcessRunner({ work, failed: nobody, log })
  runner.tryRun('deliver', {})
  const drained = runner.drain()
  t.equal(runner.tryRun('deliver', {}), false)
  end()
  await drained
  t.equal(isOver, true)
})
