import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Clone } from './clone.ts'

let clone: Clone
beforeEach(async () => {
  clone = await Clone.create()
})
afterEach(() => clone.remove())

const handOver = `
import { handOver } from '${new URL('../../scripts/setup/hand-over.mjs', import.meta.url)}'
await handOver(process.execPath, process.argv.slice(2))
`

test('the command passes arguments and exit code through', async () => {
  await clone.write('scripts/cli/main.ts', 'console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 2\n')
  const { stdout, exitCode } = await clone.run(process.execPath, ['scripts/mlx-evolve.mjs', 'run', '--json', 'a b'], {})
  expect({ stdout, exitCode }).toEqual({ stdout: '["run","--json","a b"]', exitCode: 2 })
})

test('handing over passes exit code and signals through', async () => {
  const script = await clone.write('hand-over.mjs', handOver)
  const exits = await clone.write('exits.ts', 'process.exitCode = 7\n')
  expect(await clone.run(process.execPath, [script, exits], {})).toMatchObject({ exitCode: 7 })

  const waits = await clone.write(
    'waits.ts',
    `
process.on('SIGTERM', () => { console.log('terminated'); process.exit(5) })
process.on('SIGINT', () => { console.log('interrupted') })
setInterval(() => {}, 1000)
console.log('ready')
`,
  )
  const outer = execa(process.execPath, [script, waits], { reject: false, stdin: 'ignore', cwd: join(clone.folder) })
  const lines = createInterface(outer.stdout)
  await once(lines, 'line')
  outer.kill('SIGINT')
  expect(await once(lines, 'line')).toEqual(['interrupted'])
  outer.kill('SIGTERM')
  expect(await outer).toMatchObject({ exitCode: 5, stdout: 'ready\ninterrupted\nterminated' })
})

test('a child that dies of a signal takes its parent along by the same signal', async () => {
  const script = await clone.write('hand-over.mjs', handOver)
  const dies = await clone.write('dies.ts', "process.kill(process.pid, 'SIGKILL')\n")
  expect(await clone.run(process.execPath, [script, dies], {})).toMatchObject({ signal: 'SIGKILL' })
})
