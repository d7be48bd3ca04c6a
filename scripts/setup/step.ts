/** One thing that set-up provides. */
export interface Step {
  /** Short tag in front of every line it prints. */
  name: string
  /** Whether there is nothing to do. Looks at files only: it runs on every start. */
  current(): boolean
  /** Provides it, or throws {@link SetupFailure}. */
  provide(say: Say): Promise<void>
}

/** Prints one line for a step. */
export type Say = (line: string) => void

/** A step that could not be done: what was tried and what a person can do about it. */
export class SetupFailure extends Error {
  override name = 'SetupFailure'

  /**
   * @param what what is missing now
   * @param tried each attempt with its outcome, in order
   * @param byHand what to install or set by hand
   */
  constructor(what: string, tried: string[], byHand: string) {
    const attempts = tried.map((attempt) => `  tried: ${attempt.trim().replaceAll('\n', '\n         ')}`)
    super([what, ...attempts, `  by hand: ${byHand}`].join('\n'))
  }
}

/** Last lines of a program's output, for messages. */
export const tail = (output: string, lines = 8): string => output.trim().split('\n').slice(-lines).join('\n')

/**
 * Runs the steps that are not current, side by side.
 *
 * @returns whether everything is there now; failures have been printed
 */
export async function provideMissing(steps: Step[], print: (line: string) => void): Promise<boolean> {
  const outcomes = await Promise.all(steps.filter((step) => !step.current()).map((step) => provide(step, print)))
  return outcomes.every(Boolean)
}

async function provide(step: Step, print: (line: string) => void): Promise<boolean> {
  const say = (line: string) => print(`[${step.name}] ${line}`)
  const started = Date.now()
  try {
    await step.provide(say)
  } catch (error) {
    if (!(error instanceof SetupFailure)) throw error
    say(`failed: ${error.message}`)
    return false
  }
  say(`done in ${((Date.now() - started) / 1000).toFixed(0)} s`)
  return true
}
