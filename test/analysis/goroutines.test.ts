/** Goroutine statistics, one short story a rule of endpoints.md §6.2 and of its list of surprises (§16). */
import t from 'tap'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import type { ListParams } from '../../server/contract/common.js'
import type { GoroutineRow } from '../../server/contract/goroutines.js'
import { GoState, ProcState } from '../../server/core/states.js'
import { Story } from '../helpers/blocks.js'

const { Undetermined, Runnable, Running, Waiting, Syscall } = GoState
const all: ListParams = { limit: 0, offset: 0, filter: '', sortby: '', order: '' }

/** Goroutine `id` wherever it is grouped. */
function find(facts: TraceFacts, id: number): GoroutineRow & { name: string } {
  for (const { name } of answerQuery(facts, 'goroutines', all).groups) {
    const group = answerQuery(facts, 'goroutineGroup', { ...all, name })
    const row = group.goroutines.find(goroutine => goroutine.id === id)
    if (row !== undefined) return { ...row, name }
  }
  throw new Error(`no goroutine ${id}`)
}

/** Statistics that are not 0. */
function spent(row: GoroutineRow): Record<string, number> {
  return Object.fromEntries(Object.entries(row.stats).filter(([, time]) => time !== 0))
}

t.test('a life from creation to death', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(5, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(10, { m: 1, p: 0, g: 1 }).event('GoCreate', { g: 7, newStack: ['main.worker'], stack: ['main.main'] })
  story.at(12, { m: 1, p: 0, g: 1 }).event('GoBlock', { reason: 'sleep', stack: ['time.Sleep', 'main.main'] })
  story.at(20, { m: 1, p: 0 }).event('GoStart', { g: 7 })
  story.at(50, { m: 1, p: 0, g: 7 }).event('GoBlock', { reason: 'chan receive', stack: ['main.worker'] })
  story.at(60, { m: 2, p: 1, g: 1 }).event('GoUnblock', { g: 7, stack: ['main.main'] })
  story.at(65, { m: 1, p: 0 }).event('GoStart', { g: 7 })
  story.at(70, { m: 1, p: 0, g: 7 }).event('GoStop', { reason: 'preempted', stack: ['main.worker'] })
  story.at(72, { m: 1, p: 0 }).event('GoStart', { g: 7 })
  story.at(80, { m: 1, p: 0, g: 7 }).event('GoDestroy')
  const facts = story.tell(100)

  const worker = find(facts, 7)
  t.equal(worker.name, 'main.worker')
  t.same([worker.creationNs, worker.startNs, worker.endNs, worker.totalTimeNs], [10, 20, 80, 70])
  t.same(spent(worker), {
    'Execution time': 30 + 5 + 8,
    'Sched wait time': 10 + 5 + 2,
    'Block time (chan receive)': 10,
  })
  const main = find(facts, 1)
  t.same([main.creationNs, main.startNs, main.endNs, main.totalTimeNs], [0, 5, null, 100], 'alive at the end')
  t.same(spent(main), { 'Execution time': 5 + 7, 'Block time (sleep)': 88 }, 'the open state counts up to the end')
})

