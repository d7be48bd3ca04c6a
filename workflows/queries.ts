import { setHandler } from '@temporalio/workflow'
import type { z } from 'zod'
import {
  bestQuery,
  bestRequest,
  lineageQuery,
  openExportQuery,
  type PopulationPage,
  type ProgramView,
  populationQuery,
  populationRequest,
  problemQuery,
  statusQuery,
} from '../temporal/messages.ts'
import type { Program } from '../temporal/program.ts'
import { describeIssues, explained } from '../temporal/settings.ts'
import { exportInput } from './finish.ts'
import { ancestry } from './lineage.ts'
import type { Run } from './run.ts'
import { namedFigures, reportedBest, runStatus } from './status.ts'

const pageBytes = 1_000_000

/** Figures in a population are those of screenings. */
const view = ({ source, speedup: screened, ...rest }: Program, withSource: boolean): ProgramView => ({
  ...rest,
  screened,
  ...(withSource ? { source } : {}),
})

const parse = <S extends z.ZodType>(schema: S, request: unknown, query: string): z.infer<S> => {
  const parsed = schema.safeParse(request ?? undefined, explained)
  if (!parsed.success) throw new Error(`${query}: ${describeIssues(parsed.error, 'argument')}`)
  return parsed.data
}

const populationPage = (run: Run, argument: unknown): PopulationPage => {
  const { island, offset, limit, sources } = parse(populationRequest, argument, 'population')
  const islands = run.state?.islands.filter(({ index }) => island === undefined || index === island) ?? []
  const everyone = islands.flatMap(({ programs }) => programs)
  const programs: ProgramView[] = []
  let bytes = 0
  for (const program of everyone.slice(offset, offset + limit)) {
    const shown = view(program, sources)
    bytes += JSON.stringify(shown).length
    if (programs.length > 0 && bytes > pageBytes) break
    programs.push(shown)
  }
  const next = offset + programs.length
  return { total: everyone.length, offset, programs, next: next < everyone.length ? next : null }
}

/** Registers `status`, `best`, `population`, `lineage`, `problem` and `export`. */
export const handleQueries = (run: Run, now: () => number): void => {
  setHandler(statusQuery, () => runStatus(run, now()))
  setHandler(populationQuery, (argument) => populationPage(run, argument))
  setHandler(openExportQuery, () => (run.state === null ? null : exportInput(run)))
  setHandler(problemQuery, () => run.problem)
  setHandler(lineageQuery, (id) =>
    run.state === null ? [] : id === undefined ? run.state.lineage : ancestry(run.state.lineage, id),
  )
  setHandler(bestQuery, (argument) => {
    if (run.state === null) return null
    const { source } = parse(bestRequest, argument, 'best')
    const { program, confirmed } = reportedBest(run.state)
    return { ...view(program, source), ...namedFigures(program, confirmed) }
  })
}
