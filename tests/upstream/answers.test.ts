import fc from 'fast-check'
import t from 'tap'
import {
  type Answer,
  decodeCredit,
  decodeSubmission,
  decodeTask,
  decodeUpload,
  type Received,
} from '../../src/upstream/answers.ts'

const http = (httpStatus: number, text: string, contentType = 'application/json'): Answer => ({
  httpStatus,
  contentType,
  text,
})
const envelope = (code: number, msg: string, data: unknown = null) => http(200, JSON.stringify({ code, msg, data }))
const taskId = '330a9433fd309e9e18df1c567ae38471'
const gateway = http(502, '<html><body><h1>502 Bad Gateway</h1></body></html>', 'text/html')

const noCredit =
  'Credits insufficient : Your current balance isn’t enough to run this request. Please top up to continue.'
const unknownModel =
  'The model name you specified is not supported. Please verify your input and use one of the supported models provided by KIE.'

t.test('createTask: each recorded or documented answer falls into its class', async t => {
  const table: [string, Received, string, string?][] = [
    ['recorded', envelope(200, 'success', { taskId, recordId: taskId }), 'accepted'],
    ['key', envelope(401, 'You do not have access permissions'), 'refused', 'auth'],
    ['key by HTTP', http(401, ''), 'refused', 'auth'],
    ['edge wall', http(403, '<html>error code: 1010</html>', 'text/html'), 'refused', 'auth'],
    ['credits as 500', envelope(500, noCredit), 'refused', 'no_credit'],
    ['credits as 402', envelope(402, noCredit), 'refused', 'no_credit'],
    ['cap of the key', envelope(433, 'Sub-key limit reached'), 'refused', 'no_credit'],
    ['missing field', envelope(500, 'text is required'), 'refused', 'invalid_input'],
    ['missing field', envelope(500, 'aspect_ratio is required'), 'refused', 'invalid_input'],
    ['wrong field', envelope(500, 'Duration must be 5 or 10'), 'refused', 'invalid_input'],
    ['wrong field', envelope(500, 'Invalid image_url'), 'refused', 'invalid_input'],
    ['wrong value', envelope(500, 'resolution 8K is not supported'), 'refused', 'invalid_input'],
    ['422', envelope(422, 'This field is required'), 'refused', 'invalid_input'],
    ['the filter’s own field', envelope(422, 'nsfw_checker must be a boolean'), 'refused', 'invalid_input'],
    ['400', envelope(400, 'bad request'), 'refused', 'invalid_input'],
    ['404', envelope(404, 'Not Found'), 'refused', 'invalid_input'],
    ['451', envelope(451, 'Failed to fetch the image'), 'refused', 'invalid_input'],
    ['505', envelope(505, 'Feature disabled'), 'refused', 'invalid_input'],
    ['envelope under a real 422', http(422, '{"code":422,"msg":"bad"}'), 'refused', 'invalid_input'],
    ['model', envelope(422, unknownModel), 'refused', 'unsupported_model'],
    ['model as 500', envelope(500, unknownModel), 'refused', 'unsupported_model'],
    ['prompt', envelope(400, 'Your prompt was flagged by our policy'), 'refused', 'moderation'],
    ['prompt as 500', envelope(500, 'We’re so sorry, but the prompt cannot be processed.'), 'refused', 'moderation'],
    ['prompt as 501', envelope(501, 'NSFW content'), 'refused', 'moderation'],
    ['pace', envelope(429, 'Too many requests, please try again later.'), 'busy', 'rate_limited'],
    ['pace of the edge', http(429, 'slow down', 'text/plain'), 'busy', 'rate_limited'],
    ['a pace policy is not about the prompt', envelope(429, 'rate policy'), 'busy', 'rate_limited'],
    [
      'closed',
      envelope(455, 'The server is currently being maintained, please try again later~'),
      'busy',
      'maintenance',
    ],
    ['closed as 500', envelope(500, 'The server is currently being maintained'), 'busy', 'maintenance'],
    ['other 500', envelope(500, 'Internal Error, Please try again later.'), 'busy', 'transient'],
    ['never left', { lost: 'before', message: 'ECONNREFUSED' }, 'busy', 'transient'],
    ['left', { lost: 'after', message: 'ECONNRESET' }, 'ambiguous'],
    ['gateway', gateway, 'ambiguous'],
    ['an envelope under HTTP 500', http(500, '{"code":422,"msg":"bad"}'), 'ambiguous'],
    ['page under 200', http(200, '<html></html>', 'text/html'), 'ambiguous'],
    ['redirect', http(302, ''), 'ambiguous'],
    ['page under 404', http(404, '<html></html>', 'text/html'), 'ambiguous'],
    ['no task id', envelope(200, 'success', {}), 'ambiguous'],
    ['null data', envelope(200, 'success'), 'ambiguous'],
    ['task id of a wrong type', envelope(200, 'success', { taskId: 7 }), 'ambiguous'],
    ['task id with a NUL', envelope(200, 'success', { taskId: 'a\u0000b' }), 'ambiguous'],
    ['200 inside HTTP 400', http(400, JSON.stringify({ code: 200, data: { taskId } })), 'ambiguous'],
    ['a refusal that names a task', envelope(500, 'Internal Error', { taskId }), 'ambiguous'],
    ['code as text', http(200, '{"code":"200","msg":"success","data":{"taskId":"a"}}'), 'ambiguous'],
    ['half', http(200, '{"code":200,"msg":"succ'), 'ambiguous'],
    ['empty', http(200, ''), 'ambiguous'],
    ['NaN', http(200, '{"code":NaN}'), 'ambiguous'],
    ['null', http(200, 'null'), 'ambiguous'],
    ['array', http(200, '[{"code":200}]'), 'ambiguous'],
    ['408', envelope(408, 'timeout'), 'ambiguous'],
    ['503', envelope(503, 'no'), 'ambiguous'],
    ['undocumented', envelope(777, 'no'), 'ambiguous'],
  ]
  for (const [name, heard, kind, code] of table) {
    const answer = decodeSubmission(heard)
    t.match(answer, { kind, ...(code && { code }) }, `${name}: ${JSON.stringify(heard).slice(0, 80)}`)
  }
  t.strictSame(decodeSubmission(envelope(200, 'success', { taskId })), { kind: 'accepted', taskId })
})

