import { createHash } from 'node:crypto'
import type { MutationResult } from '../../temporal/mutation.ts'
import type { Proposal } from '../../temporal/program.ts'
import { measureFeatures } from './features.ts'

/** A proposal that no model was paid for, with hash and features filled in. */
export function proposed(draft: Omit<Proposal, 'hash' | 'features'>, initialSource: string): MutationResult {
  const hash = createHash('sha256').update(draft.source).digest('hex')
  const proposal = { ...draft, hash, features: measureFeatures(draft.source, initialSource) }
  return { outcome: 'proposed', proposal, usage: null }
}

/** A draw without a program; there was no reply to keep. */
export function unusable(reason: string): MutationResult {
  return { outcome: 'unusable', reason, reply: '', usage: null }
}
