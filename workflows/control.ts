import { ApplicationFailure, log, setHandler } from '@temporalio/workflow'
import type { z } from 'zod'
import { checkProgram } from '../activities/mutation/evolve-block.ts'
import {
  type ControlMessage,
  controlMessages,
  controlSignal,
  controlUpdate,
  generationBlockedSignal,
} from '../temporal/messages.ts'
import { injectedProgramId } from '../temporal/names.ts'
import { describeIssues, explained } from '../temporal/settings.ts'
import type { Run } from './run.ts'

const rememberedSignals = 10

/** Why a valid message cannot be obeyed now; `null` when it can. */
const refusal = (run: Run, name: ControlMessage): string | null => {
  if (run.phase !== 'running') return `the run is ${run.phase}`
  if (run.control.stopping && name !== 'stop') return 'the run is stopping'
  return null
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
  return refusal(run, name) ?? (name === 'inject' ? programProblem(run, request) : null)
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

const ignore = (run: Run, name: string, reason: string): void => {
  log.warn('signal ignored', { signal: name, reason })
  run.control.ignored = [...run.control.ignored, `${name}: ${reason}`].slice(-rememberedSignals)
}

/** Registers every control message as an update (validated) and as a signal (invalid ones are ignored, visibly). */
export const handleControl = (run: Run): void => {
  for (const name of Object.keys(controlMessages) as ControlMessage[]) {
    setHandler(controlUpdate(name), (request?: unknown): string => obey(run, name, request), {
      validator: (request?: unknown): void => {
        const reason = check(run, name, request)
        if (reason !== null) throw ApplicationFailure.nonRetryable(reason, 'InvalidRequest')
      },
    })
    setHandler(controlSignal(name), (request?: unknown) => {
      const reason = check(run, name, request)
      if (reason === null) obey(run, name, request)
      else ignore(run, name, reason)
    })
  }
  setHandler(generationBlockedSignal, ({ island, generation, reason }) => {
    const flight = run.inFlight.get(island)
    if (flight === undefined || flight.generation !== generation) return
    flight.blocked = reason
    run.revision += 1
    run.control.paused = `island ${island}, generation ${generation}: ${reason}`
  })
}