t.test('a busy upstream is given the rest it asks for', async t => {
  const rest = (heard: Received) => {
    const answer = decodeSubmission(heard)
    return answer.kind === 'busy' ? answer.retryAfterMs : undefined
  }
  t.equal(rest({ ...http(429, ''), retryAfterMs: 90_000 }), 90_000)
  t.ok(rest(envelope(429, ''))! >= 1_000)
  t.ok(rest(envelope(455, ''))! >= 60_000, 'maintenance takes minutes')
})

t.test('prototype-names: prototype names in an answer are only names', async t => {
  const text = `{"code":200,"__proto__":{"taskId":"evil","polluted":1},"constructor":{"prototype":{"polluted":1}},"data":{"__proto__":{"taskId":"evil"}}}`
  t.equal(decodeSubmission(http(200, text)).kind, 'ambiguous', 'an inherited task id is none')
  const inside = `{"code":200,"data":{"state":"success","resultJson":"{\\"__proto__\\":{\\"resultUrls\\":[\\"https://a.example/x\\"]}}"}}`
  t.strictSame(decodeTask(http(200, inside)), { kind: 'success', urls: [] })
  t.equal('polluted' in {}, false)
})

t.test('files that were named and cannot be read are still counted as promised', async t => {
  const told = (resultUrls: unknown) =>
    decodeTask(envelope(200, 'success', { state: 'success', resultJson: JSON.stringify({ resultUrls }) }))
  t.match(told(['https://a.example/1', 'nonsense', 7]), { urls: ['https://a.example/1'], named: 3 })
  t.notOk('named' in told(['https://a.example/1']))
  t.notOk('named' in told(['nonsense']), 'nothing that can be read is no result')
})

const record = (fields: object, code = 200, msg = 'success') =>
  envelope(code, msg, {
    taskId,
    model: 'wan/2-7-image',
    param: '{}',
    resultJson: '',
    failCode: null,
    failMsg: null,
    ...fields,
  })
const recorded = {
  running:
    '{"code":200,"msg":"success","data":{"taskId":"a8de419efea8acc988aa41b07b131d18","model":"grok-imagine/text-to-video","state":"waiting","param":"{\\"input\\":\\"{\\\\\\"duration\\\\\\":6}\\",\\"model\\":\\"grok-imagine/text-to-video\\"}","resultJson":"","failCode":null,"failMsg":null,"costTime":null,"completeTime":null,"createTime":1776323931162}}',
  finished:
    '{"code":200,"msg":"success","data":{"taskId":"55412d3aa64b37d1711e79aac4784669","model":"wan/2-7-image","state":"success","param":"{\\"input\\":\\"{\\\\\\"aspect_ratio\\\\\\":\\\\\\"1:1\\\\\\",\\\\\\"n\\\\\\":1}\\",\\"callBackUrl\\":\\"https://bot.example.com/callbacks/kie/g1/abc\\",\\"model\\":\\"wan/2-7-image\\"}","resultJson":"{\\"resultUrls\\":[\\"https://tempfile.aiquickdraw.com/wan27-image-alibaba/1776323942886-21s793xts49.png\\"]}","failCode":null,"failMsg":null,"costTime":12,"completeTime":1776323944883,"createTime":1776323931830}}',
}

