// A supervisor in a process of its own, so that a test can kill it.
import { superviseEmbedded } from '../../scripts/supervise/supervise.ts'
import { fakeCommand } from './told.ts'

const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
const { stopped } = await superviseEmbedded({ server: true, signal: stop.signal, command: fakeCommand() })
console.log('up')
await stopped
