import type { Speedup } from '../../temporal/evaluation.ts'
import type { ExportInput, TraceRecord } from '../../temporal/run-activities.ts'

const ratio = (value: number): string => value.toFixed(3)

const interval = (speedup: Speedup | null | undefined): string =>
  speedup
    ? `${ratio(speedup.median)}× [${ratio(speedup.low)}, ${ratio(speedup.high)}] (95 %, ${speedup.pairs} pairs)`
    : 'not measured'

const headline = ({ best, status }: ExportInput): string => {
  if (!best.speedup) return `Best program: \`${best.id}\`, score ${best.score}.`
  const standing = status.best?.confirmed
    ? 'measured once more at the end, with data that selection never saw'
    : 'as screened during the search, not measured again'
  return `Best program: \`${best.id}\`, ${interval(best.speedup.eager)} over stock eager MLX — ${standing}.`
}

const speedupTable = ({ best }: ExportInput): string[] => {
  if (!best.speedup) return []
  const calls = Object.entries(best.calls ?? {})
  return [
    '## Speedup of a training step',
    '',
    '| against | median [95 % interval] |',
    '|---|---|',
    `| stock MLX, eager | ${interval(best.speedup.eager)} |`,
    `| stock MLX, compiled | ${interval(best.speedup.compiled)} |`,
    '',
    ...calls.map(
      ([seam, { forward, backward }]) => `- \`${seam}\`: called ${forward} times forward, ${backward} backward`,
    ),
    '',
  ]
}

const mutatorLine = ({ status }: ExportInput): string =>
  status.mutator === 'offline'
    ? 'Mutation: the built-in offline mutator. No language model was asked.'
    : `Mutation: ${status.modelCalls} model calls, ${status.ledger?.promptTokens ?? 0} prompt and ${status.ledger?.completionTokens ?? 0} completion tokens, $${(status.ledger?.cost ?? 0).toFixed(4)} at the configured prices.`

const ancestors = ({ best, population: { lineage } }: ExportInput): string[] => {
  const byId = new Map(lineage.map((entry) => [entry.id, entry]))
  const rows: string[] = []
  const met = new Set<string>()
  for (let entry = byId.get(best.id); entry && !met.has(entry.id); entry = byId.get(entry.parents[0] ?? '')) {
    met.add(entry.id)
    rows.push(`| ${entry.id} | ${entry.score.toPrecision(6)} | ${entry.change.replaceAll('|', '\\|')} |`)
  }
  return rows
}

const refusals = (trace: TraceRecord[]): string[] => {
  const counts = new Map<string, number>()
  for (const { outcome, stage } of trace) {
    if (outcome === 'scored') continue
    const kind = stage === null ? outcome : `${outcome} (${stage})`
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `- ${kind}: ${count}`)
}

/** The run's report, for people. Pure. */
export const reportMarkdown = (input: ExportInput, trace: TraceRecord[]): string => {
  const { status, run } = input
  const refused = refusals(trace)
  return [
    `# Run ${run.id}`,
    '',
    headline(input),
    '',
    `Problem \`${status.problem}\`, ${status.phase}${status.reason === '' ? '' : ` (${status.reason})`}.`,
    `${status.iterations} iterations, ${status.evaluated} evaluations in ${status.seconds} s; device busy ${status.deviceBusy === null ? 'unknown' : `${Math.round(status.deviceBusy * 100)} %`}.`,
    mutatorLine(input),
    '',
    ...speedupTable(input),
    '## How it came about',
    '',
    '| program | score | change |',
    '|---|---|---|',
    ...ancestors(input),
    '',
    ...(refused.length === 0 ? [] : ['## Candidates without a score', '', ...refused, '']),
    `Population digest \`${status.digest}\`.`,
    '',
  ].join('\n')
}