t.test('recordInfo: the recorded answers', async t => {
  t.strictSame(decodeTask(http(200, recorded.running)), { kind: 'running', state: 'waiting' })
  t.strictSame(decodeTask(http(200, recorded.finished)), {
    kind: 'success',
    urls: ['https://tempfile.aiquickdraw.com/wan27-image-alibaba/1776323942886-21s793xts49.png'],
    model: 'wan/2-7-image',
    callBackUrl: 'https://bot.example.com/callbacks/kie/g1/abc',
  })
  t.equal(decodeTask(http(200, recorded.finished), 'another').kind, 'unclear', 'an answer about another task is none')
})

t.test('recordInfo: the result is read in all the forms it comes in', async t => {
  const urls = ['https://a.example/1.png', 'https://a.example/2.png']
  const forms: [string, unknown, string[]][] = [
    ['text', JSON.stringify({ resultUrls: urls }), urls],
    ['object', { resultUrls: urls }, urls],
    ['text in text', JSON.stringify(JSON.stringify({ resultUrls: urls })), urls],
    ['one address', { resultUrls: urls[0] }, [urls[0]!]],
    ['empty text', '', []],
    ['null', null, []],
    ['missing', undefined, []],
    ['broken', '{"resultUrls":[', []],
    ['an array', '[]', []],
    ['no address in it', { resultUrls: [null, 7, {}, '', 'javascript:alert(1)', 'file:///etc/passwd'] }, []],
  ]
  for (const [name, resultJson, wanted] of forms) {
    t.match(decodeTask(record({ state: 'success', resultJson })), { kind: 'success', urls: wanted }, name)
    const { urls } = decodeTask(record({ state: 'success', resultJson })) as { urls: string[] }
    t.equal(urls.length, wanted.length, name)
  }
  const spoken = decodeTask(record({ state: 'success', resultJson: '{"resultObject":{"text":"hello\\u0000 there"}}' }))
  t.match(spoken, { urls: [], text: 'hello there' })
  t.match(decodeTask(record({ state: 'success', creditsConsumed: 61 })), { creditsConsumed: 61 })
  t.match(decodeTask(record({ state: 'success', consumeCredits: 3.5 })), { creditsConsumed: 3.5 })
  t.notOk('creditsConsumed' in decodeTask(record({ state: 'success', creditsConsumed: '61' })))
})

t.test('recordInfo: only the upstream’s own word is a failure', async t => {
  const table: [string, Received, string, string?][] = [
    [
      'fail',
      record({ state: 'fail', failCode: '500', failMsg: 'Internal server error' }),
      'failed',
      'generation_failed',
    ],
    ['filtered', record({ state: 'fail', failCode: 'SENSITIVE_WORD_ERROR' }), 'failed', 'moderation'],
    [
      'filtered',
      record({ state: 'fail', failMsg: 'We’re so sorry, but the prompt cannot be processed.' }),
      'failed',
      'moderation',
    ],
    ['slow', record({ state: 'fail', failCode: '500', failMsg: 'Request timeout…' }), 'failed', 'upstream_timeout'],
    ['input', record({ state: 'fail', failCode: '400', failMsg: 'bad size' }), 'failed', 'invalid_input'],
    ['input', record({ state: 'fail', failMsg: 'Failed to get the file information' }), 'failed', 'invalid_input'],
    ['input', record({ state: 'fail', failMsg: 'This field is required' }), 'failed', 'invalid_input'],
    ['code 501', envelope(501, 'Playground task failed.'), 'failed', 'generation_failed'],
    ['code 501 with a record', record({ state: 'fail', failMsg: 'nsfw' }, 501), 'failed', 'moderation'],
    ['code 408', envelope(408, 'no result for 10 minutes'), 'failed', 'upstream_timeout'],
    ['unknown word', record({ state: 'dreaming' }), 'running'],
    ['the wrong word for a failure', record({ state: 'failed' }), 'running'],
    ['queuing', record({ state: 'queuing' }), 'running'],
    ['not visible', envelope(422, 'recordInfo is null'), 'not_found'],
    ['unknown', envelope(404, 'Task not found'), 'not_found'],
    ['nothing', envelope(200, 'success'), 'not_found'],
    ['our mistake', envelope(400, 'taskId parameter is required'), 'unclear'],
    ['key', envelope(401, 'You do not have access permissions'), 'unclear'],
    ['key by HTTP', http(401, ''), 'unclear'],
    ['pace', envelope(429, 'Too many requests'), 'unclear'],
    ['closed', envelope(455, 'currently being maintained'), 'unclear'],
    ['500', envelope(500, 'Internal Error'), 'unclear'],
    ['504', envelope(504, 'Gateway Timeout'), 'unclear'],
    ['gateway', gateway, 'unclear'],
    ['edge timeout', http(408, 'Request Timeout', 'text/plain'), 'unclear'],
    ['edge 501', http(501, 'Not Implemented', 'text/plain'), 'unclear'],
    ['page under 404', http(404, '<html></html>', 'text/html'), 'unclear'],
    ['reset', { lost: 'after', message: 'ECONNRESET' }, 'unclear'],
    ['refused', { lost: 'before', message: 'ECONNREFUSED' }, 'unclear'],
    ['half', http(200, recorded.finished.slice(0, 200)), 'unclear'],
    ['no state', envelope(200, 'success', { taskId }), 'unclear'],
    ['state of a wrong type', record({ state: 7 }), 'unclear'],
    ['a list', envelope(200, 'success', []), 'unclear'],
  ]
  for (const [name, heard, kind, code] of table) {
    t.match(
      decodeTask(heard, taskId),
      { kind, ...(code && { code }) },
      `${name}: ${JSON.stringify(heard).slice(0, 80)}`,
    )
  }
})

