import { pythonStep } from './python.ts'
import { provideMissing } from './step.ts'
import { temporalCliStep } from './temporal-cli.ts'

// To stderr: a command that sets up first may still owe its caller clean JSON on stdout.
const complete = await provideMissing([pythonStep(), temporalCliStep()], (line) => console.error(line))
process.exitCode = complete ? 0 : 1
