import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { createLog, withoutTexts } from '../../src/log.ts'
import { lineScrubber, scrubber } from '../../src/scrub.ts'

// Whatever a secret is made of, no line has it, in none of the ways in which programs write a text.
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_000)
t.comment(`SEED=${seed}`)
const property = <T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => void, numRuns = 1_000) =>
  fc.assert(fc.property(arbitrary, holds), { seed, numRuns })

const json = (text: string) => JSON.stringify(text).slice(1, -1)
const ascii = (text: string) =>
  [...Array(text.length).keys()]
    .map(at => (text[at]! > '~' ? `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}` : text[at]))
    .join('')
const ways: Record<string, (text: string) => string> = {
  plain: text => text,
  json,
  'json in json': text => json(json(text)),
  'json in ascii': text => ascii(json(text)),
  'json with slashes': text => json(text).replaceAll('/', '\\/'),
  'part of an address': text => encodeURIComponent(text),
  'whole address': text => encodeURI(text),
  'small digits': text => encodeURIComponent(text).replace(/%../g, code => code.toLowerCase()),
  'twice in an address': text => encodeURIComponent(encodeURIComponent(text)),
  form: text => new URLSearchParams({ a: text }).toString().slice(2),
  'user of an address': text => {
    const url = new URL('postgres://u@host/db')
    url.password = text
    return url.password
  },
  html: text => text.replace(/[&<>"]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!),
  base64: text => Buffer.from(text).toString('base64'),
  base64url: text => Buffer.from(text).toString('base64url'),
  'base64 behind a name': text => Buffer.from(`user:${text}`).toString('base64'),
  hex: text => Buffer.from(text).toString('hex'),
  'large hex': text => Buffer.from(text).toString('hex').toUpperCase(),
}

// All of ASCII that can be seen, more often what JSON, addresses and patterns mean something by.
const special = fc.constantFrom(...'"\\/\'%&<>+ $^*()[]{}|?.,:;=#@!~`-')
const letter = fc.constantFrom(...'abcXYZ019')
const printable = fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code))
const secretOf = (min: number) =>
  fc
    .array(fc.oneof(special, letter, printable), { minLength: min, maxLength: 24 })
    .map(signs => signs.join(''))
    .filter(text => text.trim() === text)
