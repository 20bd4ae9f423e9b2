/** The MMU curve and its worst windows (endpoints.md §14.3, §14.4). */
import type { Id } from '../../contract/common.js'
import type { MmuDetailsAnswer, MmuDetailsParams, MmuPlotAnswer, MmuPlotParams } from '../../contract/mmu.js'
import type { TraceFacts } from '../facts/trace-facts.js'
import { MmuCurve } from './mmu-curve.js'
import { utilizationQuantiles } from './mud.js'
import { mutatorUtilization } from './utilization.js'

const SAMPLES = 100
const SECOND = 1e9
const WORST = 10

/** Shares of the percentile curves; the first is the minimum. Written as cmd/trace computes them. */
export const mmuQuantiles: readonly number[] = [0, 1 - 0.999, 1 - 0.99, 1 - 0.95]

export function answerMmuPlot(facts: TraceFacts, { flags, quantiles }: MmuPlotParams): MmuPlotAnswer {
  const { series, skipped } = mutatorUtilization(facts, flags)
  const common = {
    quantiles: quantiles ? mmuQuantiles : null,
    skipped,
    noProcs: series.length === 0,
    ready: true,
    partial: facts.partial,
  }
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const { times } of series) {
    first = Math.min(first, times[0])
    last = Math.max(last, times[times.length - 1])
  }
  if (!(last > first)) return { ...common, xMin: 0, xMax: 0, curve: [] }

  const curve = new MmuCurve(series)
  let xMin = SECOND
  while (xMin > 1 && curve.mmu(xMin) >= 0.0001) xMin /= 1000
  const xMax = Math.min(xMin * 1e6, last - first)
  const logMin = Math.log(xMin)
  const logMax = Math.log(xMax)
  const rows: number[][] = []
  for (let i = 0; i < SAMPLES; i++) {
    const window = Math.trunc(Math.exp((i / (SAMPLES - 1)) * (logMax - logMin) + logMin))
    const mmu = curve.mmu(window)
    if (!quantiles) {
      rows.push([window, mmu])
      continue
    }
    const shares = mmuQuantiles.slice(1)
    rows.push([window, mmu, ...(utilizationQuantiles(series, window, shares) ?? shares.map(() => mmu))])
  }
  return { ...common, xMin, xMax, curve: rows }
}

export function answerMmuDetails(facts: TraceFacts, { flags, windowNs }: MmuDetailsParams): MmuDetailsAnswer {
  const { series } = mutatorUtilization(facts, flags)
  const common = { ready: true, partial: facts.partial }
  if (windowNs <= 0 || series.length === 0) return { ...common, windows: null }
  const windows = new MmuCurve(series)
    .worst(windowNs, WORST)
    .map(({ time, util }) => ({ util, startNs: time, time: absoluteTime(facts, time) }))
  return { ...common, windows }
}

function absoluteTime(facts: TraceFacts, ns: number): Id {
  const time = facts.startTime + BigInt(ns)
  return time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : String(time)
}
