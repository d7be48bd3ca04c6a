import { once } from 'node:events'
import { createServer } from 'node:net'
import getPort from 'get-port'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createNotice } from '../../scripts/cli/recent-notice.ts'
import { stopSignal } from '../../scripts/cli/stop-signal.ts'
import { resolveConnection, ServerUnreachable } from '../../temporal/connection.ts'
import { assertFree, PortInUse } from '../../temporal/ports.ts'
import { connectWorker } from '../../temporal/worker-connection.ts'

const hourMs = 3_600_000
const jump = (hours: number): unknown => vi.setSystemTime(Date.now() + hours * hourMs)

/** Nothing that waits may wait for hours, or not at all, because the machine's clock was put right meanwhile. */
describe('a wall clock that jumps', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => vi.useRealTimers())

  const occupy = async () => {
    const server = createServer().listen(await getPort(), '127.0.0.1')
    await once(server, 'listening')
    return { server, port: (server.address() as { port: number }).port }
  }

  test('backwards does not lengthen the patience with a port', async () => {
    const { server, port } = await occupy()
    const waiting = assertFree(port, 'the test', 300)
    jump(-6)
    await expect(waiting).rejects.toThrow(PortInUse)
    server.close()
  })

  test('forwards does not end it', async () => {
    const { server, port } = await occupy()
    const began = performance.now()
    const waiting = assertFree(port, 'the test', 300)
    jump(6)
    await expect(waiting).rejects.toThrow(PortInUse)
    expect(performance.now() - began).toBeGreaterThanOrEqual(300)
    server.close()
  })

  test('backwards does not lengthen the wait for a server', async () => {
    const to = resolveConnection({ TEMPORAL_ADDRESS: `127.0.0.1:${await getPort()}` })
    const waiting = connectWorker({ to, waitMs: 500 })
    jump(-6)
    await expect(waiting).rejects.toThrow(ServerUnreachable)
  })
})

describe('a wall clock that jumped back', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date', 'performance'] }))
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  test('does not make a second Ctrl-C an echo of the first', () => {
    const listening = new Map(
      ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => [name, process.listeners(name as 'SIGINT')]),
    )
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never)
    const stop = stopSignal()
    process.emit('SIGINT')
    expect(stop.signal.aborted).toBe(true)
    jump(-6)
    process.emit('SIGINT') // npm's
    expect(exit).not.toHaveBeenCalled()
    vi.advanceTimersByTime(2500)
    process.emit('SIGINT')
    expect(exit).toHaveBeenCalledWith(1)
    for (const [name, before] of listening) {
      for (const listener of process.listeners(name as 'SIGINT')) {
        if (!before.includes(listener)) process.off(name, listener)
      }
    }
  })

  test('does not keep news for hours', () => {
    const notice = createNotice()
    notice.set('worker back')
    jump(-6)
    vi.advanceTimersByTime(29_000)
    expect(notice.get()).toContain('worker back')
    vi.advanceTimersByTime(2000)
    expect(notice.get()).toBeNull()
  })
})
