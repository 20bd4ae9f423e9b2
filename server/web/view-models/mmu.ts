/** `/mmu`: the curve of minimum mutator utilisation, its figures, and the worst windows of one length. */
import type { MmuDetailsAnswer, MmuFlags, MmuPlotAnswer } from '../../contract/mmu.js'
import { roundDuration } from '../../shared/figures.js'
import { logTicks } from '../../shared/log-ticks.js'
import type { MmuPlotBody } from '../answers.js'
import { type Changes, linkWith, perfettoUrl, scriptUrl, windowUrl } from '../links.js'
import type { Page } from '../web.js'
import { counted, durationText, percentText } from './format.js'
import { formatProperties, type QueryOf } from './query.js'
import { type Column, csvOf } from './table.js'

const path = 'mmu'

export const mmuProperties = {
  ...formatProperties,
  mode: { type: 'string', description: 'plot: the curve; details: the worst windows; else the page' },
  flags: {
    type: 'string',
    description: 'names joined by |: perProc, stw, background, assist, sweep, mut (percentiles)',
  },
  window: { type: 'string', description: 'window length in ns, for the worst windows' },
  view: { type: 'string', description: 'sent by the form of the page, whose fields become flags' },
} as const

export type MmuQuery = QueryOf<typeof mmuProperties>

const flagNames: readonly (keyof MmuFlags)[] = ['perProc', 'stw', 'background', 'assist', 'sweep']
/** What the page counts before anybody chose; `mut` asks for the percentiles. */
const defaultFlags = 'stw|background|assist|mut'

/** Unknown names are ignored, and nothing chosen counts nothing, as in cmd/trace. */
export function mmuFlags(text: string): { flags: MmuFlags; quantiles: boolean } {
  const chosen = text.split('|')
  const flags = Object.fromEntries(flagNames.map(name => [name, chosen.includes(name)])) as unknown as MmuFlags
  return { flags, quantiles: chosen.includes('mut') }
}

export function pageFlags(query: MmuQuery): string {
  return query.flags ?? defaultFlags
}

/** The body of `mode=plot`, as cmd/trace's, with a note where something is odd. */
export function plotBody({ xMin, xMax, quantiles, curve, ...odd }: MmuPlotAnswer): MmuPlotBody {
  const note = plotNote(odd)
  return { curve, quantiles, xMax, xMin, ...(note !== null && { note }) }
}

function plotNote({ noProcs, skipped }: Pick<MmuPlotAnswer, 'noProcs' | 'skipped'>): string | null {
  if (noProcs) return 'This trace does not say how many procs there were, so there is no curve.'
  return skipped === 0 ? null : `${counted(skipped, 'change')} on procs that the trace does not have are left out.`
}

/**
 * The body of `mode=details` as JSON: cmd/trace's but for the links. Times are numbers with all their digits, also
 * above 2^53.
 */
export function detailsBody({ windows }: MmuDetailsAnswer, windowNs: number, base: string): string {
  if (windows === null) return 'null'
  const rows = windows.map(({ time, util, startNs }) => {
    const url = JSON.stringify(base + windowUrl(startNs, startNs + windowNs))
    return `{"Time":${time},"MutatorUtil":${JSON.stringify(util)},"URL":${url}}`
  })
  return `[${rows.join(',')}]`
}

/** The row of the curve that the page starts with: the one nearest to 10 ms. */
export function defaultWindow({ curve }: MmuPlotAnswer): number {
  let best = 0
  for (const [window] of curve) {
    if (Math.abs(Math.log(window / 1e7)) < Math.abs(Math.log(best / 1e7))) best = window
  }
  return best
}

export function mmuCsv(plot: MmuPlotAnswer): string {
  const columns: Column<number[]>[] = [
    { title: 'Window', unit: 'ns', cell: row => ({ kind: 'duration', ns: row[0] }), raw: row => row[0] },
    ...curveTitles(plot).map(
      (title, at): Column<number[]> => ({
        title,
        cell: row => ({ kind: 'percent', share: row[at + 1] }),
        raw: row => row[at + 1],
      }),
    ),
  ]
  return csvOf(columns, plot.curve)
}

function curveTitles({ quantiles }: MmuPlotAnswer): string[] {
  return (quantiles ?? [0]).map(share => (share === 0 ? 'minimum' : `${Number((share * 100).toFixed(3))}%`))
}

