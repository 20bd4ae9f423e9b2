/** Packed spans beside a plain list of them. */
import t from 'tap'
import { NOW, newClock } from '../../server/analysis/facts/clock.js'
import { SpanList } from '../../server/analysis/facts/spans.js'
import { AnalysisMemory } from '../../server/analysis/fast-path/memory.js'

interface Span {
  readonly goroutine: number
  readonly stack: number
  readonly start: number
  readonly end: number
}

/** Numbers of all lengths, the same every time. */
function* numbers(): Generator<number> {
  for (let seed = 1; ; seed = Math.imul(seed, 1664525) + 1013904223) yield seed >>> (seed & 31)
}

t.test('what was appended comes back, from any time on', async t => {
  const list = new SpanList(new AnalysisMemory(), 0)
  const clock = newClock()
  const from = new Float64Array(1)
  const plain: Span[] = []
  const next = numbers()
  const number = () => next.next().value as number
  for (let i = 0; i < 30_000; i++) {
    // Hours may lie between two, and a span may be longer than 2^32 ns.
    clock[NOW] += i % 100 === 7 ? number() * 1000 : number() & 0xffff
    from[0] = Math.max(0, clock[NOW] - number() * (i % 50 === 3 ? 5000 : 1))
    const span = { goroutine: number() >>> 1, stack: number() >>> 1, start: from[0], end: clock[NOW] }
    list.append(span.goroutine, span.stack, from, 0, clock)
    plain.push(span)
  }
  t.ok(list.chunkCount > 3, `${list.chunkCount} chunks`)
  t.ok(
    plain.some(({ start, end }) => end - start > 2 ** 32),
    'long ones are among them',
  )
  const last = plain[plain.length - 1].end
  for (const time of [-1, 0, plain[0].end, plain[100].end - 1, plain[20_000].end, last - 1, last, last + 1]) {
    const found: Span[] = []
    for (const span = list.after(time); span.next(); ) {
      found.push({ goroutine: span.goroutine, stack: span.stack, start: span.start, end: span.end })
    }
    const wanted = plain.filter(({ end }) => end > time)
    t.equal(found.length, wanted.length, `${wanted.length} spans end after ${time}`)
    t.ok(
      found.every((span, i) => JSON.stringify(span) === JSON.stringify(wanted[i])),
      'and are the same',
    )
  }
})

t.test('an empty list has no spans', async t => {
  t.notOk(new SpanList(new AnalysisMemory(), 0).after(0).next())
})
