import { ApplicationFailure } from '@temporalio/common'
import type { MutateInput, MutationResult, Usage } from '../../temporal/mutation.ts'
import type { ModelConfig } from '../../temporal/run-config.ts'
import { chooseModel } from './ensemble.ts'
import { checkProgram } from './evolve-block.ts'
import { type Answer, callModel, type Endpoint } from './model-call.ts'
import { applyPatch } from './patch.ts'
import { type PatchOutcome, unusable } from './patch-outcome.ts'
import { buildPrompt, type Message } from './prompt.ts'
import { promptBounds } from './prompt-bounds.ts'
import { proposed } from './proposal.ts'
import type { ReplyLedger } from './reply-ledger.ts'
import { applyRewrite } from './rewrite.ts'
import { summarise } from './summary.ts'

const openai = 'https://api.openai.com/v1'

/** Where the model answers; `baseURL` left out is OpenAI itself. */
export interface ModelDeps {
  apiKey: string | undefined
  baseURL?: string
  replies: ReplyLedger
}

/**
 * Activity that lets a language model make a child of the parent. One attempt is one call.
 *
 * @throws TypeError when `baseURL` is no http(s) URL.
 */
export function createModelMutator(deps: ModelDeps): { mutateWithModel(input: MutateInput): Promise<MutationResult> } {
  const baseURL = checkBaseURL(deps.baseURL?.trim() || openai)
  const apiKey = deps.apiKey?.trim() ?? ''
  return {
    async mutateWithModel(input) {
      const endpoint: Endpoint = { baseURL, apiKey: usableKey(apiKey, baseURL), replies: deps.replies }
      const model = chooseModel(input.config.models, input.draw)
      const messages = buildPrompt(input)
      const answer = await callModel(endpoint, model, messages, input)
      return resultOf(input, model, answer, usageOf(model, messages, answer))
    },
  }
}

function checkBaseURL(baseURL: string): string {
  const url = URL.parse(baseURL)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return baseURL
  throw new TypeError(`OPENAI_BASE_URL: found ${JSON.stringify(baseURL)}, expected a URL that begins with http(s)://`)
}

/** Servers other than OpenAI's may need no key; the client sends one all the same. */
function usableKey(apiKey: string, baseURL: string): string {
  const refuse = (found: string) =>
    ApplicationFailure.nonRetryable(
      `OPENAI_API_KEY: ${found}; set it in the orchestrator's environment and restart the orchestrator`,
      'AuthenticationFailed',
    )
  if (apiKey === '') {
    if (baseURL === openai) throw refuse('not set')
    return 'no-key-needed'
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw refuse('it holds characters that no header can carry')
  return apiKey
}

/** The server's own counts; where it gives none, a token is taken for four characters. */
function usageOf(model: ModelConfig, messages: Message[], answer: Answer): Usage {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0)
  const promptTokens = answer.tokens?.prompt ?? Math.ceil(characters / 4)
  const completionTokens = answer.tokens?.completion ?? Math.ceil(answer.text.length / 4)
  const cost = (promptTokens * model.promptPrice + completionTokens * model.completionPrice) / 1e6
  return { model: model.name, promptTokens, completionTokens, cost }
}

function resultOf(input: MutateInput, model: ModelConfig, answer: Answer, usage: Usage): MutationResult {
  const child = answer.outcome === 'unusable' ? answer : makeChild(input, answer.text)
  if (child.outcome === 'unusable') {
    return { outcome: 'unusable', reason: child.reason, reply: answer.text.slice(0, promptBounds.reply), usage }
  }
  const draft = {
    id: input.id,
    source: child.source,
    parents: [input.parent.id],
    change: summarise(answer.text) ?? (input.config.reply === 'diff' ? 'edit without explanation' : 'rewrite'),
    mutator: model.name,
  }
  return { ...proposed(draft, input.initialSource), usage }
}

function makeChild({ parent, config }: MutateInput, reply: string): PatchOutcome {
  const child = config.reply === 'diff' ? applyPatch(parent.source, reply) : applyRewrite(parent.source, reply)
  if (child.outcome === 'unusable') return child
  if (child.source.length > config.maxProgramLength) {
    return unusable(
      `the new program has ${child.source.length} characters, at most ${config.maxProgramLength} are allowed`,
    )
  }
  const fault = checkProgram(child.source)
  return fault === null ? child : unusable(fault)
}
