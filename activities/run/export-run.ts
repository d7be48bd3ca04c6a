import path from 'node:path'
import type { Client } from '@temporalio/client'
import { WorkflowNotFoundError } from '@temporalio/client'
import type { GenerationResult } from '../../temporal/generation.ts'
import { generationId } from '../../temporal/names.ts'
import type { ExportInput, ExportResult, TraceRecord } from '../../temporal/run-activities.ts'
import { traceRecords } from '../../workflows/trace-records.ts'
import { reportMarkdown } from './report.ts'
import { openRunFolder, writeWhole } from './run-folder.ts'
import { missingGenerations, orderTrace, readTrace, writeTrace } from './trace.ts'

/** A closed generation's records, from its history; none where the server no longer keeps it. */
const recordsFromHistory = async (
  client: Client,
  evolutionId: string,
  [island, generation]: [number, number],
): Promise<TraceRecord[]> => {
  const handle = client.workflow.getHandle(generationId(evolutionId, island, generation))
  try {
    return traceRecords((await handle.result()) as GenerationResult)
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return []
    throw error
  }
}

const bestInfo = ({ best, status, run, population }: ExportInput) => ({
  run: run.id,
  problem: status.problem,
  phase: status.phase,
  mutator: status.mutator,
  programId: best.id,
  score: best.score,
  confirmed: status.best?.confirmed ?? false,
  speedup: status.best?.speedup ?? null,
  screened: status.best?.screened ?? null,
  confirmations: status.confirmations,
  environment: population.environment,
  calls: best.calls,
  metrics: best.metrics,
  generation: best.generation,
  island: best.island,
  parents: best.parents,
  initialScore: population.initial.score,
  iterations: status.iterations,
  digest: status.digest,
})

/** Writes `best_program.py`, `best_program_info.json`, `trace.jsonl` and `report.md` into the run's folder. */
export const exportRun = async (client: Client, runsFolder: string, input: ExportInput): Promise<ExportResult> => {
  const folder = await openRunFolder(runsFolder, input.run)
  const written = await readTrace(folder)
  const missing = missingGenerations(written, input.population.islands)
  const recovered: TraceRecord[] = []
  for (const at of missing) recovered.push(...(await recordsFromHistory(client, input.run.id, at)))
  const trace = orderTrace([...written, ...recovered])
  await writeTrace(folder, trace)
  await writeWhole(path.join(folder, 'best_program.py'), input.best.source)
  await writeWhole(path.join(folder, 'best_program_info.json'), `${JSON.stringify(bestInfo(input), null, 2)}\n`)
  await writeWhole(path.join(folder, 'report.md'), reportMarkdown(input, trace))
  return { folder }
}
