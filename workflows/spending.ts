import { promptBounds } from '../activities/mutation/prompt-bounds.ts'
import type { Mutator } from '../temporal/generation.ts'
import type { Program } from '../temporal/program.ts'
import type { RunConfig } from '../temporal/run-config.ts'
import type { IslandState, RunState } from '../temporal/run-state.ts'

// Tokens are rarely shorter than three characters, whatever the tokeniser.
const charactersPerToken = 3
// A draw's first call and its one repair.
const callsPerDraw = 2
/** Characters of a prompt around what varies: its rules, headings, figures. */
const frameCharacters = 10_000

/** What is wrong with a budget of dollars over models without prices; `null` where nothing is. */
export const unpricedModel = ({ budget, mutation }: RunConfig, mutator: Mutator): string | null => {
  if (budget.dollars === null || mutator === 'offline') return null
  const index = mutation.models.findIndex(({ promptPrice, completionPrice }) => promptPrice + completionPrice === 0)
  if (index < 0) return null
  const where = `mutation.models.${index}`
  const name = mutation.models[index]?.name
  return `budget.dollars: ${where} (${name}) has no prices; expected ${where}.promptPrice and ${where}.completionPrice`
}

/** Characters of the longest prompt that is made from these programs, that of a repair. */
const longestPrompt = ({ mutation, selection }: RunConfig, programs: Program[]): number => {
  const { companions, artifact, artifacts, failure, failures, reply } = promptBounds
  const longest = Math.max(0, ...programs.map(({ source }) => source.length))
  const shown = Math.min(companions, longest * (selection.topPrograms + selection.diversePrograms))
  const told = Math.max(
    0,
    ...programs.map((program) => {
      const lengths = Object.values(program.artifacts).map((text) => Math.min(text.length, artifact))
      return lengths.slice(0, artifacts).reduce((sum, length) => sum + length, 0)
    }),
  )
  return longest + mutation.instructions.length + shown + told + failure * failures + reply + frameCharacters
}

/** US dollars that one draw of an island costs at most: the dearest model, the longest prompt, a repair. */
export const dearestDraw = (config: RunConfig, { programs }: Pick<IslandState, 'programs'>): number => {
  const { models, maxTokens } = config.mutation
  const prompt = longestPrompt(config, programs) / charactersPerToken
  const calls = models.map(
    ({ promptPrice, completionPrice }) => (prompt * promptPrice + maxTokens * completionPrice) / 1e6,
  )
  return callsPerDraw * Math.max(...calls)
}

/** How many of `draws` the dollars left allow, those reserved for what is in flight left out. */
export const affordableDraws = (state: RunState, island: IslandState, draws: number, reserved: number): number => {
  const { budget } = state.config
  if (budget.dollars === null || state.mutator === 'offline') return draws
  const left = budget.dollars - state.ledger.cost - reserved
  return Math.max(0, Math.min(draws, Math.floor(left / dearestDraw(state.config, island))))
}
