import type { Program } from '../temporal/program.ts'
import type { LineageEntry, RunState } from '../temporal/run-state.ts'

const keptEntries = 2000

export const lineageOf = (program: Program): LineageEntry => ({
  id: program.id,
  parents: program.parents,
  island: program.island,
  generation: program.generation,
  score: program.score,
  change: program.change,
})

/** An entry and its ancestors, nearest first. */
export const ancestry = (lineage: LineageEntry[], id: string): LineageEntry[] => {
  const byId = new Map(lineage.map((entry) => [entry.id, entry]))
  const found = new Map<string, LineageEntry>()
  const queue = [id]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const entry = byId.get(next)
    if (entry === undefined || found.has(next)) continue
    found.set(next, entry)
    queue.push(...entry.parents)
  }
  return [...found.values()]
}

/**
 * Only retained programs, those on their way to another island included, and their ancestors are kept, the newest 2,000
 * of them: what is carried stays bounded.
 */
export const pruneLineage = (state: RunState): LineageEntry[] => {
  const retained = state.islands.flatMap(({ programs, inbox }) => [...programs, ...Object.values(inbox).flat()])
  const byId = new Map(state.lineage.map((entry) => [entry.id, entry]))
  const needed = new Set<string>()
  const queue = retained.map(({ id }) => id)
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (needed.has(id)) continue
    needed.add(id)
    queue.push(...(byId.get(id)?.parents ?? []))
  }
  return state.lineage.filter(({ id }) => needed.has(id)).slice(-keptEntries)
}
