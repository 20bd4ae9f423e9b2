/**
 * Runs: stretches of consecutive generations that are put in order ahead, without those before them.
 *
 * A run starts from an assumed state: no thread is known to hold anything, nothing is known of any goroutine or proc until the run's
 * own statuses tell, and whatever may have been open passes as open. Its generations are handed over one by one, each with what it used
 * of the state before and the state at its end; seams.ts makes them what one sequential pass would have given, or refuses them.
 */
import { Dictionary, type DictionaryDelta } from '../../core/dictionary.js'
import type { EventBlock } from '../../core/event-block.js'
import type { Source } from '../../source/source.js'
import type { OrderingMemory } from '../fast-path/memory.js'
import type { GenerationEntry, TraceIndex } from '../index/trace-index.js'
import type { Ordering } from './ordering.js'
import type { GenerationFacts } from './reader.js'
import { type Assumed, Assumptions, SchedulerState } from './state.js'
import { startTimeOf, V2Reader } from './v2-reader.js'

/** Bytes of file that a run has at least, but for the last. */
export const RUN_BYTES = 8 << 20

/** Rows of the generations that a run has: `from` to before `to`. */
export interface Run {
  readonly from: number
  readonly to: number
  readonly bytes: number
}

/** Cuts a trace into runs of `runBytes` or more. */
export function planRuns(generations: readonly GenerationEntry[], runBytes = RUN_BYTES): Run[] {
  const runs: Run[] = []
  let from = 0
  let bytes = 0
  for (let row = 0; row < generations.length; row++) {
    bytes += generations[row].bytes
    if (bytes < runBytes && row + 1 < generations.length) continue
    runs.push({ from, to: row + 1, bytes })
    from = row + 1
    bytes = 0
  }
  return runs
}

/** What the run knows at the end of a generation. Rows are those of the run's own dictionary. */
export interface ExitState {
  readonly goStatus: Uint8Array
  readonly procStatus: Uint8Array
  readonly threadKnown: Uint8Array
  /** Per thread, at row + 1; ASSUMED where the run has not told. */
  readonly threadProc: Int32Array
  readonly threadGoroutine: Int32Array
  readonly gcState: number
  readonly gcSeq: number
}

/** One generation of a run, put in order; plain data. Rows in blocks are those of the run's own dictionary. */
export interface OrderedGeneration {
  readonly facts: GenerationFacts
  readonly blocks: EventBlock[]
  /** What the run's dictionary got in this generation. */
  readonly delta: DictionaryDelta
  readonly assumed: Assumed
  readonly exit: ExitState
}

/**
 * Puts a run in order, in a memory that nobody else uses meanwhile. It ends early, and silently, at a generation in which an event can't go: whether that is a fault of the trace is for a
 * pass to say that knows the generations before.
 *
 * @param spare blocks that nobody reads any more, to write into
 */
export function* orderRun(
  source: Source,
  index: TraceIndex,
  run: Run,
  memory: OrderingMemory,
  spare: readonly EventBlock[],
): Generator<OrderedGeneration> {
  const dictionary = new Dictionary()
  let exit: ExitState | null = null
  const borders = {
    record(_generation: number, { state }: Ordering): void {
      exit = exitOf(state, dictionary)
    },
  }
  const assumptions = new Assumptions()
  const state = new SchedulerState(assumptions, memory)
  const start = {
    generation: run.from,
    // No event has an earlier time, and none is of the first generation.
    checkpoint: { state, lastTime: Number.NEGATIVE_INFINITY, initialGeneration: Number.NEGATIVE_INFINITY },
    dictionary,
    startTime: startTimeOf(index.generations[0]),
  }
  const reader = new V2Reader(source, index, start, borders)
  for (const block of spare) reader.recycle(block)
  for (let row = run.from; row < run.to; row++) {
    exit = null
    const blocks: EventBlock[] = []
    while (exit === null) {
      const block = reader.next()
      if (block === null) return
      blocks.push(block)
    }
    if (reader.error !== null) return
    yield {
      facts: reader.generations[row],
      blocks,
      delta: dictionary.takeDelta(),
      assumed: assumptions.take(),
      exit,
    }
  }
}

function exitOf(state: SchedulerState, dictionary: Dictionary): ExitState {
  const threads = dictionary.threads.length + 1
  state.ensureGoroutine(dictionary.goroutines.length - 1)
  state.ensureProc(dictionary.procs.length - 1)
  state.ensureThread(threads - 1)
  return {
    goStatus: state.goStatus.slice(0, dictionary.goroutines.length),
    procStatus: state.procStatus.slice(0, dictionary.procs.length),
    threadKnown: state.threadKnown.slice(0, threads),
    threadProc: state.threadProc.slice(0, threads),
    threadGoroutine: state.threadGoroutine.slice(0, threads),
    gcState: state.gcState,
    gcSeq: state.gcSeq,
  }
}
