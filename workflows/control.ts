import { ApplicationFailure, log, setHandler } from '@temporalio/workflow'
import type { z } from 'zod'
import { checkProgram } from '../activities/mutation/evolve-block.ts'
import { generationBlockedSignal } from '../temporal/blockage-signals.ts'
import { type ControlMessage, controlMessages, controlSignal, controlUpdate } from '../temporal/messages.ts'
import { injectedProgramId } from '../temporal/names.ts'
import type { Budget } from '../temporal/run-config.ts'
import { describeIssues, explained, mergeSettings } from '../temporal/settings.ts'
import { type Run, stateOf } from './run.ts'
import { unpricedModel } from './spending.ts'

const rememberedSignals = 10

/** Why a valid message cannot be obeyed now; `null` when it can. */
const refusal = (run: Run, name: ControlMessage): string | null => {
  if (run.phase !== 'running') return `the run is ${run.phase}`
  if (run.control.stopping && name !== 'stop') return 'the run is stopping'
  if (run.control.spent !== null && name !== 'stop' && name !== 'setBudget') {
    return `the run is ending (${run.control.spent}): setBudget comes first`
  }
  return null
}

const budgetWith = (run: Run, request: unknown): Budget =>
  mergeSettings(stateOf(run).config.budget, controlMessages.setBudget.parse(request)) as Budget

/** What is looked at from now on; a search that the old bounds ended goes on where the new ones allow it. */
const setBudget = (run: Run, budget: Budget): string => {
  const state = stateOf(run)
  const before = state.config.budget
  state.config = { ...state.config, budget }
  // Islands that nobody waited for until now are wherever they are.
  const apart = before.target === null && before.patience === null
  const furthest = Math.max(...state.islands.map(({ generation }) => generation + 1))
  if (apart) state.progress = { ...state.progress, checkedAt: furthest }
  const changed = (Object.keys(budget) as Array<keyof Budget>).filter((name) => budget[name] !== before[name])
  if (changed.some((name) => run.control.spent?.startsWith(`budget.${name}:`))) run.control.spent = null
  const bounds = Object.entries(budget).flatMap(([name, bound]) => (bound === null ? [] : [`${name} ${bound}`]))
  return `budget: ${bounds.length === 0 ? 'no bounds' : bounds.join(', ')}`
}

/** Handlers only set state; the run's loop acts on it. */
const obey = (run: Run, name: ControlMessage, request: unknown): string => {
  const { control } = run
  run.revision += 1
  switch (name) {
    case 'pause':
      control.paused = controlMessages.pause.parse(request ?? {}).reason ?? 'paused by a person'
      return `paused: ${control.paused}`
    case 'resume':
      control.paused = null
      return 'running'
    case 'stop':
      control.stopping = true
      return 'stopping: what is in flight will be finished'
    case 'extend': {
      const { iterations } = controlMessages.extend.parse(request)
      control.extended += iterations
      return `extended by ${iterations}`
    }
    case 'setBudget':
      return setBudget(run, budgetWith(run, request))
    case 'inject': {
      control.injected += 1
      const id = injectedProgramId(control.injected)
      control.injections.push({ id, source: controlMessages.inject.parse(request).source })
      return id
    }
  }
}

const check = (run: Run, name: ControlMessage, request: unknown): string | null => {
  const schema: z.ZodType = controlMessages[name]
  const parsed = schema.safeParse(request ?? undefined, explained)
  if (!parsed.success) return describeIssues(parsed.error, name)
  const refused = refusal(run, name)
  if (refused !== null) return refused
  if (name === 'inject') return programProblem(run, request)
  return name === 'setBudget' ? budgetProblem(run, request) : null
}

const budgetProblem = (run: Run, request: unknown): string | null => {
  if (run.state === null) return 'the run is still loading its problem'
  return unpricedModel({ ...run.state.config, budget: budgetWith(run, request) }, run.state.mutator)
}

const waitingCharacters = 400_000

const programProblem = ({ control }: Run, request: unknown): string | null => {
  const { source } = controlMessages.inject.parse(request)
  const reason = checkProgram(source)
  if (reason !== null) return `source: ${reason}`
  const waiting = control.injections.reduce((sum, injection) => sum + injection.source.length, source.length)
  if (waiting <= waitingCharacters) return null
  return `source: ${waiting} characters of injected programs would wait, at most ${waitingCharacters} may`
}

/**
 * Acts on a message in the very moment. An update that is answered later could not be answered at all where an orchestrator
 * died meanwhile: when history is replayed Temporal drops what it has to say.
 */
const hear = <T>(run: Run, act: () => T): T | Promise<T> => {
  if (!run.goesByEvents) return run.turns.inTurn(act)
  run.heard += 1
  return act()
}

/** For an update, whose turn may come later than it was accepted where messages take turns. */
const obeyed = (run: Run, name: ControlMessage, request: unknown): string => {
  if (run.takesTurns && !run.goesByEvents) refuse(check(run, name, request))
  return obey(run, name, request)
}

const refuse = (reason: string | null): void => {
  if (reason !== null) throw ApplicationFailure.nonRetryable(reason, 'InvalidRequest')
}

const ignore = (run: Run, name: string, reason: string): void => {
  log.warn('signal ignored', { signal: name, reason })
  run.control.ignored = [...run.control.ignored, `${name}: ${reason}`].slice(-rememberedSignals)
}

/** Registers every control message as an update (validated) and as a signal (invalid ones are ignored, visibly). */
export const handleControl = (run: Run): void => {
  for (const name of Object.keys(controlMessages) as ControlMessage[]) {
    setHandler(controlUpdate(name), (request?: unknown) => hear(run, () => obeyed(run, name, request)), {
      validator: (request?: unknown): void => refuse(check(run, name, request)),
    })
    setHandler(controlSignal(name), (request?: unknown) =>
      hear(run, () => {
        const reason = check(run, name, request)
        if (reason === null) obey(run, name, request)
        else ignore(run, name, reason)
      }),
    )
  }
  setHandler(generationBlockedSignal, ({ island, generation, reason }) =>
    hear(run, () => {
      const flight = run.inFlight.get(island)
      if (flight === undefined || flight.generation !== generation) return
      flight.blocked = reason
      run.revision += 1
      run.control.paused = `island ${island}, generation ${generation}: ${reason}`
    }),
  )
}
