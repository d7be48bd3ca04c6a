type Metrics = Readonly<Record<string, number>>

const share = (value: number): string => `${(100 * value).toPrecision(2)} %`

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** A text about metrics that are all there; nothing where one is missing. */
const about = (names: string[], metrics: Metrics, text: (...values: number[]) => string): string[] => {
  const values = names.flatMap((name) => metrics[name] ?? [])
  return values.length === names.length ? [text(...values)] : []
}

/** Whether identical programs may look as far apart as this: the machine's A/A noise is a log-ratio. */
const noiseText = (median: number, floor: number): string => {
  const [low, high] = [Math.exp(-floor), Math.exp(floor)].map((bound) => `${bound.toFixed(3)}×`)
  const where = Math.abs(Math.log(median)) <= floor ? 'this result is within it' : 'this result is outside'
  return `noise floor: identical programs measure ${low} to ${high} here; ${where}`
}

/** What an evaluation says beside its speedups, a line each; what it did not measure is left out. Pure. */
export const contextLines = (metrics: Metrics, median: number | null): string[] => [
  ...about(
    ['step_ms_candidate', 'step_ms_reference'],
    metrics,
    (own, stock) => `step time: ${own.toFixed(2)} ms, stock ${stock.toFixed(2)} ms`,
  ),
  ...about(['tokens_per_second'], metrics, (tokens) => `tokens per second: ${Math.round(tokens)}`),
  ...about(
    ['worst_tensor_error', 'worst_tensor_tolerance_share'],
    metrics,
    (error, of) => `worst tensor error: ${error.toPrecision(2)}, ${share(of)} of its tolerance`,
  ),
  ...about(
    ['peak_memory_bytes', 'peak_memory_ratio'],
    metrics,
    (peak, ratio) => `peak memory: ${mebibytes(peak)} in MLX, ${ratio.toFixed(2)} of stock's`,
  ),
  ...about(['process_memory_bytes'], metrics, (bytes) => `process memory: ${mebibytes(bytes)}`),
  ...about(['roofline_share'], metrics, (of) => `roofline: ${share(of)} of what this machine can do`),
  ...(median === null ? [] : about(['noise_floor'], metrics, (floor) => noiseText(median, floor))),
  ...(median !== null && metrics.noise_floor === undefined
    ? ['noise floor: unknown, this machine is not calibrated (`npx mlx-evolve calibrate`)']
    : []),
]

/** Machine facts in a line. Pure. */
export const environmentLine = (environment: Readonly<Record<string, string>>): string =>
  `environment: ${
    Object.entries(environment)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ') || 'unknown'
  }`

/** Whether the program computes in another precision than stock MLX, which its problem allowed. */
export const changesPrecision = (metrics: Metrics): boolean => metrics.precision_changed === 1
