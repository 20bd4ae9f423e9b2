/** Runs put in order in this thread, for tests of their seams. */

import type { Source } from '../../server/source/source.js'
import { OrderingMemory } from '../../server/trace/fast-path/memory.js'
import type { TraceIndex } from '../../server/trace/index/trace-index.js'
import type { Checkpoints } from '../../server/trace/order/checkpoints.js'
import { JoinedReader, type RunSupply, type SuppliedGeneration } from '../../server/trace/order/joined-reader.js'
import { orderRun, planRuns } from '../../server/trace/order/runs.js'

/**
 * A reader of runs of at least `runBytes` (0: one generation each), all put in order without those before them.
 *
 * @param recycle gets the blocks of runs that are given back
 */
export function joinedReader(
  source: Source,
  index: TraceIndex,
  runBytes: number,
  checkpoints?: Checkpoints,
  recycle: RunSupply['recycle'] = () => {},
): JoinedReader {
  const runs = planRuns(index.generations, runBytes).slice(1)
  const ordered = new Map<number, SuppliedGeneration | null>()
  const take = (row: number) => {
    const run = runs.find(({ from, to }) => from <= row && row < to)
    if (run === undefined) return null
    if (row === run.from && !ordered.has(row)) {
      for (const generation of orderRun(source, index, run, new OrderingMemory(), [])) {
        const { row } = generation.facts
        ordered.set(row, { generation, run })
      }
    }
    const supplied = ordered.get(row) ?? null
    ordered.set(row, null)
    return supplied
  }
  return new JoinedReader(source, index, { take, recycle }, checkpoints)
}
