import path from 'node:path'
import { z } from 'zod'

const ratio = z.object({
  median: z.number().positive(),
  low: z.number().positive(),
  high: z.number().positive(),
})

/** What a calibration found, as `optimized_kernels.measurement.calibrate` writes it; see docs/calibration.md. */
export const calibration = z.looseObject({
  version: z.literal(1),
  measuredAt: z.string(),
  seconds: z.number().positive(),
  /** Machine facts, and the preset it was made with. */
  environment: z.record(z.string(), z.string()),
  /** One launch each: the log-ratio of stock MLX over stock MLX. */
  runs: z.array(z.object({ logRatio: z.number(), standardError: z.number(), blocks: z.number().int().positive() })),
  /** Standard deviations of a log-ratio, between launches and of one block. */
  noise: z.object({ launchSd: z.number(), blockSd: z.number(), runs: z.number().int().positive() }),
  /** Log-ratio that identical programs exceed in 5 % of launches as short as the calibration's. */
  noiseFloor: z.number().nonnegative(),
  /** Speedup of stock MLX called through these seams: below 1 where they cost time. */
  identity: z.record(z.string(), ratio),
  /** FLOP/s by dtype, bytes/s. */
  peaks: z.object({ matmul: z.record(z.string(), z.number().positive()), bandwidth: z.number().positive() }),
})
export type Calibration = z.infer<typeof calibration>

/** Where a machine's calibrations are kept, a file a preset, in the folder of compiled kernels. */
export const calibrationFolder = (cacheFolder: string): string => path.join(cacheFolder, 'calibrations')

export const calibrationFile = (cacheFolder: string, preset: string): string =>
  path.join(calibrationFolder(cacheFolder), `${preset}.json`)

const percent = (logRatio: number): string => `${(100 * Math.expm1(logRatio)).toFixed(1)} %`

/** `±1.3 % (preset small)`: what identical programs differ by in one of twenty short measurements. Pure. */
export const showNoiseFloor = ({ noiseFloor, environment }: Calibration): string =>
  `±${percent(noiseFloor)} (preset ${environment.preset ?? 'unknown'})`

/** A calibration's figures, a line each. Pure. */
export const showCalibration = (found: Calibration): string[] => {
  const { environment, noise, identity, peaks, runs, seconds } = found
  const blocks = Math.round(runs.reduce((sum, run) => sum + run.blocks, 0) / runs.length)
  return [
    `calibrated ${environment.chip ?? 'this machine'}, MLX ${environment.mlx ?? '?'}, in ${seconds.toFixed(1)} s`,
    `  noise floor              ${showNoiseFloor(found)}, for ${blocks} paired blocks in one launch`,
    `  standard deviation       ${percent(noise.launchSd)} between launches, ${percent(noise.blockSd)} between blocks`,
    ...Object.entries(identity).map(
      ([seams, { median, low, high }]) =>
        `  stock through ${seams.padEnd(11)}${median.toFixed(3)}x [${low.toFixed(3)}, ${high.toFixed(3)}]`,
    ),
    ...Object.entries(peaks.matmul).map(
      ([dtype, flops]) => `  ${`peak product, ${dtype}`.padEnd(25)}${(flops / 1e9).toFixed(1)} GFLOP/s`,
    ),
    `  peak memory bandwidth    ${(peaks.bandwidth / 1e9).toFixed(1)} GB/s`,
  ]
}