t.test('the first mention charges the time since the Sync to the state', async t => {
  const story = new Story()
  story.at(100).sync()
  story.at(110, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(120).event('GoStatusStack', { g: 2, from: Undetermined, to: Waiting, stack: ['main.wait', 'main.loop'] })
  story.at(130).event('GoStatus', { g: 3, from: Undetermined, to: Runnable })
  story.at(140, { m: 4 }).event('GoStatus', { g: 4, from: Undetermined, to: Syscall })
  story.at(150, { m: 5, p: 1 }).event('GoStatus', { g: 5, from: Undetermined, to: Syscall })
  const facts = story.tell(200)
  t.same(spent(find(facts, 1)), { 'Execution time': 100 })
  t.same(spent(find(facts, 2)), { 'Block time ()': 100 })
  t.equal(find(facts, 2).name, 'main.loop', 'the root frame names the goroutine')
  t.same(spent(find(facts, 3)), { 'Sched wait time': 100 })
  t.same(spent(find(facts, 4)), { 'Block time (syscall)': 40, 'Syscall execution time': 60 }, 'without a proc: blocked')
  t.same(spent(find(facts, 5)), { 'Syscall execution time': 100 }, 'with a proc: executing')
  t.same(find(facts, 3).startNs, null, 'it never ran')
})

t.test('status events that repeat a state change nothing', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(10, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Runnable })
  story.at(20).sync()
  story.at(30).event('GoStatusStack', { g: 1, from: Runnable, to: Runnable, stack: ['main.late'] })
  const facts = story.tell(50)
  t.same(spent(find(facts, 1)), { 'Sched wait time': 50 })
  t.equal(find(facts, 1).name, '', 'nor do they name it')
})

t.test('a syscall whose proc is lost is blocked from then on', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(10, { m: 1, p: 0, g: 1 }).event('GoSyscallBegin', { stack: ['syscall.read', 'main.main'] })
  story.at(30, { m: 2 }).event('ProcSteal', { p: 0, from: ProcState.Running })
  story.at(90, { m: 1, g: 1 }).event('GoSyscallEndBlocked')
  const facts = story.tell(100)
  t.same(spent(find(facts, 1)), {
    'Execution time': 10,
    'Syscall execution time': 20,
    'Block time (syscall)': 60,
    'Sched wait time': 10,
  })
})

t.test('a proc that was idle already takes nothing away when it is stolen', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(10, { m: 1, p: 0, g: 1 }).event('GoSyscallBegin')
  story.at(30, { m: 2 }).event('ProcSteal', { p: 0, from: ProcState.Idle })
  story.at(90, { m: 1, p: 0, g: 1 }).event('GoSyscallEnd')
  t.same(spent(find(story.tell(100), 1)), { 'Execution time': 20, 'Syscall execution time': 80 })
})

t.test('open at the end, a blocked syscall counts twice (as in cmd/trace)', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(10, { m: 1, p: 0, g: 1 }).event('GoSyscallBegin')
  story.at(40, { m: 1, p: 0 }).event('ProcStop')
  const row = find(story.tell(100), 1)
  t.same(spent(row), { 'Execution time': 10, 'Syscall execution time': 90, 'Sched wait time': 60 })
  t.equal(row.totalTimeNs, 100)
})

t.test('leaving a syscall forgets who is in one under the original proc (as in cmd/trace)', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(2, { m: 2, p: 1 }).event('GoStatus', { g: 2, from: Undetermined, to: Running })
  story.at(10, { m: 1, p: 0, g: 1 }).event('GoSyscallBegin')
  story.at(20, { m: 3 }).event('ProcSteal', { p: 0, from: ProcState.Running })
  story.at(30, { m: 2, p: 0, g: 2 }).event('GoSyscallBegin')
  story.at(40, { m: 1, g: 1 }).event('GoSyscallEndBlocked')
  story.at(50, { m: 3 }).event('ProcSteal', { p: 0, from: ProcState.Running })
  story.at(90, { m: 2, g: 2 }).event('GoSyscallEndBlocked')
  const facts = story.tell(100)
  t.equal(find(facts, 2).stats['Syscall execution time'], 60, 'all of it, though the proc was lost at 50')
  t.equal(find(facts, 2).stats['Block time (syscall)'], 0)
})

t.test('a wait forever is death', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(40, { m: 1, p: 0, g: 1 }).event('GoBlock', { reason: 'forever', stack: ['main.main'] })
  const row = find(story.tell(100), 1)
  t.same([row.endNs, row.totalTimeNs], [40, 40])
  t.same(spent(row), { 'Execution time': 40 })
})

