/** Writes the trace-event JSON of a job from the events of the generations that it shows. */
import type { TraceEventJob } from '../../contract/trace-view.js'
import type { EventBlock } from '../../core/event-block.js'
import type { Detail } from '../../replay/replay.js'
import type { ViewerFacts } from '../../replay/viewer-facts.js'
import { generationAt } from '../../shared/search.js'
import { TraceEventExporter } from './exporter.js'
import type { TraceEventPlan } from './plan.js'
import { RelatedGoroutines } from './related-goroutines.js'

/** What the events are read from, and how all stood at the generations' borders. */
interface Context {
  readonly detail: Detail
  readonly viewer: ViewerFacts
}

/**
 * The JSON (UTF-8) in pieces, whose memory is the caller's; empty ones let others take their turn. Throws CodedError
 * when the trace can no longer be read.
 */
export function* writeTraceEvents({ detail, viewer }: Context, job: TraceEventJob): Generator<Uint8Array> {
  const plan = yield* completePlan({ detail, viewer }, job)
  const exporter = new TraceEventExporter(detail.dictionary, plan, viewer, detail.startTime)
  for (const block of blocksFor(exporter, detail, generationAt(viewer.starts, plan.toNs))) {
    yield* exporter.feed(block)
    if (exporter.isComplete(block.times[block.length - 1])) break
    yield nothing()
  }
  const missing = new Set(exporter.stacks.missing().map(time => generationAt(viewer.starts, time)))
  for (const row of missing) {
    for (const block of detail.passingBlocks(row, row)) {
      exporter.stacks.take(block)
      yield nothing()
    }
  }
  yield* exporter.finish()
}

/** The blocks that an exporter asks for, whose window ends in generation `last`. */
function* blocksFor(exporter: TraceEventExporter, detail: Detail, last: number): Generator<EventBlock> {
  const first = exporter.firstGeneration
  // A window of one generation is likely to be asked for again, by another view or a neighbour.
  yield* first === last ? detail.blocks(first, last) : detail.passingBlocks(first, last)
  for (let row = exporter.nextGeneration(last); row >= 0; row = exporter.nextGeneration(row)) {
    yield* detail.passingBlocks(row, row)
  }
}

/** Adds the goroutines that only the events tell. */
function* completePlan(
  { detail, viewer }: Context,
  { plan, relatedTo }: TraceEventJob,
): Generator<Uint8Array, TraceEventPlan> {
  if (relatedTo === null) return plan
  const { goroutines, wide } = detail.dictionary
  const row = goroutines.find(wide.encode(BigInt(relatedTo)))
  const related = new RelatedGoroutines(row)
  for (const generation of related.generations(viewer.changed)) {
    for (const block of detail.passingBlocks(generation, generation)) {
      related.feed(block)
      yield nothing()
    }
  }
  return { ...plan, goroutines: related.rows().map(at => wide.text(goroutines.ids[at])) }
}

function nothing(): Uint8Array {
  return new Uint8Array(0)
}
