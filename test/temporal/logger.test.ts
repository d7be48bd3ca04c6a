import { execa } from 'execa'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createLogger, temporalLogger } from '../../temporal/logger.ts'

function capture() {
  const lines: Record<string, unknown>[] = []
  const sink = { write: (line: string) => lines.push(JSON.parse(line)) }
  return { lines, logger: temporalLogger(pino({ level: 'trace' }, sink)) }
}

test("Temporal's entries become JSON, their bigint time included", () => {
  const { lines, logger } = capture()
  const meta = { [Symbol.for('log_timestamp')]: 1_700_000_000_123_456_789n, workflowId: 'demo', attempt: 2n }
  logger.log('WARN', 'slow', meta)
  expect(lines).toMatchObject([
    { level: 40, msg: 'slow', workflowId: 'demo', attempt: 2, at: '2023-11-14T22:13:20.123Z' },
  ])
})

test('an error keeps its message and stack', () => {
  const { lines, logger } = capture()
  logger.error('failed', { error: new TypeError('broken') })
  expect(lines).toMatchObject([{ level: 50, err: { type: 'TypeError', message: 'broken', stack: expect.any(String) } }])
})

test('an unknown level is refused by name', () => {
  expect(() => createLogger('x', { MLX_EVOLVE_LOG_LEVEL: 'loud' })).toThrow(
    'MLX_EVOLVE_LOG_LEVEL is "loud": one of trace, debug, info, warn, error, silent is expected',
  )
})

test('a process logs JSON lines to stderr, and its runtime serves metrics', async () => {
  const module = new URL('../../temporal/logger.ts', import.meta.url).href
  const script = `
import getPort from 'get-port'
import { Runtime } from '@temporalio/worker'
import { createLogger, installRuntime } from '${module}'
const port = await getPort()
const logger = createLogger('probe')
installRuntime({ logger, metricsAddress: '127.0.0.1:' + port })
Runtime.instance().metricMeter.createCounter('mlx_evolve_probe').add(3)
const reply = await fetch('http://127.0.0.1:' + port + '/metrics')
console.log(reply.status, /mlx_evolve_probe\\S* 3/.test(await reply.text()))
Runtime.instance().logger.info('by the runtime', { one: 1 })
logger.debug('hidden')
await Runtime.instance().shutdown()
`
  const cwd = new URL('../..', import.meta.url)
  const { stdout, stderr } = await execa(process.execPath, ['--input-type=module', '-e', script], { cwd })
  expect(stdout).toBe('200 true')
  const lines = stderr.split('\n').map((line) => JSON.parse(line))
  expect(lines).toMatchObject([{ level: 30, name: 'probe', msg: 'by the runtime', one: 1 }])
})
