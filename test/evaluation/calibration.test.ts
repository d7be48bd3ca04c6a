import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { CalibrationFailed, calibrate } from '../../activities/evaluation/calibrate.ts'
import { calibration, calibrationFile, showCalibration } from '../../activities/evaluation/calibration.ts'
import { describeCalibration, showAge } from '../../scripts/doctor/calibration.ts'
import { calibrateAtStart, calibrationPreset } from '../../workers/calibration.ts'
import { keepAwakeCommand } from '../../workers/keep-awake.ts'
import { bench, python as installed } from './fixture.ts'

const found = calibration.parse({
  version: 1,
  measuredAt: '2026-01-02T03:04:05+00:00',
  seconds: 20.4,
  environment: { chip: 'Chip 9', mlx: '1.2.3', preset: 'small' },
  runs: [
    { logRatio: 0.01, standardError: 0.004, blocks: 40 },
    { logRatio: -0.01, standardError: 0.004, blocks: 44 },
  ],
  noise: { launchSd: 0.009, blockSd: 0.026, runs: 2 },
  noiseFloor: 0.0425,
  identity: { matmul: { median: 0.991, low: 0.985, high: 0.997, pairs: 84, launches: 2 } },
  peaks: { matmul: { float32: 11.2e9 }, bandwidth: 14.25e9, streams: 2 },
})

test('a calibration is shown in a few lines', () => {
  expect(showCalibration(found)).toEqual([
    'calibrated Chip 9, MLX 1.2.3, in 20.4 s',
    '  noise floor              ±4.3 % (preset small), for 42 paired blocks in one launch',
    '  standard deviation       0.9 % between launches, 2.6 % between blocks',
    '  stock through matmul     0.991x [0.985, 0.997]',
    '  peak product, float32    11.2 GFLOP/s',
    '  peak memory bandwidth    14.3 GB/s',
  ])
})

test.each([
  [0, 'less than an hour old'],
  [3600, '1 hour old'],
  [47.9 * 3600, '47 hours old'],
  [48 * 3600, '2 days old'],
  [400 * 86_400, '400 days old'],
])('%s s are %s', (seconds, age) => {
  expect(showAge(seconds)).toBe(age)
})

test('the doctor tells a busy machine from a calm one', () => {
  const now = Date.parse('2026-01-05T03:04:05+00:00')
  const said = 'noise floor ±4.3 % (preset small), 3 days old'
  expect(describeCalibration(found, now)).toEqual({ name: 'Calibration', status: 'ok', found: said, mend: null })
  expect(describeCalibration({ ...found, noiseFloor: 0.3 }, now)).toMatchObject({
    status: 'warn',
    found: expect.stringContaining('the machine was busy'),
    mend: expect.stringContaining('npx mlx-evolve calibrate'),
  })
})

test('a Mac is kept awake as long as its worker lives, other systems need nothing', () => {
  expect(keepAwakeCommand('darwin', 4711)).toEqual(['caffeinate', ['-i', '-w', '4711']])
  expect(keepAwakeCommand('linux', 4711)).toBeNull()
})

test('the preset of a starting worker can be chosen, and calibration switched off', () => {
  expect(calibrationPreset({})).toBe('small')
  expect(calibrationPreset({ MLX_EVOLVE_CALIBRATE: '' })).toBe('small')
  expect(calibrationPreset({ MLX_EVOLVE_CALIBRATE: 'seed' })).toBe('seed')
  expect(calibrationPreset({ MLX_EVOLVE_CALIBRATE: '0' })).toBeNull()
})

/** Stands for a Python with this project's package: it calibrates as it is told. */
const fakePython = async (folder: string, script: string): Promise<string> => {
  const program = path.join(folder, 'python')
  // The launcher is real; what it launches is not.
  await writeFile(program, `#!/bin/sh\ncase "$1" in -E) exec ${installed} "$@";; esac\n${script}\n`, { mode: 0o755 })
  return program
}

const silent = pino({ level: 'silent' })

test('what a calibration finds is read from its events, whatever it prints', async () => {
  const { machine, folder } = await bench()
  const result = JSON.stringify({ event: 'result', result: found })
  const python = await fakePython(folder, `echo noise; echo '${result}' >&3`)
  const job = { preset: 'small', seconds: 1, unlessValid: true }
  const phases: string[] = []
  expect(await calibrate({ ...machine, python }, job, { onPhase: (phase) => phases.push(phase) })).toEqual(found)
  expect(phases).toEqual(['starting'])
})

test('a calibration of one preset leaves those of others alone', async () => {
  const { machine, folder } = await bench()
  const result = JSON.stringify({ event: 'result', result: found })
  const python = await fakePython(
    folder,
    `while [ "$1" != --out ]; do shift; done; mkdir -p "$(dirname "$2")"; echo new >"$2"; echo '${result}' >&3`,
  )
  const kept = calibrationFile(machine.cacheFolder, 'wide')
  await mkdir(path.dirname(kept), { recursive: true })
  await writeFile(kept, 'old')
  const { signal } = new AbortController()
  await calibrateAtStart({ machine: { ...machine, python }, log: silent, signal, env: {} })
  expect(readFileSync(calibrationFile(machine.cacheFolder, 'small'), 'utf8')).toBe('new\n')
  expect(readFileSync(kept, 'utf8')).toBe('old')
})

test('a worker survives a calibration that fails, and one that is missing Python', async () => {
  const { machine, folder } = await bench()
  const python = await fakePython(folder, 'echo "no device" >&2; exit 1')
  const job = { preset: 'small', seconds: 1, unlessValid: false }
  const failing = calibrate({ ...machine, python }, job)
  await expect(failing).rejects.toThrow(CalibrationFailed)
  await expect(failing).rejects.toThrow('calibration ended with exit code 1: no device')
  const { signal } = new AbortController()
  for (const bad of [python, path.join(folder, 'nowhere')]) {
    const warnings: unknown[] = []
    const log = Object.assign(Object.create(silent), { warn: (_: unknown, text: string) => warnings.push(text) })
    await calibrateAtStart({ machine: { ...machine, python: bad }, log, signal, env: {} })
    expect(warnings).toEqual([expect.stringContaining('not calibrated')])
  }
})

test('switched off, it starts nothing', async () => {
  const { machine, folder } = await bench()
  const python = await fakePython(folder, `touch ${path.join(folder, 'started')}`)
  const { signal } = new AbortController()
  await calibrateAtStart({
    machine: { ...machine, python },
    log: silent,
    signal,
    env: { MLX_EVOLVE_CALIBRATE: '0' },
  })
  expect(existsSync(path.join(folder, 'started'))).toBe(false)
})

test('a worker that stops ends its calibration', async () => {
  const { machine, folder } = await bench()
  const python = await fakePython(folder, `echo '{"event":"phase","phase":"measuring"}' >&3; exec sleep 60`)
  const stop = new AbortController()
  const running = calibrate(
    { ...machine, python },
    { preset: 'small', seconds: 1, unlessValid: true },
    { signal: stop.signal, onPhase: (phase) => phase === 'measuring' && stop.abort(new Error('enough')) },
  )
  await expect(running).rejects.toThrow('enough')
})
