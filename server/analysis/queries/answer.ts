import type { TimelineQueries } from '../../contract/timeline.js'
import type { Queries, QueryName } from '../../contract/trace.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { answerGoroutineGroup, answerGoroutines } from './goroutines.js'
import { answerHome } from './home.js'
import { answerMmuDetails, answerMmuPlot } from './mmu.js'
import { answerOpen } from './open.js'
import { answerProfile } from './profile.js'
import { answerRegions, answerRegionTypes } from './regions.js'
import { answerTasks, answerTaskTypes } from './tasks.js'
import { answerTimelineSearch } from './timeline-annotations.js'
import { answerTraceView } from './trace-view.js'

/** Questions that the facts answer alone; the others are of the events too (engine/fact-queries.ts). */
export type FactQuery = Exclude<QueryName, 'goroutine' | Exclude<keyof TimelineQueries, 'timelineSearch'>>

const answers: {
  readonly [N in FactQuery]: (facts: TraceFacts, params: Queries[N]['params']) => Queries[N]['answer']
} = {
  home: answerHome,
  goroutines: answerGoroutines,
  goroutineGroup: answerGoroutineGroup,
  profile: answerProfile,
  mmuPlot: answerMmuPlot,
  mmuDetails: answerMmuDetails,
  taskTypes: answerTaskTypes,
  tasks: answerTasks,
  regionTypes: answerRegionTypes,
  regions: answerRegions,
  open: answerOpen,
  traceView: answerTraceView,
  timelineSearch: answerTimelineSearch,
}

export const factQueries = Object.keys(answers) as readonly FactQuery[]

/** Throws a CodedError for what does not exist. */
export function answerQuery<N extends FactQuery>(
  facts: TraceFacts,
  name: N,
  params: Queries[N]['params'],
): Queries[N]['answer'] {
  return answers[name](facts, params)
}
