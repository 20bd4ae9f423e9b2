/**
 * What the thread that has the facts answers, by name. Where an answer is of the events too, it asks the thread that
 * has those for their part, once.
 */
import { setImmediate } from 'node:timers/promises'
import { G } from '../analysis/facts/goroutines.js'
import type { TraceFacts } from '../analysis/facts/trace-facts.js'
import { historyOf } from '../analysis/passes/history.js'
import { answerQuery, type FactQuery, factQueries } from '../analysis/queries/answer.js'
import { answerGoroutine, historyRow } from '../analysis/queries/goroutine.js'
import { answerProfile } from '../analysis/queries/profile.js'
import { answerTimelineTracks, type TrackFacts } from '../analysis/queries/timeline.js'
import { answerTimelineGoroutine, answerTimelineRegions } from '../analysis/queries/timeline-annotations.js'
import type { ProfileAnswer } from '../contract/profile.js'
import type { TimeRange } from '../contract/timeline.js'
import type { Queries, QueryName } from '../contract/trace.js'
import { CodedError } from '../errors.js'
import type { RangeAnswer } from '../shared/timeline.js'
import type { ReplayParts, ReplayQueryName } from './replay-queries.js'
import type { RpcClient } from './rpc-client.js'
import type { Handlers } from './rpc-server.js'

export interface FactContext {
  readonly facts: TraceFacts
  readonly tracks: TrackFacts
  readonly replay: Pick<RpcClient<ReplayParts>, 'call'>
}

export type FactMethods = Pick<Queries, Exclude<QueryName, ReplayQueryName>>

/** Most samples of an answer. */
const MOST_SAMPLES = 5000
/** Stacks of a range that waited longest. */
const STACKS = 20

const ofFactsAlone = Object.fromEntries(
  factQueries.map(name => [name, ({ facts }: FactContext, params: never) => answerQuery(facts, name, params)]),
) as unknown as Handlers<FactContext, Pick<Queries, FactQuery>>

export const factHandlers: Handlers<FactContext, FactMethods> = {
  ...ofFactsAlone,
  timelineTracks: ({ facts, tracks }, params) => answerTimelineTracks(facts, tracks, params),

  goroutine: async ({ facts, replay }, params, signal) => {
    const history = await replay.call('history', historyParams(facts, historyRow(facts, params.goid)), signal)
    return answerGoroutine(facts, params, historyOf(history))
  },

  timelineSpan: async ({ facts, replay }, { goid, atNs }, signal) => {
    const { row, ...around } = answerTimelineGoroutine(facts, { goid, atNs })
    return { ...around, ...(await replay.call('span', { row, atNs }, signal)) }
  },

  timelineRegions: async ({ facts, replay }, { view, first, last, fromNs, toNs }, signal) => {
    const answer = answerTimelineRegions(facts, { view, first, last, fromNs, toNs })
    if (view === 'task') return { ...answer, samples: [] }
    const rows = facts.groups.rows.subarray(first, last + 1)
    if (rows.length === 0) throw new CodedError('NOT_FOUND', `There is no track ${first}.`)
    const tracks = new Map(Array.from(rows, (row, i) => [row, first + i]))
    const { samples, total } = await replay.call('samples', { tracks, fromNs, toNs, limit: MOST_SAMPLES }, signal)
    return { ...answer, samples, totals: { ...answer.totals, samples: total } }
  },

  timelineRange: async ({ facts, replay }, range, signal) => {
    const detail = await replay.call('range', range, signal)
    return { ...detail, blocking: await blockingStacks(facts, range, signal) }
  },
}

/** The facts keep no states of single goroutines: the generations of its life are replayed. */
function historyParams({ goroutines, generations, endNs }: TraceFacts, goroutine: number) {
  const creation = goroutines.time(goroutine, G.Creation)
  const end = goroutines.time(goroutine, G.End)
  const from = Math.max(
    generations.findLastIndex(({ startNs }) => startNs <= creation),
    0,
  )
  const to = end < 0 ? generations.length - 1 : generations.findLastIndex(({ startNs }) => startNs <= end)
  return { goroutine, from, to: Math.max(from, to), endNs }
}

type Blocking = RangeAnswer['blocking'][number]

async function blockingStacks(
  facts: TraceFacts,
  { fromNs: from, toNs: to }: TimeRange,
  signal: AbortSignal,
): Promise<Blocking[]> {
  // A trace without goroutines has no profiles, as in cmd/trace, but it has windows.
  if (facts.groups.rows.length === 0) return []
  const stacks: (Pick<Blocking, 'kind'> & ProfileAnswer['samples'][number])[] = []
  for (const kind of ['block', 'io', 'syscall'] as const) {
    stacks.push(...answerProfile(facts, { kind, from, to }).samples.map(sample => ({ kind, ...sample })))
    // Each may take its time: others have their turns between them.
    await setImmediate()
    signal.throwIfAborted()
  }
  stacks.sort((a, b) => b.delayNs - a.delayNs)
  return stacks.slice(0, STACKS).map(({ kind, count, delayNs, stack }) => ({
    kind,
    count,
    delayNs,
    stack: stack.map(({ func, file, line }) => ({ func, file, line })),
  }))
}
