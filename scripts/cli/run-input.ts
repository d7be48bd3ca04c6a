import { parse, YAMLParseError } from 'yaml'
import { type RunInput, runConfig } from '../../temporal/run-config.ts'
import { describeIssues, explained, mergeSettings } from '../../temporal/settings.ts'
import { UsageError } from './failure.ts'
import { readText } from './read-text.ts'

/** Options that `run` and `start` share. */
export interface RunOptions {
  id?: string
  problem?: string
  config?: string
  iterations?: number
  seed?: number
}

const parseYaml = (text: string, file: string): unknown => {
  try {
    return parse(text) ?? {}
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error
    throw new UsageError(`${file}: not YAML: ${error.message.split('\n')[0]?.replace(/:$/, '')}`)
  }
}

const readConfig = (file: string): object => {
  const settings = parseYaml(readText(file), file)
  if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) return settings
  const found = Array.isArray(settings) ? 'a list' : JSON.stringify(settings)
  throw new UsageError(`${file}: expected settings, one "name: value" a line; found ${found}`)
}

const settingsIn = ({ config, problem, iterations, seed }: RunOptions): { problem?: unknown } =>
  mergeSettings(config === undefined ? {} : readConfig(config), { problem, iterations, seed }) as { problem?: unknown }

const checked = (input: unknown, origin: string): RunInput => {
  const parsed = runConfig.safeParse(input, explained)
  if (!parsed.success) throw new UsageError(`${origin}: ${describeIssues(parsed.error, 'config')}`)
  return JSON.parse(JSON.stringify(input)) as RunInput
}

/**
 * The workflow's input: the config file, the options over it, and `defaultProblem` where neither names one.
 * @throws UsageError naming every bad field.
 */
export const runInput = (options: RunOptions, defaultProblem?: string): RunInput => {
  const settings = settingsIn(options)
  if (settings.problem === undefined && defaultProblem === undefined) {
    throw new UsageError('problem: missing; name one with --problem, or as "problem:" in the --config file')
  }
  return checked(mergeSettings({ problem: defaultProblem }, settings), options.config ?? 'options')
}

/**
 * The workflow's input: another run's settings, the config file over them, the options over that.
 * @throws UsageError naming every bad field.
 */
export const runInputOver = (base: RunInput, options: RunOptions): RunInput =>
  checked(mergeSettings(base, settingsIn(options)), options.config ?? 'options')

/** A run id that says what it is: `mlx_training-20260131-101500`. */
export const newRunId = (problem: string, now = new Date()): string => {
  const name = problem.split('/').filter(Boolean).at(-1) ?? 'run'
  return `${name}-${now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`
}
