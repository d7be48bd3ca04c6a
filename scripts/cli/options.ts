import { type Command, InvalidArgumentError } from 'commander'

/** An option's value as a whole number of at least `least`. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text)
    if (Number.isSafeInteger(value) && value >= least) return value
    throw new InvalidArgumentError(`expected a whole number of at least ${least}.`)
  }

/** The options that every command starting a run takes. */
export const addRunOptions = (command: Command): Command =>
  command
    .option('--id <id>', 'workflow id of the run (default: problem and time)')
    .option('--problem <name>', 'name of a problem, or path to its folder')
    .option('--config <file>', 'YAML file with settings of the run')
    .option('--iterations <n>', 'candidates to draw', wholeNumber(1))
    .option('--seed <n>', 'seed of everything random', wholeNumber(0))
    .option('--json', 'end stdout with one JSON object', false)
