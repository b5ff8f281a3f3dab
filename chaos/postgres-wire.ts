export type Reader = {
  request(data: Buffer): void
  /** What was answered completely with this piece, where it is worth to be thrown away. */
  answer(data: Buffer): string | undefined
}

const calls =
  /pay\.(place|gen_submit|gen_accepted|settle|top_up_paid|promo_claim|inbox_(?:put|add)|inbox_done|outbox_mark)\(/

const sslRequest = 80877103

/** Reads both directions of a connection to Postgres by message types, to know which call has just been answered. */
export function readPostgres(): Reader {
  const statements = new Map<string, string | undefined>()
  let bound: string | undefined
  let isComplete = false

  // Whether TLS is there is asked before anything else, and answered by one byte.
  let asksForTls = false
  const requests = messages(true, (type, body) => {
    if (type === 'P') {
      const [name = '', text = ''] = strings(body)
      statements.set(name, calls.exec(text)?.[1])
    } else if (type === 'B') {
      bound = statements.get(strings(body)[1] ?? '')
      isComplete = false
    }
  })
  let answered: string | undefined
  const answers = messages(false, type => {
    if (type === 'C') isComplete = true
    // Ready for the next: what was complete is committed.
    else if (type === 'Z' && isComplete) {
      answered = bound
      bound = undefined
      isComplete = false
    }
  })
  return {
    request(data) {
      if (data.length === 8 && data.readInt32BE(4) === sslRequest) asksForTls = true
      else requests(data)
    },
    answer(data) {
      answered = undefined
      answers(asksForTls ? data.subarray(1) : data)
      asksForTls = false
      return answered
    },
  }
}

/** Cuts a stream into messages: a type, a length, a body. The client's first one has no type. */
function messages(hasStart: boolean, each: (type: string, body: Buffer) => void): (data: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  let isStart = hasStart
  return data => {
    rest = rest.length === 0 ? data : Buffer.concat([rest, data])
    for (;;) {
      const head = isStart ? 0 : 1
      if (rest.length < head + 4) return
      const end = head + rest.readInt32BE(head)
      if (rest.length < end) return
      if (!isStart) each(String.fromCharCode(rest[0]!), rest.subarray(5, end))
      isStart = false
      rest = rest.subarray(end)
    }
  }
}

/** The first two zero-terminated strings. */
function strings(body: Buffer): string[] {
  const first = body.indexOf(0)
  const second = body.indexOf(0, first + 1)
  return [body.toString('utf8', 0, first), body.toString('utf8', first + 1, second)]
}
