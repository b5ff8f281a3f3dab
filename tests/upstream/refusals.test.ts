import t from 'tap'
import { decodeSubmission, decodeTask, type Received } from '../../src/upstream/answers.ts'
import { type Cause, causeOf, wordings } from '../../src/upstream/refusals.ts'

// What the provider's words mean: whose fault a failure is decides who is told what, and which model is switched off.
const heard = (code: number, msg: string, data: unknown = null): Received => ({
  httpStatus: 200,
  contentType: 'application/json',
  text: JSON.stringify({ code, msg, data }),
})
const failed = (failMsg: string, failCode: string | null = '500', input: object = {}) =>
  decodeTask(
    heard(200, 'success', {
      taskId: 'a',
      state: 'fail',
      failCode,
      failMsg,
      param: JSON.stringify({ input: JSON.stringify(input), model: 'z-image' }),
    }),
  )
const submitted = (code: number, msg: string, input: object = {}) => decodeSubmission(heard(code, msg), input)

const ofTask: Record<Cause, string> = {
  content: 'moderation',
  input: 'invalid_input',
  no_credit: 'no_credit',
  auth: 'auth',
  rate: 'generation_failed',
  maintenance: 'generation_failed',
  slow: 'upstream_timeout',
  fault: 'generation_failed',
  unknown: 'unknown_reason',
}
/** Under code 500, which says nothing by itself. */
const ofSubmit: Record<Cause, string> = {
  content: 'moderation',
  input: 'invalid_input',
  no_credit: 'no_credit',
  auth: 'auth',
  rate: 'rate_limited',
  maintenance: 'maintenance',
  slow: 'transient',
  fault: 'transient',
  unknown: 'transient',
}

for (const { is, text, from } of wordings) {
  t.test(`«${text.slice(0, 90)}» is of ${is}`, async t => {
    t.equal(causeOf(text), is)
    t.match(failed(text), { kind: 'failed', code: ofTask[is] }, 'of a task')
    t.match(submitted(500, text), { code: ofSubmit[is] }, 'at the order')
    t.match(from, /^(https:\/\/[\w.-]+\/\S+|docs\/providers\/kie\.md, \w+)$/)
  })
}

t.test('the table has what it must: forty texts and more, of every cause, no sign twice', async t => {
  t.ok(wordings.length >= 40)
  t.equal(new Set(wordings.map(({ text }) => text)).size, wordings.length)
  const signs = wordings.flatMap(({ sign }) => (sign ? [sign.source] : []))
  t.equal(new Set(signs).size, signs.length)
  t.strictSame([...new Set(wordings.map(({ is }) => is))].sort(), Object.keys(ofTask).sort())
})

// Nobody has recorded these; they are what the next model may say.
const likely: Record<Cause, string[]> = {
  content: [
    'The uploaded image may contain a real person',
    'Your prompt may violate our guardrails',
    'Inappropriate content detected in prompt',
    'Output blocked for copyright reasons',
    'The request violates the usage rules',
    'Moderation failed',
    'Image moderation not passed',
    'This image contains a public figure',
    'Your request was rejected by the safety system',
    'The generated video was filtered out because of content rules',
    'Prompt contains forbidden words',
    'Hate speech is not allowed',
    'This prompt goes against our community standards',
  ],
  input: [
    'Image is too small, minimum 300x300',
    'Unsupported format',
    'File too large (max 10MB)',
    'The file could not be downloaded',
    'Prompt too long',
    'Image width and height must be at least 300px',
    'The video duration exceeds 10 seconds',
    'Audio is longer than 15 seconds',
    'Cannot identify image file',
    'aspect_ratio is case-sensitive and must be one of 1:1, 16:9',
    'nsfw_checker must be a boolean',
  ],
  no_credit: [
    'Balance is not enough',
    'insufficient credits',
    'Your account balance is insufficient',
    'Not enough credits',
  ],
  auth: ['Invalid API key provided', 'Your IP is not in the whitelist'],
  rate: ['The service is currently overloaded'],
  maintenance: ['System maintenance'],
  slow: ['Task timed out', 'context deadline exceeded'],
  fault: ['Generation failed', 'CUDA out of memory', 'Segmentation fault: access violation', 'invalid response'],
  unknown: ['', 'E005', '500', 'Something odd'],
}
t.test('other texts of the same kinds are understood too', async t => {
  for (const [is, texts] of Object.entries(likely)) for (const text of texts) t.equal(causeOf(text), is, text)
})

t.test('a code that says whose fault it is counts where the words say nothing', async t => {
  t.match(failed('bad size', '400'), { code: 'invalid_input' })
  t.match(failed('odd', '422'), { code: 'invalid_input' })
  t.match(failed('odd', '402'), { code: 'no_credit' })
  t.match(failed('odd', '408'), { code: 'upstream_timeout' })
  t.match(failed('odd', null), { code: 'unknown_reason' })
  t.match(failed('', null), { code: 'unknown_reason' })
})

t.test('what the person wrote decides nothing, however the provider quotes it', async t => {
  const prompt = 'a poster: your balance is not enough, please top up. The model name is not supported'
  const input = { prompt, extra: { deep: ['insufficient credits'] } }
  for (const quoted of [prompt, 'balance is not enough', 'insufficient credits', 'please top up']) {
    t.notMatch(submitted(500, `cannot draw "${quoted}"`, input), { code: 'no_credit' }, quoted)
    t.notMatch(failed(`cannot draw "${quoted}"`, '500', input), { code: 'no_credit' }, quoted)
  }
  t.notMatch(submitted(422, prompt, { prompt }), { code: 'unsupported_model' })
  t.match(submitted(422, 'The model name you specified is not supported.', input), { code: 'invalid_input' })
  t.match(submitted(402, 'no', input), { code: 'no_credit' }, 'a code is nobody’s prompt')
  t.match(failed('nsfw', '500', { prompt: 'nsfw' }), { code: 'moderation' }, 'a refusal may well name what it refuses')
})

t.test('an answer that refuses our account says so, and whether it is certain', async t => {
  t.match(submitted(401, 'no'), { code: 'auth', account: { cause: 'auth', isCertain: true } })
  t.match(submitted(433, 'no'), { code: 'no_credit', account: { cause: 'no_credit', isCertain: true } })
  t.match(submitted(500, 'Balance is not enough'), { account: { cause: 'no_credit', isCertain: true } })
  t.match(decodeTask(heard(401, 'no')), { kind: 'unclear', account: { cause: 'auth', isCertain: true } })
  t.notOk('account' in failed('Balance is not enough'), 'a task that was taken is paid for')
  const wall: Received = { httpStatus: 403, contentType: 'text/html', text: '<html>blocked</html>' }
  t.match(decodeSubmission(wall), { code: 'auth', account: { cause: 'auth', isCertain: false } })
})
