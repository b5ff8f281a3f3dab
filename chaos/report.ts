import type { Random } from './random.ts'

export type Run = { random: Random; say: (line: string) => void }
export type Verdict = {
  /** One line. */
  figures: string
  problems: string[]
  seen: [event: string, times: number][]
  /** Independent faults of the main kind, for the bound that no failure among them gives. */
  trials: number
}
export type Form = (run: Run) => Promise<Verdict>
export type Outcome = Verdict & { name: string; seconds: number }

type Facts = { seed: bigint; machine: string; args: string[]; outcomes: Outcome[] }

/** The run as a page of markdown. */
export function reportOf({ seed, machine, args, outcomes }: Facts): string {
  const lines = [
    `# Chaos`,
    '',
    `\`SEED=${seed} npm run chaos -- ${args.join(' ')}\`, ${new Date().toISOString()}`,
    '',
    machine,
    '',
  ]
  for (const { name, seconds, figures, problems, seen, trials } of outcomes) {
    const verdict = problems.length === 0 ? 'nothing broken' : `**${problems.length} problems**`
    lines.push(`## ${name}`, '', `${verdict}: ${figures}; ${seconds} s.`, '')
    if (problems.length === 0 && trials > 0)
      lines.push(`No failure in ${trials} trials: rate below ${bound(trials)} (95 %).`, '')
    for (const problem of problems) lines.push(`- ✗ ${problem}`)
    if (seen.length > 0) lines.push('', '| seen | times |', '| --- | ---: |')
    for (const [event, times] of seen) lines.push(`| ${event} | ${times} |`)
    lines.push('')
  }
  return lines.join('\n')
}

/** The rule of three: no failure in n independent trials. */
export const bound = (trials: number): string => (trials > 3 ? `${((3 / trials) * 100).toPrecision(2)} %` : 'none')
