/** What a proc or thread does at a moment, before and after it: against all spans of the slow twin. */
import t from 'tap'
import type { NeighboursAnswer } from '../../server/shared/timeline.js'
import { neighboursOf } from '../../server/timeline/neighbours.js'
import { readTimeline } from '../helpers/timeline.js'
import { slowSpans } from '../slow/timeline-slow.js'

for (const name of ['sample', 'boundaries/syscalls-go1.24', 'boundaries/gc-go1.26', 'gc-go1.19']) {
  t.test(name, async t => {
    const { blocks, dictionary, tiles, close } = readTimeline(name)
    const { spans, end } = slowSpans(blocks, dictionary)
    for (const kind of ['procs', 'threads'] as const) {
      const own = spans.filter(span => span.kind === kind)
      const tracks = [...new Set(own.map(({ track }) => track))]
      t.ok(tracks.length > 0, `there are ${kind}`)
      for (const row of tracks) {
        const all = own.filter(({ track }) => track === row).sort((a, b) => a.start - b.start)
        const step = Math.max(1, Math.floor(all.length / 12))
        const moments = all
          .filter((_, i) => i % step === 0)
          .flatMap(({ start, end }) => [start, Math.floor((start + end) / 2), end])
        for (const atNs of [0, ...moments, end - 1].filter(at => at >= 0 && at < end)) {
          const here = all.find(span => span.start <= atNs && span.end > atNs)
          const reference = here?.start ?? atNs
          const runOf = (span: (typeof all)[number] | undefined) =>
            span === undefined ? null : { goid: dictionary.goroutines.ids[span.goroutine!], startNs: span.start }
          const wanted = {
            here: runOf(here),
            previous: runOf(all.findLast(span => span.start < reference)),
            next: runOf(all.find(span => span.start > reference && span.start >= atNs)),
          }
          t.same(answerOf(neighboursOf(tiles, { kind, row, atNs })), wanted, `${kind} ${row} at ${atNs}`)
        }
      }
    }
    close()
  })
}

/** What a job gives when it is done. */
function answerOf(job: Generator<Uint8Array, NeighboursAnswer>): NeighboursAnswer {
  for (;;) {
    const { done, value } = job.next()
    if (done) return value
  }
}
