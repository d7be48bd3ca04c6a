import { promptBounds } from '../activities/mutation/prompt-bounds.ts'
import type { Mutator } from '../temporal/generation.ts'
import type { Program } from '../temporal/program.ts'
import type { RunConfig } from '../temporal/run-config.ts'
import type { IslandState, RunState } from '../temporal/run-state.ts'

// What is written in letters takes a token for some four of them; other scripts may take one for each character.
const lettersPerToken = 3
// A draw's first call and its one repair.
const callsPerDraw = 2
/** Tokens of a prompt around what varies: its rules, headings, figures. */
const frameTokens = 6000

const tokensOf = (text: string): number => {
  const others = text.replace(/[ -~\s]/g, '').length
  return (text.length - others) / lettersPerToken + others
}

/** What is wrong with a budget of dollars over models without prices; `null` where nothing is. */
export const unpricedModel = ({ budget, mutation }: RunConfig, mutator: Mutator): string | null => {
  if (budget.dollars === null || mutator === 'offline') return null
  const index = mutation.models.findIndex(({ promptPrice, completionPrice }) => promptPrice + completionPrice === 0)
  if (index < 0) return null
  const where = `mutation.models.${index}`
  const name = mutation.models[index]?.name
  return `budget.dollars: ${where} (${name}) has no prices; expected ${where}.promptPrice and ${where}.completionPrice`
}

/** Tokens of the longest prompt that is made from these programs, that of a repair: an estimate, on the safe side. */
const longestPrompt = ({ mutation, selection }: RunConfig, programs: Program[]): number => {
  const { companions, artifact, artifacts, failure, failures, reply } = promptBounds
  const longest = Math.max(0, ...programs.map(({ source }) => tokensOf(source)))
  const shown = Math.min(companions, longest * (selection.topPrograms + selection.diversePrograms))
  const told = Math.max(
    0,
    ...programs.map((program) => {
      const tokens = Object.values(program.artifacts).map((text) => tokensOf(text.slice(0, artifact)))
      return tokens.slice(0, artifacts).reduce((sum, count) => sum + count, 0)
    }),
  )
  const letters = (failure * failures + reply) / lettersPerToken
  return longest + tokensOf(mutation.instructions) + shown + told + letters + frameTokens
}

/** US dollars that one draw of an island costs at most: the dearest model, the longest prompt, a repair. */
export const dearestDraw = (config: RunConfig, { programs }: Pick<IslandState, 'programs'>): number => {
  const { models, maxTokens } = config.mutation
  const prompt = longestPrompt(config, programs)
  const calls = models.map(
    ({ promptPrice, completionPrice }) => (prompt * promptPrice + maxTokens * completionPrice) / 1e6,
  )
  return callsPerDraw * Math.max(...calls)
}

const isBounded = ({ config, mutator }: RunState): boolean => config.budget.dollars !== null && mutator !== 'offline'

/** US dollars to hold back for draws in flight; nothing is reckoned for a run that may spend what it likes. */
export const reservation = (state: RunState, island: IslandState, draws: number): number =>
  isBounded(state) ? draws * dearestDraw(state.config, island) : 0

/** How many of `draws` the dollars left allow, those reserved for what is in flight left out. */
export const affordableDraws = (state: RunState, island: IslandState, draws: number, reserved: number): number => {
  const { dollars } = state.config.budget
  if (dollars === null || !isBounded(state)) return draws
  const left = dollars - state.ledger.cost - reserved
  return Math.max(0, Math.min(draws, Math.floor(left / dearestDraw(state.config, island))))
}
