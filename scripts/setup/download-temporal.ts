// Child process of set-up: has Temporal's testing package download the CLI into the folder given, and try it once.
import { TestWorkflowEnvironment } from '@temporalio/testing'

const [downloadDir] = process.argv.slice(2)
if (downloadDir === undefined) throw new Error('usage: download-temporal.ts <folder>')

try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir } },
  })
  await environment.teardown()
} catch (error) {
  // One line, the innermost reason: this is an attempt among others, its stack helps nobody.
  const message = error instanceof Error ? error.message : String(error)
  console.error(message.split(/error sending request for url \([^)]*\): /).at(-1))
  process.exitCode = 1
}
