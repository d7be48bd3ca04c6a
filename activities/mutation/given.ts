import { ApplicationFailure } from '@temporalio/common'
import type { MutationResult } from '../../temporal/mutation.ts'
import { checkProgram } from './evolve-block.ts'
import { proposed, unusable } from './proposal.ts'
import { runPython } from './python.ts'

/** A program that a person wrote: a problem's initial program, or one injected into a run. */
export interface GivenInput {
  id: string
  source: string
  /** Features are measured against it; the initial program's own source for the initial program. */
  initialSource: string
}

/** Compiles stdin without running it; exit code 3 and a reason on stdout where that is impossible. */
const compileScript = `
import sys, warnings
warnings.simplefilter('ignore')
sys.stdout.reconfigure(encoding='utf-8')
try:
    compile(sys.stdin.buffer.read().decode(), 'program', 'exec', dont_inherit=True)
except SyntaxError as error:
    print(f'{error.msg} in line {error.lineno}' if error.lineno else error.msg)
    sys.exit(3)
except (ValueError, RecursionError, MemoryError) as error:
    print(str(error) or 'nested too deeply')
    sys.exit(3)
`

/** Turns given programs into proposals, or says in one line what is wrong with them. */
export function createGivenProposer(deps: { python: string }) {
  return {
    /** Throws ApplicationFailure where Python is missing, fails or was killed. */
    async prepareGiven(input: GivenInput): Promise<MutationResult> {
      const reason = checkProgram(input.source) ?? (await syntaxProblem(deps.python, input.source))
      if (reason !== null) return unusable(reason)
      const { id, source } = input
      const change = id === 'initial' ? 'initial program' : 'injected program'
      return proposed({ id, source, parents: [], change, mutator: 'given' }, input.initialSource)
    },
  }
}

async function syntaxProblem(python: string, source: string): Promise<string | null> {
  const exit = await runPython(python, ['-c', compileScript], source)
  if (exit.exitCode === 0) return null
  if (exit.exitCode === 3) return `not Python: ${exit.stdout.trim()}`
  throw ApplicationFailure.create({
    type: 'PythonFailed',
    nonRetryable: true,
    message: `${python} could not check a program, exit code ${exit.exitCode}: ${exit.stderr.trim().slice(-2000)}`,
  })
}
