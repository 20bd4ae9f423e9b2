/**
 * What the first reading of a trace leaves in memory for each goroutine, once it has ended: what only the reading
 * needed is gone.
 */
import t from 'tap'
import { Timeline } from '../../server/replay/timeline-reading.js'
import { openSource } from '../../server/source/file.js'
import { openTrace } from '../../server/trace/open.js'
import { Checkpoints } from '../../server/trace/order/checkpoints.js'
import { V2Reader } from '../../server/trace/order/v2-reader.js'
import { fixture } from '../helpers/fixtures.js'

/** Bytes of all typed arrays that an object leads to, but for those of `others`. */
function columnBytes(root: object, others: readonly object[]): number {
  const seen = new Set(others)
  const buffers = new Set<ArrayBufferLike>()
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    if (ArrayBuffer.isView(value)) buffers.add(value.buffer)
    else if (value instanceof Map) for (const entry of value.values()) visit(entry)
    else for (const field of Object.values(value)) visit(field)
  }
  visit(root)
  return Array.from(buffers, buffer => buffer.byteLength).reduce((sum, bytes) => sum + bytes, 0)
}

t.test('bytes a goroutine', async t => {
  const source = openSource(fixture('procs-50k-go1.26').path)
  t.teardown(() => source.close())
  const { index } = openTrace(source)
  if (index === null) throw new Error('it has generations')
  const checkpoints = new Checkpoints()
  const reader = new V2Reader(source, index, undefined, checkpoints)
  const { dictionary } = reader
  const timeline = new Timeline(dictionary)
  for (let block = reader.next(); block !== null; block = reader.next()) timeline.feed(block)
  timeline.finish()
  const goroutines = dictionary.goroutines.length
  const { viewer } = timeline
  for (const [name, left, most] of [
    ['the timeline', timeline, 105],
    ['the trace-event JSON', viewer, 30],
    ['checkpoints', checkpoints, 5],
  ] as const) {
    const bytes = columnBytes(left, left === timeline ? [dictionary, viewer] : [dictionary]) / goroutines
    t.ok(bytes < most, `${name}: ${bytes.toFixed(1)}`)
  }
})
