/** Lists as long as an answer may be: a call takes about 125,000 arguments. */
import t from 'tap'
import { RangePass } from '../../server/analysis/passes/ranges.js'
import type { RegionsAnswer, TasksAnswer } from '../../server/contract/annotations.js'
import type { GoroutineGroupAnswer } from '../../server/contract/goroutines.js'
import { goroutineGroupCsv } from '../../server/web/view-models/goroutine-group.js'
import { regionsCsv } from '../../server/web/view-models/regions.js'
import { tasksCsv } from '../../server/web/view-models/tasks.js'

const ROWS = 250_000

function rowsOf<Row>(row: Row): Row[] {
  return new Array(ROWS).fill(row)
}

function lines(csv: string | Iterable<string>): number {
  const text = typeof csv === 'string' ? csv : [...csv].join('')
  return text.trimEnd().split('\n').length
}

t.test('a CSV of as many rows as one may have', async t => {
  const lists = { columns: [], rangeColumns: [], summary: {}, total: ROWS }
  const times = { totalTimeNs: 5, stats: {}, ranges: {} }
  const ids = { id: 1, parent: 0, children: [], goroutines: [1] }
  const task = { ...ids, type: 'x', startNs: 1, endNs: 6, durationNs: 5, begun: true, complete: true, events: [] }
  const tasks = { tasks: rowsOf(task), ...lists } as unknown as TasksAnswer
  const regions = { regions: rowsOf({ goroutine: 1, ...times }), ...lists } as unknown as RegionsAnswer
  const goroutines = { goroutines: rowsOf({ id: 1, ...times }), ...lists } as unknown as GoroutineGroupAnswer
  t.equal(lines(tasksCsv(tasks)), ROWS + 1)
  t.equal(lines(regionsCsv(regions)), ROWS + 1)
  t.equal(lines(goroutineGroupCsv(goroutines)), ROWS + 1)
})

t.test('a million procs that sweep where a generation begins', async t => {
  const nothing = {} as never
  const pass = new RangePass(nothing, nothing, nothing, nothing)
  pass.resume(new Int32Array(1_000_000).fill(7))
  t.equal(pass.sweepersNow().length, 1_000_000)
})
