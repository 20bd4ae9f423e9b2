/**
 * Everything that the facts of a trace answer, as lines of text: for laws that say of two ways that they answer the
 * same.
 */
import type { TraceFacts } from '../../server/analysis/facts/trace-facts.js'
import { answerQuery, type FactQuery } from '../../server/analysis/queries/answer.js'
import { answerTimelineTracks } from '../../server/analysis/queries/timeline.js'
import { answerTimelineRegions } from '../../server/analysis/queries/timeline-annotations.js'
import type { ListParams } from '../../server/contract/common.js'
import { profileKinds } from '../../server/contract/profile.js'
import type { Queries } from '../../server/contract/trace.js'
import { timelineViews } from '../../server/shared/timeline.js'

const list: ListParams = { limit: 0, offset: 0, filter: '', sortby: '', order: '' }
const noSpans = { quickLevel: 0, emptyLanes: [] }
const flags = { perProc: false, stw: true, background: true, assist: true, sweep: true }

export function allAnswers(facts: TraceFacts): string[] {
  const lines: string[] = []
  const ask = <N extends FactQuery>(name: N, params: Queries[N]['params']): Queries[N]['answer'] => {
    const answer = answerQuery(facts, name, params)
    lines.push(`${name} ${JSON.stringify(params)}: ${JSON.stringify(answer)}`)
    return answer
  }
  ask('home', {})
  for (const { name } of ask('goroutines', list).groups) ask('goroutineGroup', { ...list, name })
  ask('open', list)
  for (const kind of profileKinds) {
    ask('profile', { kind })
    ask('profile', { kind, regions: {} })
  }
  ask('mmuPlot', { flags, quantiles: true })
  ask('mmuDetails', { flags: { ...flags, perProc: true }, windowNs: 1_000_000 })
  ask('taskTypes', list)
  ask('tasks', list)
  ask('regionTypes', list)
  ask('regions', list)
  ask('regions', { ...list, sortby: 'Goroutine', latmin: 1000 })
  ask('traceView', {})
  for (const view of timelineViews) {
    const tracks = answerTimelineTracks(facts, noSpans, { view, filter: '', offset: 0, limit: 1000 })
    lines.push(`tracks of ${view}: ${JSON.stringify(tracks)}`)
  }
  const range = { view: 'goroutine', first: 0, last: 200, fromNs: 0, toNs: facts.endNs } as const
  lines.push(`regions: ${JSON.stringify(answerTimelineRegions(facts, range))}`)
  ask('timelineSearch', { text: 'a', offset: 0, limit: 100 })
  return lines
}

/** The first line in which two answers differ, from where they do; null: they are the same. */
export function firstDifference(found: readonly string[], wanted: readonly string[]): string | null {
  const row = found.findIndex((line, i) => line !== wanted[i])
  if (row < 0) return found.length === wanted.length ? null : `${found.length} answers, wanted ${wanted.length}`
  const [line, other] = [found[row], wanted[row] ?? '']
  let at = 0
  while (line[at] === other[at]) at++
  const part = (text: string) => text.slice(Math.max(0, at - 80), at + 80)
  return `${line.slice(0, 40)}… ${part(line)} — wanted ${part(other)}`
}
