/** One goroutine: what the facts say of it, and its states from a re-read history. */
import type { Id, ListParams } from '../../contract/common.js'
import type { GoroutineAnswer, GoroutineState } from '../../contract/goroutines.js'
import type { CodesByRow } from '../../core/dictionary.js'
import { GoState, goStateNames } from '../../core/states.js'
import { G, N } from '../facts/goroutines.js'
import { rowsOf } from '../facts/records.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { type GoroutineHistory, StateNumber, StateTime } from '../passes/history.js'
import { goroutineStats, rangesOf, statsOf } from './breakdown.js'
import { framesOf } from './frames.js'
import { goroutineRow } from './goroutines.js'
import { compareIds, listFacts, pageOf, signedId, unsignedId } from './lists.js'
import { goroutineRegion } from './regions.js'

/** The row whose history `answerGoroutine` needs; refuses an unknown goroutine. */
export function historyRow(facts: TraceFacts, goid: Id): number {
  return goroutineRow(facts, goid)
}

/** `history` is finished and of the goroutine asked for. */
export function answerGoroutine(
  facts: TraceFacts,
  params: ListParams & { readonly goid: Id },
  history: GoroutineHistory,
): GoroutineAnswer {
  const { dictionary, goroutines, tasks, taskIndex } = facts
  const row = goroutineRow(facts, params.goid)
  const source = goroutineStats(facts)
  const creator = goroutines.number(row, N.Creator)
  const start = goroutines.time(row, G.Start)
  const end = goroutines.time(row, G.End)
  const memberOf = new Set<number>()
  for (let pair = 0; pair < tasks.members.length; pair++) {
    if (tasks.members.number(pair, 1) === row) memberOf.add(tasks.members.number(pair, 0))
  }
  const { states, total } = statesOf(facts, params, history)
  return {
    ...listFacts(facts, params, total),
    id: signedId(dictionary, dictionary.goroutines.ids[row]),
    name: dictionary.text(goroutines.number(row, N.Name)),
    creator: creator < 0 ? 0 : signedId(dictionary, dictionary.goroutines.ids[creator]),
    creationStack: framesOf(dictionary, goroutines.number(row, N.CreationStack)),
    creationNs: goroutines.time(row, G.Creation),
    startNs: start < 0 ? null : start,
    endNs: end < 0 ? null : end,
    totalTimeNs: source.total.value(row),
    stats: statsOf(source, row),
    ranges: rangesOf(source, row),
    regions: Array.from(rowsOf(taskIndex.goroutineRegions, row), region => goroutineRegion(facts, region)),
    tasks: Array.from(memberOf, task => dictionary.tasks.ids[task])
      .sort((a, b) => compareIds(dictionary, a, b))
      .map(id => unsignedId(dictionary, id)),
    states,
  }
}

/** States with the filter's text in their name or reason, of the page that is asked for. */
function statesOf(
  { dictionary }: TraceFacts,
  params: ListParams,
  { states }: GoroutineHistory,
): { states: GoroutineState[]; total: number } {
  const wanted = params.filter.toLowerCase()
  const rows: number[] = []
  for (let row = 0; row < states.length; row++) {
    const reason = dictionary.text(states.number(row, StateNumber.Reason))
    const text = `${goStateNames[states.number(row, StateNumber.State)]} ${reason}`
    if (text.toLowerCase().includes(wanted)) rows.push(row)
  }
  if (params.sortby === 'Duration') {
    const length = (row: number) => states.time(row, StateTime.To) - states.time(row, StateTime.From)
    rows.sort((a, b) => (params.order === 'asc' ? 1 : -1) * (length(a) - length(b)) || a - b)
  } else if (params.order === 'desc') rows.reverse()
  const idOf = (table: { readonly ids: CodesByRow }, row: number): Id =>
    row < 0 ? -1 : signedId(dictionary, table.ids[row])
  const page = pageOf(rows, params).map((row): GoroutineState => {
    const state = states.number(row, StateNumber.State)
    const waker = states.number(row, StateNumber.WokenBy)
    const isWoken = state === GoState.Waiting && waker >= 0
    return {
      fromNs: states.time(row, StateTime.From),
      toNs: states.time(row, StateTime.To),
      state: goStateNames[state],
      reason: dictionary.text(states.number(row, StateNumber.Reason)),
      proc: idOf(dictionary.procs, states.number(row, StateNumber.Proc)),
      thread: idOf(dictionary.threads, states.number(row, StateNumber.Thread)),
      stack: framesOf(dictionary, states.number(row, StateNumber.Stack)),
      wokenBy: isWoken ? idOf(dictionary.goroutines, waker) : null,
      wokenStack: isWoken ? framesOf(dictionary, states.number(row, StateNumber.WokenStack)) : [],
    }
  })
  return { states: page, total: rows.length }
}
