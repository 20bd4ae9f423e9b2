/** The home page's own figures against the slow twin, over all ordered events of real traces. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { answerQuery } from '../../server/analysis/queries/answer.js'
import { openTrace } from '../../server/trace/open.js'
import { fixture } from '../helpers/fixtures.js'
import { analyseSource } from '../helpers/local-trace.js'
import { MemorySource } from '../helpers/memory-source.js'
import { inBuckets, SlowHome, total } from './slow-home.js'
import { readTraceSlowly } from './slow-reader.js'
import { usableEvents } from './slow-summary.js'

t.setTimeout(600_000)

const names = [
  'web-go1.26',
  'gc-go1.22',
  'gc-go1.26',
  'syscalls-go1.23',
  'cgocall-go1.25',
  'sync-go1.26',
  'boundaries/tasks-go1.26',
]

for (const name of names) {
  t.test(name, t => {
    const bytes = readFileSync(fixture(name).path)
    const events = usableEvents(readTraceSlowly(bytes, true).events)
    const slow = new SlowHome(events)
    const source = new MemorySource(bytes)
    const home = answerQuery(analyseSource(source, openTrace(source)), 'home', {})
    const { overview, stw, gc } = home
    const procTime = Number(slow.procTime)
    t.ok(procTime > 0)
    t.equal(home.events, events.length)
    t.equal(home.durationNs, Number(slow.times[slow.times.length - 1]))
    t.equal(home.busyShare, (total(slow.running) + total(slow.syscalls)) / procTime)
    t.same(gc, {
      cycles: slow.marks.length,
      workerShare: total(slow.workers) / procTime,
      assistNs: total(slow.assists),
    })
    const lengths = slow.stops.map(([start, end]) => Number(end - start))
    t.same([stw!.count, stw!.totalNs, stw!.maxNs], [lengths.length, total(slow.stops), Math.max(0, ...lengths)])
    const reasons = new Map<string, { reason: string; count: number; totalNs: number }>()
    for (const [start, end, reason] of slow.stops) {
      const row = reasons.get(reason) ?? { reason, count: 0, totalNs: 0 }
      reasons.set(reason, { reason, count: row.count + 1, totalNs: row.totalNs + Number(end - start) })
    }
    const byReason = (a: { reason: string }, b: { reason: string }) => (a.reason < b.reason ? -1 : 1)
    t.same([...stw!.reasons].sort(byReason), [...reasons.values()].sort(byReason))

    const { bucketNs } = overview!
    const count = overview!.events.length
    t.ok(count > 1)
    t.ok(count <= 1200)
    t.same(overview!.running, inBuckets(slow.running, bucketNs, count), 'running')
    t.same(overview!.syscall, inBuckets(slow.syscalls, bucketNs, count), 'syscall')
    t.same(overview!.gcWorker, inBuckets(slow.workers, bucketNs, count), 'workers')
    t.same(overview!.gcOn, inBuckets(slow.marks, bucketNs, count), 'mark phases')
    t.same(overview!.stw, inBuckets(slow.stops, bucketNs, count), 'stops')
    const counts = new Array<number>(count).fill(0)
    for (const time of slow.times) counts[Number(time / BigInt(bucketNs))]++
    t.same(overview!.events, counts, 'events')
    t.end()
  })
}
