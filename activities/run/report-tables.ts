import type { ExportInput, TraceRecord } from '../../temporal/run-activities.ts'
import type { HeldOutRecord } from '../../temporal/run-state.ts'
import { showScreened, showSpeedup } from '../../temporal/speedup-text.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** What a held-out figure shows; an interval that holds 1 shows nothing either way. */
const verdictOn = ({ outcome, speedup, reason }: HeldOutRecord): string => {
  const eager = speedup?.eager
  if (!eager) return cell(`${outcome}: ${reason}`)
  if (eager.low > 1) return 'helps'
  return eager.high < 1 ? 'slows down' : 'no difference shown'
}

/** The winner on sizes and architectures that it was not evolved on: where it helps and where it does not. Pure. */
export const heldOutTable = ({ best, status: { confirmations } }: ExportInput): string[] => {
  const records = confirmations?.heldOut.filter(({ hash }) => hash === best.hash) ?? []
  if (records.length === 0) return []
  return [
    '## On workloads it was not evolved on',
    '',
    '| workload | over stock eager MLX | |',
    '|---|---|---|',
    ...records.map(
      (record) =>
        `| ${record.preset} | ${record.speedup ? showScreened(record.speedup.eager) : 'no figure'} | ${verdictOn(record)} |`,
    ),
    '',
  ]
}

/** Every confirmation that the run remembers, also those that came to nothing. Pure. */
export const confirmationTable = ({ status: { confirmations } }: ExportInput): string[] => {
  if (confirmations === null || confirmations.records.length === 0) return []
  return [
    '## Confirmations',
    '',
    '| | program | outcome | over stock eager MLX | over the best before it |',
    '|---|---|---|---|---|',
    ...confirmations.records.map(
      ({ index, programId, outcome, speedup, reason }) =>
        `| ${index} | ${programId} | ${outcome}${reason === '' ? '' : `: ${cell(reason)}`} | ${showSpeedup(speedup?.eager)} | ${showSpeedup(speedup?.incumbent)} |`,
    ),
    '',
  ]
}

/** The candidates that were set aside, by name: nobody knows what they are worth. Pure. */
export const unresolvedTable = (trace: TraceRecord[]): string[] => {
  const records = trace.filter(({ outcome }) => outcome === 'unresolved')
  if (records.length === 0) return []
  return [
    '## Unresolved candidates',
    '',
    '| program | change | why |',
    '|---|---|---|',
    ...records.map(({ id, change, reason }) => `| ${id} | ${cell(change)} | ${cell(reason)} |`),
    '',
  ]
}
