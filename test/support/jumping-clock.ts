// Loaded into workers before anything else: their wall clock is off by as many milliseconds as a file says, from when
// it says so.
import { readFileSync, watchFile } from 'node:fs'

const file = process.env.TEST_CLOCK_OFFSET_FILE ?? ''
const RealDate = Date
let offset = 0
const read = (): void => {
  offset = Number(readFileSync(file, 'utf8'))
}
read()
watchFile(file, { interval: 20, persistent: false }, read)

class JumpingDate extends RealDate {
  constructor(...given: []) {
    super(...((given.length === 0 ? [JumpingDate.now()] : given) as []))
  }
  static override now(): number {
    return RealDate.now() + offset
  }
}
globalThis.Date = JumpingDate as DateConstructor
