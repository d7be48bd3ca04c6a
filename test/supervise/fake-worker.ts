// A worker process as the supervisor sees it: says what happens to it in a file, ends when it is asked to.
import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitWithSupervisor } from '../../scripts/supervise/exit-with-supervisor.ts'

const [kind = '', behaviour = 'well'] = process.argv.slice(2)
const tell = (event: object) =>
  appendFileSync(join(process.env.MLX_EVOLVE_HOME ?? '', 'told.jsonl'), `${JSON.stringify({ kind, ...event })}\n`)

if (behaviour === 'crashes') process.exit(3)
const child = behaviour === 'stubborn' ? spawn('sleep', ['1000'], { stdio: 'ignore' }).pid : undefined
process.on('SIGTERM', () => {
  if (behaviour === 'stubborn') return
  tell({ event: 'drained' })
  process.exit(0)
})
exitWithSupervisor()
setInterval(() => {}, 1000)
tell({ event: 'up', pid: process.pid, child, key: process.env.OPENAI_API_KEY })
console.log(`${kind} is up`)