t.test('a reused id replaces the earlier life', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(10, { m: 1 }).event('GoCreateSyscall', { g: 9 })
  story.at(20, { m: 1, g: 9 }).event('GoDestroySyscall')
  story.at(50, { m: 1 }).event('GoCreateSyscall', { g: 9 })
  story.at(55, { m: 1, g: 9 }).event('GoDestroySyscall')
  const facts = story.tell(100)
  const row = find(facts, 9)
  t.same([row.creationNs, row.endNs, row.totalTimeNs], [50, 55, 5])
  t.equal(answerQuery(facts, 'goroutines', all).groups[0].count, 1)
  t.match(answerQuery(facts, 'home', {}).diagnostics, [{ kind: 'reusedGoroutines', count: 1 }])
})

t.test('a coroutine switch blocks without a reason', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(2).event('GoStatus', { g: 2, from: Undetermined, to: Waiting })
  story.at(10, { m: 1, p: 0, g: 1 }).event('GoSwitch', { g: 2 })
  story.at(11, { m: 1, p: 0, g: 1 }).event('GoBlock', { reason: '' })
  story.at(12, { m: 1, p: 0 }).event('GoStart', { g: 2 })
  const facts = story.tell(100)
  t.same(spent(find(facts, 1)), { 'Execution time': 11, 'Block time ()': 89 })
  t.same(spent(find(facts, 2)), { 'Block time ()': 10, 'Sched wait time': 2, 'Execution time': 88 })
})

t.test('ranges: on goroutines, on procs, and active ones', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(2, { m: 1, p: 0, g: 1 }).event('GCMarkAssistActive', { g: 1 })
  story.at(10, { m: 1, p: 0, g: 1 }).event('GCMarkAssistEnd')
  story.at(20, { m: 1, p: 0, g: 1 }).event('GCSweepBegin')
  story.at(25, { m: 1, p: 0, g: 1 }).event('GCSweepEnd')
  story.at(30, { m: 1, p: 0, g: 1 }).event('GCSweepBegin')
  story.at(32, { m: 1, p: 0, g: 1 }).event('GoStop', { reason: 'preempted' })
  story.at(33, { m: 1, p: 0 }).event('GoStatus', { g: 2, from: Undetermined, to: Running })
  story.at(35, { m: 1, p: 0, g: 2 }).event('GCSweepEnd')
  story.at(50, { m: 1, p: 0, g: 2 }).event('STWBegin', { stwKind: 'GC mark termination' })
  story.at(53, { m: 1, p: 0, g: 2 }).event('STWEnd', { stwKind: 'GC mark termination' })
  const facts = story.tell(100)
  t.same(
    find(facts, 1).ranges,
    { 'GC mark assist': 10, 'GC incremental sweep': 5 + 70 },
    'ended on another goroutine: open',
  )
  t.same(find(facts, 2).ranges, { 'stop-the-world (GC mark termination)': 3 })
  const { columns, rangeColumns } = answerQuery(facts, 'goroutineGroup', { ...all, name: '' })
  t.same(rangeColumns, ['GC incremental sweep', 'GC mark assist', 'stop-the-world (GC mark termination)'])
  t.equal(columns[0], 'Execution time')
})

t.test('an active range of a later generation restarts at its Sync', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(10, { m: 1, p: 0, g: 1 }).event('GCMarkAssistBegin')
  story.at(40).sync()
  story.at(41, { m: 1, p: 0, g: 1 }).event('GCMarkAssistActive', { g: 1 })
  story.at(60, { m: 1, p: 0, g: 1 }).event('GCMarkAssistEnd')
  const facts = story.tell(100)
  t.same(find(facts, 1).ranges, { 'GC mark assist': 50 })
  t.equal(answerQuery(facts, 'home', {}).gc?.assistNs, 50)
})

