/** `/perfetto`: what the trace-event JSON of a view holds, as a file and for ui.perfetto.dev. */
import type { HomeAnswer } from '../../contract/home.js'
import type { TraceViewAnswer } from '../../contract/trace-view.js'
import { linkWith, scriptUrl } from '../links.js'
import type { Page } from '../web.js'
import { counted, countText, durationText } from './format.js'
import { type TraceViewQuery, titleOf, traceEventRequest } from './trace-view.js'

/** Bytes of JSON an event becomes, roughly: measured 120 to 150. */
const EVENT_BYTES = 140
/** Viewers run out of memory over a file of this size; the page's script stops there as well. */
const LARGE_BYTES = 500e6

export function perfettoPage(file: string, answer: TraceViewAnswer, home: HomeAnswer, query: TraceViewQuery): Page {
  const { view, from, to } = traceEventRequest(query)
  const startNs = from ?? answer.fromNs
  const endNs = Math.max(startNs, Math.min(to ?? answer.toNs, answer.endNs))
  const byGoroutine = answer.focus !== null
  const bytes = eventsBetween(home, startNs, endNs) * EVENT_BYTES
  const large = bytes > LARGE_BYTES && !query.start
  const lanes = byGoroutine ? 'goroutine' : view
  const { subject } = titleOf(query)
  const window = `${durationText(startNs)} to ${durationText(endNs)}`
  return {
    template: 'perfetto.hbs',
    title: 'Open in Perfetto',
    nav: 'trace',
    partial: answer.partial,
    scripts: [scriptUrl('perfetto')],
    model: {
      subject,
      timelineUrl: linkWith('trace', query),
      window: `${window} (${durationText(endNs - startNs)})`,
      positions: query.start && query.end ? `Events ${query.start} to ${query.end} of the JSON only.` : '',
      tasks: answer.tasks === null ? '' : counted(answer.tasks.length, 'task'),
      size: `${byGoroutine ? 'at most ' : ''}${sizeText(bytes)}`,
      large,
      /** Asked before it begins, so it may be as large as it is. */
      mostBytes: large ? '' : LARGE_BYTES,
      /** The JSON of goroutines has no lanes of procs or threads. */
      lanes: byGoroutine ? null : laneChoices(query, view),
      lanesAre: laneTexts[lanes],
      /** All views are cut into the same windows. */
      windows: large
        ? (home.views[0]?.ranges ?? []).map(({ name, startNs, endNs }) => ({
            name,
            url: linkWith('perfetto', { view: query.view, from: startNs, to: endNs }),
          }))
        : [],
      jsonUrl: linkWith('jsontrace', query),
      downloadUrl: linkWith('jsontrace', query, { download: 1 }),
      fileName: `${file}.json`,
      traceTitle: `${file}: ${subject}, ${window}`,
    },
  }
}

const laneTexts = {
  goroutine: 'One lane for each goroutine.',
  thread: 'One lane for each OS thread, with the goroutines that ran on it.',
  proc: 'One lane for each proc, with the goroutines that ran on it.',
} as const

function laneChoices(query: TraceViewQuery, current: 'proc' | 'thread'): object[] {
  return (['proc', 'thread'] as const).map(view => ({
    label: view === 'proc' ? 'Procs' : 'Threads',
    url: linkWith('perfetto', query, { view }),
    current: view === current,
  }))
}

function sizeText(bytes: number): string {
  return bytes < 1e6 ? 'less than a megabyte' : `about ${countText(Math.round(bytes / 1e6))} MB`
}

/** About how many events lie in a window, from the buckets of the overview. */
function eventsBetween({ overview, events }: HomeAnswer, fromNs: number, toNs: number): number {
  if (overview === null) return events ?? 0
  const { bucketNs } = overview
  return overview.events.reduce((sum, count, i) => {
    const inside = Math.min(toNs, (i + 1) * bucketNs) - Math.max(fromNs, i * bucketNs)
    return inside > 0 ? sum + count * Math.min(1, inside / bucketNs) : sum
  }, 0)
}
