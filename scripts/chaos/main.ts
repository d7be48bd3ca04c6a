/**
 * Kills orchestrator, mlx worker and server at random moments and shows that nothing is lost: every run finishes with
 * the population of an undisturbed one, no reply that was kept is paid for again, and what was in flight soon goes on.
 * The processes are real ones, kept running by the supervisor of `mlx-evolve start`; the model is the tests' HTTP stub.
 * Prints a Markdown table; exit code 1 where a promise is broken. The seed decides who is killed and when. Takes about
 * a minute a run. `--beside openevolve` then kills as many runs of OpenEvolve at the same moments, which takes about
 * three minutes each.
 *
 *     npx node scripts/chaos/main.ts --runs 30 --iterations 60 --kills 5 --seed 1 [--out chaos.json]
 */
import { writeFileSync } from 'node:fs'
import { Option, program } from 'commander'
import { wholeNumber } from '../cli/options.ts'
import { besideOpenEvolve } from './beside.ts'
import { type ChaosOptions, proveByChaos } from './chaos.ts'
import { head, peerRow, peerSummary, row, summary } from './table.ts'

program
  .description('prove that runs survive kill -9 of orchestrator, mlx worker and server')
  .option('--runs <n>', 'disturbed runs', wholeNumber(1), 30)
  .option('--iterations <n>', 'of each run', wholeNumber(1), 60)
  .option('--kills <n>', 'in each run', wholeNumber(0), 5)
  .option('--seed <n>', 'of the kills', wholeNumber(0), 1)
  .option('--first <n>', 'number of the first of them: parts of a long proof may be made one by one', wholeNumber(1), 1)
  .option('--out <file>', 'write everything that was recorded to this file, as JSON')
  .addOption(new Option('--beside <peer>', 'disturb its runs as well').choices(['openevolve']))
  .option('--checkpoint-interval <n>', "iterations between the peer's checkpoints", wholeNumber(1), 10)
  .parse()
type Numbers = Record<'runs' | 'first' | 'iterations' | 'kills' | 'seed' | 'checkpointInterval', number>
const { out, beside, checkpointInterval, ...asked } = program.opts<Numbers & { out?: string; beside?: 'openevolve' }>()
const options: ChaosOptions = { ...asked, atOnce: 1, modelMs: 1500, evaluationSeconds: 0.2 }

console.log(head)
const proof = await proveByChaos(options, (verdict) => {
  console.log(row(verdict))
  for (const failure of verdict.failures) console.error(`${verdict.id}: ${failure}`)
})
const toMake = { ...options, checkpointInterval }
const peer = beside && (await besideOpenEvolve(toMake, (verdict) => console.log(peerRow(verdict))))
console.log(`\n${summary(proof.verdicts)}`)
if (peer) console.log(peerSummary(peer.verdicts))
if (out !== undefined) writeFileSync(out, `${JSON.stringify({ ...proof, peer }, null, 1)}\n`)
process.exitCode = proof.verdicts.every(({ failures }) => failures.length === 0) ? 0 : 1