export function mmuPage(plot: MmuPlotAnswer, details: MmuDetailsAnswer, windowNs: number, query: MmuQuery): Page {
  const titles = curveTitles(plot)
  const empty = plot.curve.length === 0
  return {
    template: 'mmu.hbs',
    title: 'Minimum mutator utilization',
    nav: path,
    partial: plot.partial,
    scripts: empty ? [] : [scriptUrl('mmu')],
    model: {
      action: path,
      options: optionsOf(pageFlags(query)),
      window: query.window,
      jsonUrl: linkWith(path, { mode: 'plot', flags: pageFlags(query) }),
      csvUrl: linkWith(path, { flags: pageFlags(query) }, { format: 'csv' }),
      note: plotNote(plot),
      emptyTitle: empty ? (plotNote(plot) ?? 'This trace is too short for a curve.') : null,
      chart: empty ? null : chartOf(plot, windowNs),
      curves: titles.map((title, at) => ({
        title: at === titles.length - 1 && at > 0 ? `${title} of windows are below` : title,
        className: `k${at}`,
      })),
      titles,
      figures: figureRows(plot, query),
      worst: worstView(details, windowNs),
    },
  }
}

function optionsOf(flags: string): object {
  const chosen = new Set(flags.split('|'))
  const option = (name: string, label: string, text: string) => ({ name, label, text, checked: chosen.has(name) })
  return {
    perProc: chosen.has('perProc'),
    include: [
      option('stw', 'STW', 'stops for GC: sweep and mark termination'),
      option('background', 'Background workers', '25% of the procs while marking'),
      option('assist', 'Mark assist', 'allocating goroutines that help'),
      option('sweep', 'Sweep', 'allocation that sweeps first'),
    ],
    mut: option('mut', 'Percentiles', '0.1%, 1% and 5% of all windows are below'),
  }
}

// The picture without script: 900 × 326, the plot inside it.
const left = 44
const right = 884
const top = 20
const bottom = 300

function chartOf(plot: MmuPlotAnswer, windowNs: number): object {
  const { curve } = plot
  const shortest = curve[0][0]
  const longest = curve[curve.length - 1][0]
  const xOf = (window: number): number =>
    longest === shortest ? left : left + ((right - left) * Math.log(window / shortest)) / Math.log(longest / shortest)
  const yOf = (util: number): number => bottom - (bottom - top) * util
  const chosen = nearestRow(plot, windowNs)
  const atX = xOf(chosen[0])
  return {
    label: chartLabel(plot),
    curves: curve[0]
      .slice(1)
      .map((_util, at) => ({
        className: `k${at}`,
        points: curve.map(row => `${xOf(row[0]).toFixed(1)},${yOf(row[at + 1]).toFixed(1)}`).join(' '),
      }))
      .reverse(),
    xTicks: logTicks(shortest, longest).map(window => ({ x: xOf(window).toFixed(1), label: roundDuration(window) })),
    yTicks: [0, 0.25, 0.5, 0.75, 1].map(util => ({
      y: yOf(util),
      textY: yOf(util) + 4,
      label: percentText(util, 0),
    })),
    cursor: {
      x: atX.toFixed(1),
      y: yOf(chosen[1]).toFixed(1),
      textX: (atX + (atX > 600 ? -8 : 8)).toFixed(1),
      textY: Math.max(yOf(chosen[1]) - 8, top + 12).toFixed(1),
      anchor: atX > 600 ? 'end' : 'start',
      text: `${percentText(chosen[1])} in the worst ${durationText(chosen[0])}`,
    },
  }
}

function nearestRow({ curve }: MmuPlotAnswer, window: number): number[] {
  let best = curve[0]
  for (const row of curve) {
    if (Math.abs(Math.log(row[0] / window)) < Math.abs(Math.log(best[0] / window))) best = row
  }
  return best
}

/** The curve in words. */
function chartLabel(plot: MmuPlotAnswer): string {
  const { curve } = plot
  const first = curve[0]
  const last = curve[curve.length - 1]
  const zeros = curve.filter(row => row[1] === 0)
  const zero = zeros.length > 0 ? ` Zero up to ${durationText(zeros[zeros.length - 1][0])},` : ''
  return (
    `Minimum mutator utilization for windows from ${durationText(first[0])} to ${durationText(last[0])}.` +
    `${zero} ${percentText(last[1])} for the longest. The table of figures has the same.`
  )
}

/** About ten rows of the curve, the longest window last. */
function figureRows(plot: MmuPlotAnswer, query: MmuQuery): object[] {
  return plot.curve
    .filter((_row, i) => i % 11 === 0)
    .map(([window, ...utils]) => ({
      window,
      url: mmuLink(query, { window }),
      utils: utils.map(util => percentText(util)),
    }))
}

function mmuLink({ flags }: MmuQuery, changes: Changes): string {
  return `${linkWith(path, { flags }, changes)}#worst`
}

function worstView({ windows }: MmuDetailsAnswer, windowNs: number): object {
  const rows = (windows ?? []).map(({ util, startNs }, at) => ({
    number: at + 1,
    startNs,
    util: percentText(util),
    width: Math.round(util * 1000),
    url: windowUrl(startNs, startNs + windowNs),
    perfettoUrl: perfettoUrl({ view: 'proc', from: startNs, to: startNs + windowNs }),
  }))
  return { windowNs, windowText: durationText(windowNs), rows, count: rows.length }
}
