import { CodedError } from '../../errors.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import type { Queries, QueryName } from '../trace-client.js'
import { answerGoroutineGroup, answerGoroutines } from './goroutines.js'
import { answerHome } from './home.js'
import { answerMmuDetails, answerMmuPlot } from './mmu.js'
import { answerOpen } from './open.js'
import { answerProfile } from './profile.js'
import { answerRegions, answerRegionTypes } from './regions.js'
import { answerTasks, answerTaskTypes } from './tasks.js'
import { answerTraceView } from './trace-view.js'

const answers: {
  readonly [N in QueryName]?: (facts: TraceFacts, params: Queries[N]['params']) => Queries[N]['answer']
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
}

/**
 * Answers a question from the facts; `goroutine` needs a re-read history besides (goroutine.ts). Throws a CodedError for what does not exist.
 */
export function answerQuery<N extends QueryName>(
  facts: TraceFacts,
  name: N,
  params: Queries[N]['params'],
): Queries[N]['answer'] {
  const answer = answers[name]
  if (answer === undefined) throw new CodedError('NOT_FOUND', `no such question: ${name}`)
  return answer(facts, params)
}
