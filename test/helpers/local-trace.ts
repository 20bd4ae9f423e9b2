/** A trace that is read and analysed in this thread: the same steps and answers as in engine/, without threads. */
import { Readable } from 'node:stream'
import { Analyst } from '../../server/analysis/analyst.js'
import { SegmentStore } from '../../server/analysis/facts/segment-store.js'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { GoroutineHistory } from '../../server/analysis/passes/history.js'
import { trackOrder } from '../../server/analysis/queries/timeline.js'
import type { Trace } from '../../server/contract/trace.js'
import { Dictionary } from '../../server/core/dictionary.js'
import { type FactContext, factHandlers } from '../../server/engine/fact-queries.js'
import {
  type ReplayContext,
  type ReplayParts,
  replayHandlers,
  replayQueryNames,
} from '../../server/engine/replay-queries.js'
import type { Work } from '../../server/engine/rpc-server.js'
import { openSource } from '../../server/source/file.js'
import type { Source } from '../../server/source/source.js'
import { Tracks } from '../../server/timeline/tracks.js'
import { nothingUsable, type OpenedTrace, openReader, openTrace } from '../../server/trace/open.js'
import { type WholeBlock, WholeGenerations } from '../../server/trace/order/whole-generations.js'
import { partialTrace } from '../../server/trace/partial.js'
import type { ReadTimeline } from './timeline.js'

/** Reads the whole trace. Throws CodedError when nothing of it can be used. */
export function localTrace(path: string): Trace {
  const source = openSource(path)
  try {
    return localClient(() => openSource(path), analyseSource(source, openTrace(source)))
  } finally {
    source.close()
  }
}

/** @param store gives the memory of the tables */
export function analyseSource(source: Source, trace: OpenedTrace, store = new SegmentStore()): TraceFacts {
  const reader = openReader(source, trace)
  const ordered = new WholeGenerations(reader)
  const header = { file: source.name, version: trace.version, sizeBytes: source.sizeBytes }
  const dictionary = new Dictionary()
  const analyst = new Analyst(dictionary, header, store)
  for (const { block, delta, generation } of wholeBlocks(ordered)) {
    dictionary.apply(delta)
    // The closing Sync of a trace whose first generation has no tables belongs to no generation.
    if (generation !== null) analyst.feed(block, generation)
  }
  const { error, usableGenerations, lostBytes, startTime, oddities } = reader
  if (error !== null && usableGenerations === 0) throw nothingUsable(source.name, error)
  const partial = partialTrace(trace, usableGenerations, lostBytes, source.sizeBytes, error)
  return analyst.at({ startTime, partial, oddities })
}

/** All blocks of the whole generations, each good until the next is asked for. */
export function* wholeBlocks(ordered: WholeGenerations): Generator<WholeBlock> {
  while (!ordered.ended) {
    ordered.order()
    for (let whole = ordered.take(); whole !== null; whole = ordered.take()) {
      yield whole
      ordered.recycle(whole.block)
    }
  }
}

/** The states of a goroutine, from reading the file again. */
function readHistory(source: Source, facts: TraceFacts, goroutine: number): GoroutineHistory {
  const history = new GoroutineHistory(goroutine)
  try {
    const reader = openReader(source, openTrace(source), facts.generations.length)
    for (let block = reader.next(); block !== null; block = reader.next()) {
      if (block.generation >= 0) history.feed(block)
      reader.recycle(block)
    }
  } finally {
    source.close()
  }
  history.finish(facts.endNs)
  return history
}

/** Any handler of engine/ as far as it matters here. */
type Handler = (context: object, params: unknown, signal: AbortSignal) => unknown

/** What a thread would answer in turns. */
async function answerOf(handler: unknown, context: object, params: unknown): Promise<never> {
  const begun = (handler as Handler)(context, params, new AbortController().signal)
  if (begun === null || typeof begun !== 'object' || !('next' in begun)) return (await begun) as never
  for (const work = begun as Work<never>; ; ) {
    const { done, value } = work.next()
    if (done) return value
  }
}

/**
 * Answers from the facts of a trace, and from its spans where they were read; without them, the trace is opened again
 * for the states of single goroutines, and there is no timeline.
 */
export function localClient(open: () => Source, facts: TraceFacts, read?: ReadTimeline): Trace {
  const generations = facts.generations.length
  const replayed: ReplayContext | null =
    read === undefined
      ? null
      : {
          detail: read.tiles.detail,
          tiles: read.tiles,
          viewer: read.viewer,
          fileSums: () => new Float64Array(0),
          tracks: new Tracks(trackOrder(facts), read.dictionary),
        }
  const replay = (name: keyof typeof replayHandlers, params: unknown): Promise<never> => {
    if (replayed !== null) return answerOf(replayHandlers[name], replayed, params)
    if (name !== 'history') throw new Error(`the spans were not read, for ${name}`)
    const { goroutine } = params as ReplayParts['history']['params']
    return Promise.resolve(readHistory(open(), facts, goroutine).toData() as never)
  }
  const { quickLevel = 0, emptyLanes = [] } = replayed?.tiles ?? {}
  const context: FactContext = { facts, tracks: { quickLevel, emptyLanes }, replay: { call: replay } }
  return {
    name: facts.header.file,
    tag: 'local',
    progress: () => ({
      ready: true,
      progress: 1,
      generationsRead: generations,
      generationsTotal: generations,
      bytesRead: facts.header.sizeBytes,
      bytesTotal: facts.header.sizeBytes,
      failed: null,
    }),
    onProgress: () => () => {},
    query: async (name, params) => {
      const isReplayed = (replayQueryNames as readonly string[]).includes(name)
      if (isReplayed) return replay(name as keyof typeof replayHandlers, params)
      return answerOf(factHandlers[name as keyof typeof factHandlers], context, params)
    },
    stream: async (name, params) => {
      if (replayed === null) throw new Error(`the spans were not read, for ${name}`)
      return Readable.from(replayHandlers[name](replayed, params, new AbortController().signal) as Iterable<Uint8Array>)
    },
    check: async () => {},
    close: async () => {},
  }
}
