import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { assertHomeWritable, HomeUnwritable } from '../../temporal/writable-home.ts'
import { type TemporaryHome, temporaryHome } from './temporary-home.ts'

let home: TemporaryHome
beforeEach(async () => {
  home = await temporaryHome()
})
afterEach(() => home.remove())

test('a home folder that can be written is made where it is missing, and left as it was', async () => {
  process.env.MLX_EVOLVE_HOME = path.join(home.folder, 'new')
  await assertHomeWritable()
  expect(readdirSync(process.env.MLX_EVOLVE_HOME)).toEqual([])
})

test('one that cannot is named', async () => {
  process.env.MLX_EVOLVE_HOME = path.join(home.folder, 'file')
  writeFileSync(process.env.MLX_EVOLVE_HOME, '')
  const refusal = expect(assertHomeWritable()).rejects
  await refusal.toThrow(HomeUnwritable)
  await refusal.toThrow(`${process.env.MLX_EVOLVE_HOME} cannot be written: EEXIST`)
})
