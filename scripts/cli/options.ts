import { type Command, InvalidArgumentError } from 'commander'

/** An option's value as a whole number from `least` to `most`. */
export const wholeNumber =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least && value <= most) return value
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
    throw new InvalidArgumentError(`expected a whole number ${range}.`)
  }

/** An option's value as a number above `least`, or `none`: commander takes a parser's null for no value at all. */
export const boundAbove =
  (least: number) =>
  (text: string): number | 'none' => {
    if (text === 'none') return text
    const value = Number(text)
    if (text.trim() !== '' && Number.isFinite(value) && value > least) return value
    throw new InvalidArgumentError(`expected a number above ${least}, or none.`)
  }

/** The option of every command that can answer in JSON. */
export const addJsonOption = (command: Command): Command =>
  command.option('--json', 'end stdout with one JSON object', false)

/** The options that every command starting a run takes. */
export const addRunOptions = (command: Command): Command =>
  addJsonOption(
    command
      .option('--id <id>', 'workflow id of the run (default: problem and time)')
      .option('--problem <name>', 'name of a problem, or path to its folder')
      .option('--config <file>', 'YAML file with settings of the run')
      .option('--iterations <n>', 'candidates to draw', wholeNumber(1))
      .option('--seed <n>', 'seed of everything random', wholeNumber(0)),
  )
