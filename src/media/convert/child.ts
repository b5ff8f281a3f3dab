// The process that converts one picture. Like child.ts it has no access to the service and may only read. Its result is
// a stream on standard output.
import { Refused } from '../../errors.ts'
import type { Answer } from '../child.ts'
import { type ConvertQuestion, convertFile, type PreviewQuestion, previewFile } from './file.ts'

const send = (message: 'ready' | Answer) => void process.send?.(message)

async function converted(question: ConvertQuestion | PreviewQuestion): Promise<Answer> {
  const { data, found } = await ('preview' in question ? previewFile(question) : convertFile(question))
  await new Promise<void>((resolve, reject) => process.stdout.write(data, error => (error ? reject(error) : resolve())))
  return { found }
}

// The parent process has ended.
process.on('disconnect', () => process.exit(0))
process.on('message', (question: ConvertQuestion | PreviewQuestion) => {
  converted(question).then(send, error => {
    if (error instanceof Refused) send({ refused: { code: error.code, message: error.message } })
    else send({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  })
})
send('ready')
