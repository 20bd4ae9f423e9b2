/** Goroutines that were not finished when the trace ended, by state and place, longest first. */
import type { ListParams } from '../../contract/common.js'
import type { OpenAnswer, OpenGroup } from '../../contract/goroutines.js'
import { GoState, goStateNames } from '../../core/states.js'
import { G, N } from '../facts/goroutines.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { framesOf } from './frames.js'
import { compareIds, listFacts, pageOf, type SortKeys, signedId } from './lists.js'

interface OpenRows {
  readonly state: number
  readonly reason: number
  readonly stack: number
  readonly rows: number[]
  longest: number
}

export function answerOpen(facts: TraceFacts, params: ListParams): OpenAnswer {
  const { dictionary, goroutines, endNs } = facts
  const groups = new Map<string, OpenRows>()
  for (let row = 0; row < goroutines.length; row++) {
    if (!goroutines.exists(row)) continue
    const forever = goroutines.number(row, N.Forever) === 1
    const told = goroutines.number(row, N.State)
    // cmd/trace takes a wait forever for death; here it is the very thing looked for.
    const state = forever && told === GoState.NotExist ? GoState.Waiting : told
    if (state === GoState.NotExist) continue
    const reason = goroutines.number(row, N.Reason)
    const stack = goroutines.number(row, N.OwnStack)
    const since = goroutines.time(row, goroutines.number(row, N.Untouched) === 1 ? G.Creation : G.Entered)
    const key = `${state},${reason},${stack}`
    let group = groups.get(key)
    if (group === undefined) {
      group = { state, reason, stack, rows: [], longest: 0 }
      groups.set(key, group)
    }
    group.rows.push(row)
    group.longest = Math.max(group.longest, endNs - since)
  }
  const idOf = (row: number) => dictionary.goroutines.ids[row]
  const wanted = params.filter.toLowerCase()
  const answers = Array.from(groups.values())
    .sort((a, b) => b.longest - a.longest || a.state - b.state || a.reason - b.reason || a.stack - b.stack)
    .map(
      (group): OpenGroup => ({
        state: goStateNames[group.state],
        reason: dictionary.text(group.reason),
        stack: framesOf(dictionary, group.stack),
        count: group.rows.length,
        longestNs: group.longest,
        goroutines: group.rows
          .map(idOf)
          .sort((a, b) => compareIds(dictionary, a, b))
          .map(id => signedId(dictionary, id)),
      }),
    )
    .filter(({ state, reason, stack }) =>
      [state, reason, ...stack.map(frame => frame.func)].some(text => text.toLowerCase().includes(wanted)),
    )
  const key = keys.get(params.sortby)
  if (key !== undefined) answers.sort((a, b) => (params.order === 'asc' ? 1 : -1) * (key(a) - key(b)))
  else if (params.order === 'asc') answers.reverse()
  return { ...listFacts(facts, params, answers.length), groups: [...pageOf(answers, params)] }
}

const keys: SortKeys<OpenGroup> = new Map([
  ['Count', group => group.count],
  ['Goroutines', group => group.count],
])
