import { changesPrecision, contextLines, environmentLine } from '../../temporal/context-text.ts'
import type { Speedup } from '../../temporal/evaluation.ts'
import { mixedWorkers } from '../../temporal/measured-by.ts'
import type { ExportInput, TraceRecord } from '../../temporal/run-activities.ts'
import { showEvidence, showScreened, showSpeedup } from '../../temporal/speedup-text.ts'
import { confirmationTable, heldOutTable, unresolvedTable } from './report-tables.ts'

const levelOf = ({ best }: ExportInput): string =>
  best.metrics.confidence === undefined ? '' : `${Number((100 * best.metrics.confidence).toFixed(2))} %, `

/** Only a confirmed figure makes a headline. */
const headline = (input: ExportInput): string => {
  const { best, status } = input
  if (!best.speedup) return `Best program: \`${best.id}\`, score ${best.score}.`
  const { eager } = best.speedup
  if (status.best?.confirmed) {
    const precision = changesPrecision(best.metrics) ? ', **with a change of precision that the problem allows**' : ''
    return `Best program: \`${best.id}\`, ${showSpeedup(eager)} over stock eager MLX, confirmed${precision}.`
  }
  const promise = `The best screened program is \`${best.id}\`, ${showScreened(eager)} over stock eager MLX`
  return `No speedup was confirmed. ${promise}: the luckiest of many, not a result.`
}

const budgetLine = ({ status: { confirmations } }: ExportInput): string[] =>
  confirmations === null
    ? []
    : [
        `Confirmations spent: ${confirmations.spent}. All confirmed figures of a run over stock eager MLX hold together at 95 %, those over another baseline one by one; each is measured over fresh processes with data that selection never saw.`,
      ]

const withEvidence = (input: ExportInput, speedup: Speedup | null): string =>
  speedup ? `${showSpeedup(speedup)} (${levelOf(input)}${showEvidence(speedup)})` : 'not measured'

const speedupTable = (input: ExportInput): string[] => {
  const { best, status, population } = input
  if (!best.speedup || !status.best?.confirmed) return []
  const { eager, compiled, incumbent } = best.speedup
  const calls = Object.entries(best.calls ?? {})
  return [
    '## Speedup of a training step, confirmed',
    '',
    '| against | median [interval] |',
    '|---|---|',
    `| stock MLX, eager | ${withEvidence(input, eager)} |`,
    `| stock MLX, compiled | ${withEvidence(input, compiled)} |`,
    ...(incumbent ? [`| the run's best program before it | ${withEvidence(input, incumbent)} |`] : []),
    '',
    ...calls.map(
      ([seam, { forward, backward }]) => `- \`${seam}\`: called ${forward} times forward, ${backward} backward`,
    ),
    ...contextLines(best.metrics, eager?.median ?? null).map((line) => `- ${line}`),
    `- ${environmentLine(population.environment)}`,
    '',
  ]
}

const mutatorLine = ({ status }: ExportInput): string =>
  status.mutator === 'offline'
    ? 'Mutation: the built-in offline mutator. No language model was asked.'
    : `Mutation: ${status.modelCalls} model calls, ${status.ledger?.promptTokens ?? 0} prompt and ${status.ledger?.completionTokens ?? 0} completion tokens, $${(status.ledger?.cost ?? 0).toFixed(4)} at the configured prices.`

const workersLines = ({ status }: ExportInput): string[] => {
  const mixed = mixedWorkers(status.ledger?.measuredBy)
  return mixed === null ? [] : ['', `Programs were ${mixed}.`]
}

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
    ...budgetLine(input),
    mutatorLine(input),
    ...workersLines(input),
    '',
    ...speedupTable(input),
    ...heldOutTable(input),
    ...confirmationTable(input),
    '## How it came about',
    '',
    `| program | ${status.confirmations === null ? 'score' : 'screened, lower bound'} | change |`,
    '|---|---|---|',
    ...ancestors(input),
    '',
    ...(refused.length === 0 ? [] : ['## Candidates without a score', '', ...refused, '']),
    ...unresolvedTable(trace),
    `Population digest \`${status.digest}\`.`,
    '',
  ].join('\n')
}