t.test('odd-characters: texts of the world fit into a row', async t => {
  const failed = decodeTask(record({ state: 'fail', failMsg: `a\u0000b\ud800${'x'.repeat(5_000)}` }))
  t.equal(failed.kind, 'failed')
  const { message } = failed as { message: string }
  t.notMatch(message, /\0/)
  t.ok(message.isWellFormed())
  t.ok(message.length <= 600)
})

t.test('an upload and the balance are read or not, never guessed', async t => {
  const stored = {
    success: true,
    downloadUrl: 'https://tempfile.redpandaai.co/kieai/136592/images/x.png',
    fileSize: 70,
  }
  t.strictSame(decodeUpload(envelope(200, 'File uploaded successfully', stored)), {
    kind: 'ok',
    value: stored.downloadUrl,
  })
  t.match(decodeUpload(envelope(200, 'ok', { downloadUrl: 'ftp://x' })), { kind: 'unknown' })
  t.match(decodeUpload(envelope(401, 'no')), { kind: 'refused', code: 'auth' })
  t.match(decodeUpload(envelope(400, 'file is empty')), { kind: 'refused', code: 'invalid_input' })
  t.match(decodeUpload(envelope(500, 'Internal Error')), { kind: 'unknown' })
  t.strictSame(decodeCredit(envelope(200, 'success', 5916.25)), { kind: 'ok', value: 5916.25 })
  t.match(decodeCredit(envelope(200, 'success', '5916.25')), { kind: 'unknown' })
  t.match(decodeCredit(gateway), { kind: 'unknown' })
})

t.test('no body whatever makes a decoder throw', async t => {
  const kinds = ['accepted', 'refused', 'busy', 'ambiguous', 'running', 'success', 'failed', 'not_found', 'unclear']
  const settle = (heard: Received) => {
    for (const decoded of [
      decodeSubmission(heard),
      decodeTask(heard, taskId),
      decodeUpload(heard),
      decodeCredit(heard),
    ]) {
      if (![...kinds, 'ok', 'unknown'].includes(decoded.kind)) throw new Error(`no answer: ${JSON.stringify(decoded)}`)
    }
  }
  // As JSON can say it: an object that cannot be made a text.
  const textless = { toString: 1, valueOf: 1 }
  for (const name of ['state', 'taskId', 'failCode', 'failMsg', 'model', 'param', 'resultJson', 'creditsConsumed']) {
    for (const state of ['fail', 'success']) {
      const text = JSON.stringify({ code: 200, msg: textless, data: { taskId, state, [name]: textless } })
      settle({ httpStatus: 200, contentType: 'application/json', text })
    }
  }
  const json = fc.json({ maxDepth: 6 })
  const plain = fc.constantFrom<unknown>(null, '', 0, 'success', 'fail', 'waiting', textless)
  const field = fc.oneof(json, fc.string(), fc.jsonValue(), plain)
  const data = fc.record(
    { state: field, taskId: field, param: field, resultJson: field, failCode: field, failMsg: field, model: field },
    { requiredKeys: [] },
  )
  const answers = fc.record({
    code: fc.oneof(fc.constantFrom(200, 500, 501, 408), field),
    msg: field,
    data: fc.oneof(data, field),
  })
  fc.assert(
    fc.property(
      fc.constantFrom(200, 301, 404, 500),
      fc.oneof(
        json,
        fc.string(),
        answers.map(a => JSON.stringify(a)),
      ),
      (status, text) => settle(http(status, text)),
    ),
    { numRuns: 3_000 },
  )
  const deep = '['.repeat(200_000) + ']'.repeat(200_000)
  settle(http(200, deep))
  settle(http(200, `{"code":200,"data":{"state":"success","resultJson":{"resultObject":${deep}}}}`))
  t.pass('3,000 bodies')
})
