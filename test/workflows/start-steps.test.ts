import { expect, test } from 'vitest'
import type { IslandState, RunState } from '../../temporal/run-state.ts'
import type { InFlight, Run } from '../../workflows/run.ts'
import { startDrawingAhead, startSteps } from '../../workflows/start-steps.ts'

/** A run of three islands that have a generation each to make, and what is launched of it. */
const bench = () => {
  const islands = [0, 1, 2].map(
    (index): Partial<IslandState> => ({
      ...{ index, generation: 1, drawn: 2, migratedAt: 1, began: { drawn: 0 } as IslandState['began'] },
      draws: [{ parent: 'initial', top: [], diverse: [] }],
    }),
  )
  const config = {
    ...{ iterations: 30, candidatesPerGeneration: 1, concurrentIslands: 0, migration: { every: 10 } },
    budget: { dollars: null, hours: null, target: null, patience: null },
  }
  const control = { paused: null as string | null, stopping: false, spent: null, extended: 0, injections: [] }
  const inFlight = new Map<number, InFlight>()
  const run = {
    ...{ control, inFlight, drewAhead: new Set<number>(), confirming: null },
    state: { islands, config, control, mutator: 'offline', progress: { checkedAt: 0 } } as unknown as RunState,
  } as unknown as Run
  const launched: string[] = []
  const launch = ({ index }: IslandState, kind: InFlight['kind']): null => {
    launched.push(`${kind} of ${index}`)
    return null
  }
  return { run, control, inFlight, launch, launched }
}

const flight: InFlight = { kind: 'generation', generation: 2, child: null, since: 0, blocked: null, reserved: 0 }

test('every island is started', () => {
  const { run, launch, launched } = bench()
  expect([...startSteps(run, launch)]).toHaveLength(3)
  expect(launched).toEqual(['generation of 0', 'generation of 1', 'generation of 2'])
})

test.each([
  ['paused', { paused: 'by a person' }],
  ['stopped', { stopping: true }],
])('once a run is %s no further island is', (_, said) => {
  const { run, control, launch, launched } = bench()
  const steps = startSteps(run, launch)
  steps.next()
  Object.assign(control, said)
  expect(steps.next().done).toBe(true)
  expect(launched).toEqual(['generation of 0'])
})

test.each([
  ['paused', { paused: 'by a person' }],
  ['stopped', { stopping: true }],
])('nor are proposals made ahead once it is %s', (_, said) => {
  const { run, control, inFlight, launch, launched } = bench()
  inFlight.set(0, flight)
  inFlight.set(3, flight)
  Object.assign(run.state?.config ?? {}, { concurrentIslands: 4 })
  const steps = startDrawingAhead(run, launch)
  steps.next()
  Object.assign(control, said)
  expect(steps.next().done).toBe(true)
  expect(launched).toEqual(['proposals of 1'])
})
