import { readFileSync } from 'node:fs'
import { parse, YAMLParseError } from 'yaml'
import { type RunInput, runConfig } from '../../temporal/run-config.ts'
import { describeIssues, mergeSettings } from '../../temporal/settings.ts'
import { UsageError } from './failure.ts'

/** Options that `run` and `start` share. */
export interface RunOptions {
  id?: string
  problem?: string
  config?: string
  iterations?: number
  seed?: number
}

const readConfig = (file: string): unknown => {
  try {
    return parse(readFileSync(file, 'utf8')) ?? {}
  } catch (error) {
    if (error instanceof YAMLParseError) throw new UsageError(`${file}: not YAML: ${error.message.split('\n')[0]}`)
    if (error instanceof Error && 'code' in error)
      throw new UsageError(`--config ${file}: cannot be read (${error.code})`)
    throw error
  }
}

/**
 * The workflow's input: the config file, the options over it, and `defaultProblem` where neither names one.
 * @throws UsageError naming every bad field.
 */
export const runInput = (options: RunOptions, defaultProblem?: string): RunInput => {
  const file = options.config === undefined ? {} : readConfig(options.config)
  const given = { problem: options.problem, iterations: options.iterations, seed: options.seed }
  const merged = mergeSettings(
    defaultProblem === undefined ? {} : { problem: defaultProblem },
    mergeSettings(file, given),
  )
  const parsed = runConfig.safeParse(merged)
  if (!parsed.success) throw new UsageError(`${options.config ?? 'options'}: ${describeIssues(parsed.error, 'config')}`)
  return JSON.parse(JSON.stringify(merged)) as RunInput
}

/** A run id that says what it is: `mlx_training-20260131-101500`. */
export const newRunId = (problem: string, now = new Date()): string => {
  const name = problem.split('/').filter(Boolean).at(-1) ?? 'run'
  return `${name}-${now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`
}
