import type { EvaluateInput } from './evaluation.ts'
import type { RunConfig } from './run-config.ts'

/** What a confirmation is evaluated with: every launch may take as long as one screening. */
export const confirmationSettings = ({
  evaluation,
  confirmation,
}: Pick<RunConfig, 'evaluation' | 'confirmation'>): Pick<EvaluateInput, 'options' | 'timeoutSeconds'> => ({
  options: { ...evaluation.options, launches: confirmation.launches },
  timeoutSeconds: evaluation.timeoutSeconds * confirmation.launches,
})