// The line’s own signs around values are no news to anybody.
const isOfLine = (secret: string) => /^[\s"{}:,[\]\\]+$/.test(secret)

function logged(secrets: string[], write: (log: ReturnType<typeof createLog>) => void): string {
  const stream = new PassThrough()
  write(createLog({ level: 'info', secrets }, stream))
  return String(stream.read() ?? '')
}

t.test('a secret of four signs or more is in no text, however it is written there', async t => {
  property(fc.tuple(secretOf(4), fc.string(), fc.string()), ([secret, before, after]) => {
    const scrub = scrubber([secret])
    for (const [name, way] of Object.entries(ways)) {
      const written = way(secret)
      const clean = scrub(`${before}-${written}-${after}-${written}`)
      if (clean.includes(secret)) throw new Error(`${name}: ${clean}`)
      if (written.length > 7 && clean.includes(written.replaceAll('=', ''))) throw new Error(`${name}: ${clean}`)
    }
  })
  t.pass()
})

t.test('key-in-log: no line of the log has a secret: not in words, values, keys, errors and their causes', async t => {
  property(
    secretOf(4).filter(secret => !isOfLine(secret)),
    secret => {
      const cause = new Error(`cause ${secret}`, { cause: new Error(`deeper ${encodeURIComponent(secret)}`) })
      const err = Object.assign(new Error(`refused ${secret}`, { cause }), { code: secret })
      const line = logged([secret], log =>
        log.info({ err, [secret]: { deep: [secret, json(secret), `${secret}${secret}`] }, url: secret }, `x${secret}y`),
      )
      const read = JSON.parse(line) // A line stays one of JSON.
      const texts: string[] = []
      const walk = (value: unknown): void => {
        if (typeof value === 'string') texts.push(value)
        else if (typeof value === 'object' && value !== null)
          for (const [key, one] of Object.entries(value)) {
            texts.push(key)
            walk(one)
          }
      }
      walk(read)
      for (const text of texts) {
        for (const [name, way] of Object.entries(ways)) {
          if (text.includes(way(secret)) && way(secret).length > 3) throw new Error(`${name}: ${text}`)
        }
      }
      if (line.trimEnd().includes('\n') || !read.err.message.startsWith('refused')) throw new Error(line)
    },
    500,
  )
  t.pass()
})

t.test('secrets that overlap, repeat or hold one another leave nothing of theirs', async t => {
  t.equal(scrubber(['abcdef', 'defghi'])('xabcdefghiy'), 'x[secret]y')
  t.equal(scrubber(['abca'])('abcabca'), '[secret]', 'one that overlaps itself')
  t.equal(scrubber(['pass', 'password'])('my password, my pass'), 'my [secret], my [secret]')
  t.equal(scrubber(['secret'])('a secret!'), 'a []!', 'the mark does not name it')
  t.notMatch(scrubber(['x[secr', 'hunter2'])('xhunter2'), 'x[secr', 'nor makes one with what stands beside it')
  property(fc.tuple(fc.array(secretOf(4), { minLength: 1, maxLength: 4 }), fc.string()), ([secrets, between]) => {
    const clean = scrubber(secrets)(secrets.join(between) + secrets.map(json).join(''))
    for (const secret of secrets) if (clean.includes(secret)) throw new Error(clean)
  })
})

t.test('a shorter secret goes where it stands alone, and words stay words', async t => {
  const scrub = scrubber(['pw1', 'x'])
  t.equal(scrub('password pw1 refused'), 'password [secret] refused')
  t.equal(scrub('://u:pw1@host/pw10, next'), '://u:[secret]@host/pw10, next')
  const line = logged(['pw1'], log => log.info({ a: 'is\npw1\n' }, 'pw12 stays'))
  t.match(JSON.parse(line), { a: 'is\n[secret]\n', msg: 'pw12 stays' })
})

t.test('a secret that was cut off with its text is found by its beginning', async t => {
  t.equal(scrubber(['kie-0123456789'])('bad key kie-0123'), 'bad key [secret]')
  t.equal(scrubber(['kie-0123456789'])('bad key kie-'), 'bad key kie-', 'a few signs may be a word')
})

t.test('tokens of other bots and passwords in any address are found by their shape', async t => {
  const scrub = scrubber([])
  const token = `12345678:${'A'.repeat(35)}`
  t.equal(scrub(`bot${token}/getMe`), 'bot[token]/getMe')
  t.equal(scrub(`bot${encodeURIComponent(token)}/getMe`), 'bot[token]/getMe')
  t.equal(scrub('redis://u:pass@h and amqp://:pw@h'), 'redis://u:[secret]@h and amqp://:[secret]@h')
})

t.test('numbers and lines without a secret stay what they are', async t => {
  const scrub = lineScrubber(['7777777', 'ab"cd'])
  t.equal(scrub('{"n":12,"t":"ok"}\n'), '{"n":12,"t":"ok"}\n')
  t.equal(scrub('{"n":17777777}\n'), '{"n":"1[secret]"}\n')
  t.equal(scrub('{"ab\\"cd":"xab\\"cdy"}\n'), '{"[secret]":"x[secret]y"}\n')
  t.equal(scrub('no json: ab"cd'), 'no json: [secret]')
})

t.test(
  'prompt-in-log: a message of somebody else keeps no part of a prompt, wherever and however often it repeats it',
  async t => {
    const prompt = 'a cat with a "red" hat\nand boots'
    const message = `bad: ${prompt}; again ${prompt.slice(0, 20)}; ${JSON.stringify({ prompt })}`
    t.equal(withoutTexts(message, { prompt, size: '16:9' }), 'bad: [text]; again [text]; {"prompt":"[text]"}')
  },
)
