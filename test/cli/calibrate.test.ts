import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { calibration } from '../../activities/evaluation/calibration.ts'
import { checkCalibration } from '../../scripts/doctor/calibration.ts'
import { cli, expectRefusal, onlyJson } from '../support/cli.ts'

let home: string
let own: { env: NodeJS.ProcessEnv }
const before = process.env.MLX_EVOLVE_HOME

beforeAll(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'mlx-evolve-test-'))
  const lock = path.join(home, 'device.lock')
  own = { env: { ...process.env, NO_COLOR: '1', MLX_EVOLVE_HOME: home, MLX_EVOLVE_DEVICE_LOCK: lock } }
  process.env.MLX_EVOLVE_HOME = home
})
afterAll(() => {
  if (before === undefined) delete process.env.MLX_EVOLVE_HOME
  else process.env.MLX_EVOLVE_HOME = before
  rmSync(home, { recursive: true, force: true })
})

test('calibrate --json measures this machine, and the doctor says what it found and when', async () => {
  expect(await checkCalibration()).toMatchObject({
    name: 'Calibration',
    status: 'warn',
    found: expect.stringContaining('none yet'),
    mend: expect.stringContaining('npx mlx-evolve calibrate'),
  })
  const result = await cli(own, ['calibrate', '--seconds', '3', '--json'])
  expect(result.exitCode, result.stderr).toBe(0)
  const found = calibration.parse(onlyJson(result))
  expect(found.environment).toMatchObject({ preset: 'small', mlx: expect.any(String), device: expect.any(String) })
  expect(found.noiseFloor).toBeGreaterThan(0)
  expect(result.stderr).toContain('launch 3 of 3')
  expect(existsSync(path.join(home, 'mlx/calibrations/small.json'))).toBe(true)
  expect(await checkCalibration()).toMatchObject({
    // A warning where the tests' neighbours kept the machine busy.
    found: expect.stringMatching(/^noise floor ±\d+\.\d % \(preset small\), less than an hour old/),
  })
  expect(await checkCalibration(Date.now() + 3 * 86_400_000)).toMatchObject({
    found: expect.stringContaining('3 days old'),
  })
})

test('bad usage is refused', async () => {
  expectRefusal(await cli(own, ['calibrate', '--seconds', '0']), 2, ['expected a whole number from 1 to 3600'])
  expectRefusal(await cli(own, ['calibrate', '--preset', 'huge']), 2, ["invalid choice: 'huge'", 'small'])
})
