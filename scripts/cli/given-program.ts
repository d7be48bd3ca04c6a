import { createGivenProposer } from '../../activities/mutation/given.ts'
import { pythonPath } from '../setup/paths.ts'

/**
 * Why a text is no program that evolution can work on (empty, no markers, not Python); `null` when it is one.
 * @throws ApplicationFailure `PythonMissing`.
 */
export const programProblem = async (source: string): Promise<string | null> => {
  const { prepareGiven } = createGivenProposer({ python: pythonPath() })
  const result = await prepareGiven({ id: 'given', source, initialSource: source })
  return result.outcome === 'unusable' ? result.reason : null
}
