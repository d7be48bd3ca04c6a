import type { Program } from './program.ts'
import type { ExportInput } from './run-activities.ts'
import { runConfig } from './run-config.ts'
import type {
  Confirmations,
  FinalPopulation,
  IslandState,
  Ledger,
  Progress,
  RunControl,
  RunState,
} from './run-state.ts'
import type { BestProgram, RunStatus } from './run-status.ts'

/** What runs carried before they had budgets. */
export interface RunStateV2 extends Omit<RunState, 'version' | 'progress' | 'control'> {
  version: 2
  control: Omit<RunControl, 'spent'>
}

type New = 'version' | 'environment' | 'confirmations'

/** What runs carried before programs were confirmed: the best one was measured once more at the end. */
export interface RunStateV1 extends Omit<RunStateV2, New> {
  version: 1
  /** The best program as that last measurement found it. */
  confirmed: Program | null
}

/** Every version of the carried state that this code can go on from. */
export type AnyState = RunStateV1 | RunStateV2 | RunState

const environmentOf = (chip: string | null): Record<string, string> => (chip === null ? {} : { chip })

/** A figure of one pair of processes is none of today's confirmations: its program may be confirmed yet. */
const confirmationsBefore = (confirmed: Program | null): Confirmations => ({
  spent: confirmed === null ? 0 : 1,
  before: 0,
  atEnd: { generations: 0, tried: 0 },
  incumbent: null,
  records:
    confirmed === null
      ? []
      : [
          {
            index: 1,
            programId: confirmed.id,
            hash: confirmed.hash,
            outcome: 'not measured',
            speedup: confirmed.speedup,
            reason: 'measured once more by an earlier version, which kept one pair of processes',
          },
        ],
  heldOut: [],
})

/** Progress that is looked at from the islands' next common generation on. */
export const progressFrom = (islands: IslandState[], best: number): Progress => ({
  checkedAt: Math.max(0, ...islands.map(({ generation }) => generation)),
  best,
  since: islands.reduce((sum, { drawn }) => sum + drawn, 0),
})

/** With sums as this version has them; the same value where they are. */
const countingUnresolved = <T extends { ledger: Ledger | null }>(value: T): T =>
  value.ledger === null || value.ledger?.unresolved !== undefined
    ? value
    : { ...value, ledger: { ...value.ledger, unresolved: 0 } }

/**
 * Carried state as this version has it.
 * @throws Error for a version that it does not know.
 */
export const upgradeState = (state: AnyState): RunState => {
  switch (state.version) {
    case 3:
      return countingUnresolved(state)
    case 2:
      return countingUnresolved<RunState>({
        ...state,
        version: 3,
        config: runConfig.parse(state.config),
        progress: progressFrom(state.islands, state.initial.score),
        control: { ...state.control, spent: null },
      })
    case 1: {
      const { confirmed, version: _, ...rest } = state
      return upgradeState({
        ...rest,
        version: 2,
        environment: environmentOf(rest.chip),
        confirmations: confirmationsBefore(confirmed),
      })
    }
    default:
      throw new Error(`carried state has version ${(state as { version: unknown }).version}, this code knows 1 to 3`)
  }
}

type FinalPopulationV1 = Omit<FinalPopulation, 'environment' | 'confirmations'>

/** A final population as this version has it, from any earlier version's history. */
export const upgradePopulation = (population: FinalPopulationV1 | FinalPopulation): FinalPopulation => ({
  environment: environmentOf(population.chip),
  confirmations: confirmationsBefore(null),
  ...population,
  config: runConfig.parse(population.config),
})

type BestProgramV1 = Omit<BestProgram, 'screened'>
type RunStatusV1 = Omit<RunStatus, 'confirmations' | 'best'> & { best: BestProgramV1 | null }

/** A status as this version has it, from any earlier version's history. */
export const upgradeStatus = (status: RunStatusV1 | RunStatus): RunStatus => {
  if ('confirmations' in status) return countingUnresolved(status)
  const { best } = status
  return {
    ...countingUnresolved(status),
    best: best && { ...best, confirmed: false, speedup: null, screened: best.speedup },
    confirmations: null,
  }
}

type ExportInputV1 = Omit<ExportInput, 'status' | 'population'> & {
  status: RunStatusV1
  population: FinalPopulationV1
}

/** What a closed run was exported from, as this version has it, from any earlier version's history. */
export const upgradeExport = (input: ExportInputV1 | ExportInput): ExportInput => ({
  ...input,
  status: upgradeStatus(input.status),
  population: upgradePopulation(input.population),
})
