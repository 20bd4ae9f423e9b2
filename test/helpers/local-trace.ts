/** A trace client that reads and analyses in this thread: the same steps as workers/, without threads. */
import { Analyst } from '../../server/analysis/analyst.js'
import { SegmentStore } from '../../server/analysis/facts/segment-store.js'
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { GoroutineHistory } from '../../server/analysis/passes/history.js'
import { answerQuery, type FactQuery } from '../../server/analysis/queries/answer.js'
import { answerGoroutine, historyRow } from '../../server/analysis/queries/goroutine.js'
import type { Queries, QueryName, TraceClient } from '../../server/contract/trace.js'
import { openSource } from '../../server/source/file.js'
import type { Source } from '../../server/source/source.js'
import { nothingUsable, type OpenedTrace, openReader, openTrace } from '../../server/trace/open.js'
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
export function analyseSource(source: Source, trace: OpenedTrace, store = () => new SegmentStore()): TraceFacts {
  const first = readAll(source, trace, store())
  const { error, usableGenerations } = first.reader
  if (error !== null && usableGenerations === 0) throw nothingUsable(source.name, error)
  const overran = first.reader.generations.length > usableGenerations
  const { reader, analyst } = overran ? readAll(source, trace, store(), usableGenerations) : first
  const partial = partialTrace(trace, usableGenerations, reader.lostBytes, source.sizeBytes, error)
  return analyst.at({ startTime: reader.startTime, partial, oddities: reader.oddities })
}

function readAll(source: Source, trace: OpenedTrace, store: SegmentStore, generations?: number) {
  const reader = openReader(source, trace, generations)
  const header = { file: source.name, version: trace.version, sizeBytes: source.sizeBytes }
  const analyst = new Analyst(reader.dictionary, header, store)
  for (let block = reader.next(); block !== null; block = reader.next()) {
    // The closing Sync of a trace whose first generation has no tables belongs to no generation.
    if (block.generation >= 0) analyst.feed(block, reader.generations[block.generation])
    reader.recycle(block)
  }
  return { reader, analyst }
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
