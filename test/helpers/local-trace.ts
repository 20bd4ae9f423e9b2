/** A trace client that reads and analyses in this thread: the same steps as workers/, without threads. */
import { Analyst } from '../../server/analysis/analyst.js'
import { SegmentStore } from '../../server/analysis/facts/segment-store.js'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { GoroutineHistory } from '../../server/analysis/passes/history.js'
import { answerQuery, type FactQuery } from '../../server/analysis/queries/answer.js'
import { answerGoroutine, historyRow } from '../../server/analysis/queries/goroutine.js'
import type { Queries, QueryName, TraceClient } from '../../server/contract/trace.js'
import { Dictionary } from '../../server/core/dictionary.js'
import { openSource } from '../../server/source/file.js'
import type { Source } from '../../server/source/source.js'
import { nothingUsable, type OpenedTrace, openReader, openTrace } from '../../server/trace/open.js'
import { type WholeBlock, WholeGenerations } from '../../server/trace/order/whole-generations.js'
import { partialTrace } from '../../server/trace/partial.js'

/** Reads the whole trace. Throws CodedError when nothing of it can be used. */
export function localTrace(path: string): TraceClient {
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

/** Answers from the facts of a trace, which is opened again for the states of single goroutines. */
export function localClient(open: () => Source, facts: TraceFacts): TraceClient {
  const generations = facts.generations.length
  return {
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
    query: async <N extends QueryName>(name: N, params: Queries[N]['params']): Promise<Queries[N]['answer']> => {
      if (name !== 'goroutine') return answerQuery(facts, name as FactQuery, params as never)
      const asked = params as Queries['goroutine']['params']
      return answerGoroutine(facts, asked, readHistory(open(), facts, historyRow(facts, asked.goid)))
    },
    close: async () => {},
  }
}
