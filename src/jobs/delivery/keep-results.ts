import { keep } from '../../delivery/kept-files.ts'
import type { KeptFile, NoFiles } from '../../delivery/messages.ts'
import type { Output } from '../../payments/generations.ts'
import { arrived, bytesOf, type Delivery } from './delivery.ts'
import { noFiles } from './trouble.ts'

/**
 * Stores these outputs in our database. `problem`: why none could be stored. Throws when a later attempt may succeed.
 */
export async function keepAll(delivery: Delivery, outputs: Output[]): Promise<{ kept: KeptFile[]; problem?: NoFiles }> {
  const { options, outgoing, generation } = delivery
  const kept: KeptFile[] = []
  let problem: NoFiles | undefined
  for (const output of outputs) {
    try {
      const until = await keep(options.sql, generation, output.n, await bytesOf(delivery, output))
      kept.push({ n: output.n, until, link: options.linkTo?.(generation.id, output.n, until) })
    } catch (error) {
      const why = noFiles(error, outgoing.attempts)
      if (!why) throw error
      options.log.error({ err: error, generationId: generation.id, n: output.n }, 'a result could not be kept')
      problem = why === 'gone' || why === 'full' ? why : 'later'
    }
    await arrived(delivery, []) // storing takes long: renew the lease
  }
  return kept.length > 0 || !problem ? { kept } : { kept, problem }
}
