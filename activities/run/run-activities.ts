import type { Client } from '@temporalio/client'
import type { ProblemSnapshot } from '../../temporal/problem.ts'
import type { AppendTraceInput, ExportInput, ExportResult, OrchestratorFacts } from '../../temporal/run-activities.ts'
import type { ForkFrom, ResumeFrom } from '../../temporal/run-config.ts'
import type { FinalPopulation } from '../../temporal/run-state.ts'
import { exportRun } from './export-run.ts'
import { readFinalExport } from './final-population.ts'
import { loadProblem } from './load-problem.ts'
import { readPopulationAt } from './population-at.ts'
import { openRunFolder } from './run-folder.ts'
import { appendRecords } from './trace.ts'

export interface RunActivityDependencies {
  client: Client
  /** Folders that hold problem folders, searched in order. */
  problemRoots: string[]
  /** Folder that holds one folder a run. */
  runsFolder: string
  facts: () => Promise<OrchestratorFacts>
}

/** What a run needs of its orchestrator's disk and of the server. */
export const createRunActivities = ({ client, problemRoots, runsFolder, facts }: RunActivityDependencies) => ({
  loadProblem: ({ problem }: { problem: string }): Promise<ProblemSnapshot> => loadProblem(problem, problemRoots),

  inspectOrchestrator: (): Promise<OrchestratorFacts> => facts(),

  /** Does nothing: that it has been done is an event of the run's history. */
  lastCall: async (): Promise<void> => undefined,

  loadFinalPopulation: async (from: ResumeFrom): Promise<FinalPopulation> =>
    (await readFinalExport(client, from.workflowId, from.runId)).population,

  loadPopulationAt: (from: ForkFrom): Promise<FinalPopulation> => readPopulationAt(client, from),

  appendTrace: async ({ run, records }: AppendTraceInput): Promise<void> =>
    appendRecords(await openRunFolder(runsFolder, run), records),

  exportRun: (input: ExportInput): Promise<ExportResult> => exportRun(client, runsFolder, input),
})
