/** Writes the trace-event JSON of a job by reading the events of the trace again. */
import { RelatedGoroutines } from '../analysis/passes/related-goroutines.js'
import { TraceEventExporter } from '../export/trace-event/exporter.js'
import type { TraceEventPlan } from '../export/trace-event/plan.js'
import type { TraceEventJob } from '../export/trace-event/request.js'
import type { EventBlock } from '../shared/event-block.js'
import { type OpenedTrace, openReader } from '../trace/open.js'
import type { OrderedReader } from '../trace/order/reader.js'
import type { Source } from '../trace/source/source.js'

/** The JSON (UTF-8) in pieces, whose memory is the caller's. Throws CodedError when the trace can no longer be read. */
export function* writeTraceEvents(source: Source, trace: OpenedTrace, job: TraceEventJob): Generator<Uint8Array> {
  const open = () => openReader(source, trace, job.generations)
  const plan = completePlan(open, job)
  const reader = open()
  let exporter: TraceEventExporter | undefined
  for (const block of eventsOf(reader)) {
    exporter ??= new TraceEventExporter(reader.dictionary, plan, reader.startTime)
    yield* exporter.feed(block)
  }
  if (exporter !== undefined) yield* exporter.finish()
}

/** Adds the goroutines that only the events tell. */
function completePlan(open: () => OrderedReader, { plan, relatedTo }: TraceEventJob): TraceEventPlan {
  if (relatedTo === null) return plan
  const reader = open()
  const related = new RelatedGoroutines()
  for (const block of eventsOf(reader)) related.feed(block)
  const { goroutines, wide } = reader.dictionary
  const row = goroutines.find(wide.encode(BigInt(relatedTo)))
  return { ...plan, goroutines: related.of(row).map(at => wide.text(goroutines.ids[at])) }
}

/** The events that a job needs, in order. What a lane shows depends on all before it, so they begin with the first of the trace. */
function* eventsOf(reader: OrderedReader): Generator<EventBlock> {
  for (let block = reader.next(); block !== null; block = reader.next()) {
    yield block
    reader.recycle(block)
  }
}