t.test('the reason `syscall` adds to the blocked syscalls', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  story.at(10, { m: 1, p: 0, g: 1 }).event('GoBlock', { reason: 'syscall', stack: ['main.main'] })
  const facts = story.tell(100)
  t.same(spent(find(facts, 1)), { 'Execution time': 10, 'Block time (syscall)': 90 })
  const group = answerQuery(facts, 'goroutineGroup', { ...all, name: 'main.main' })
  t.equal(group.columns.filter(title => title === 'Block time (syscall)').length, 1)
  t.equal(group.summary['Block time (syscall)'].total, 90)
})

t.test('lists: order, page, filter, quantiles', async t => {
  const story = new Story()
  story.at(0).sync()
  story.at(1, { m: 1, p: 0 }).event('GoStatus', { g: 1, from: Undetermined, to: Running })
  // goroutines 10…19 run for 1…10 ns, 20 and 21 for as long as 19
  let time = 10
  for (let g = 10; g <= 21; g++) {
    story.at(time++, { m: 1, p: 0, g: 1 }).event('GoCreate', { g, newStack: ['main.worker'] })
  }
  story.at(time++, { m: 1, p: 0, g: 1 }).event('GoBlock', { reason: 'sleep', stack: ['main.main'] })
  for (let g = 10; g <= 21; g++) {
    story.at(time, { m: 1, p: 0 }).event('GoStart', { g })
    time += Math.min(10, g - 9)
    story.at(time++, { m: 1, p: 0, g }).event('GoDestroy')
  }
  const facts = story.tell(1000)
  const ask = (params: Partial<ListParams>) =>
    answerQuery(facts, 'goroutineGroup', { ...all, name: 'main.worker', ...params })
  const ids = (params: Partial<ListParams>) => ask(params).goroutines.map(row => row.id)
  t.same(ids({ sortby: 'Execution time', limit: 4 }), [19, 20, 21, 18], 'ties by id')
  t.same(ids({ sortby: 'Execution time', limit: 2, offset: 3 }), [18, 17])
  t.same(ids({ sortby: 'Execution time', order: 'asc', limit: 2 }), [10, 11])
  t.same(ids({ sortby: 'Goroutine', limit: 2 }), [10, 11])
  t.same(ids({ sortby: 'Goroutine', order: 'desc', limit: 2 }), [21, 20])
  t.same(ids({ sortby: 'no such title', limit: 1 }), [21], 'unknown: longest total first')
  t.same(ids({ filter: '2', sortby: 'Goroutine' }), [12, 20, 21])
  const page = ask({ limit: 1, filter: '1', sortby: 'Execution time' })
  t.match(page, { total: 11, limit: 1, offset: 0, count: 12 })
  t.same(ask({ limit: 1 }).summary['Execution time'], {
    total: 45 + 30,
    min: 1,
    mean: 6,
    p50: 6,
    p90: 10,
    p99: 10,
    max: 10,
  })
  t.equal(
    ask({}).runs.reduce((sum, bucket) => sum + bucket.count, 0),
    12,
    'every run is in the histogram',
  )

  const groups = answerQuery(facts, 'goroutines', all).groups
  t.same(
    groups.map(group => [group.name, group.count, group.execTimeNs, group.p50Ns, group.maxNs]),
    [
      ['main.worker', 12, 75, 6, 10],
      ['main.main', 1, 22, 22, 22],
    ],
  )
  t.same(
    answerQuery(facts, 'goroutines', { ...all, sortby: 'Start function' }).groups.map(group => group.name),
    ['main.main', 'main.worker'],
  )
  t.equal(answerQuery(facts, 'goroutines', { ...all, filter: 'WORK' }).total, 1)
})

t.test('an unknown group is empty', async t => {
  const facts = new Story().at(0).sync().tell(10)
  const group = answerQuery(facts, 'goroutineGroup', { ...all, name: 'nobody' })
  t.match(group, { name: '', count: 0, total: 0, execTimePercent: null, columns: [], goroutines: [] })
})
