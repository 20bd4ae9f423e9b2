/**
 * Handlebars helpers: the markup of figures, function names and table cells. Everything that comes from a trace passes
 * `escapeHtml`.
 */
import Handlebars from 'handlebars'
import { formatDuration } from '../../shared/duration.js'
import {
  bytesText,
  countText,
  percentText,
  shortDuration,
  splitFunctionName,
  unnamedGroup,
} from '../view-models/format.js'
import type { LadderBar } from '../view-models/states.js'
import type { Cell, Spark } from '../view-models/table.js'

const escapeHtml = (text: unknown): string => Handlebars.escapeExpression(String(text))

function durationMarkup(ns: number | null | undefined): string {
  if (ns === null || ns === undefined) return '<span class="d d-0">—</span>'
  const { digits, unit, magnitude } = shortDuration(ns)
  return `<span class="d d-${magnitude}" title="${formatDuration(ns)}">${digits}${unit === '' ? '' : `<i>${unit}</i>`}</span>`
}

function functionMarkup(name: string): string {
  if (name === '') return `<span class="fn"><span class="pkg">${unnamedGroup}</span></span>`
  const { pkg, func } = splitFunctionName(name)
  return `<span class="fn"><span class="pkg">${escapeHtml(pkg)}</span>${escapeHtml(func)}</span>`
}

function linked(text: string, url: string | undefined): string {
  return url === undefined ? text : `<a href="${escapeHtml(url)}">${text}</a>`
}

function barMarkup(bar: LadderBar): string {
  const rects = bar.rects.map(
    rect => `<rect class="c-${rect.state}" x="${rect.x}" y="${rect.y}" width="${rect.width}" height="${rect.height}"/>`,
  )
  return `<svg class="sbar" viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label="${escapeHtml(bar.label)}">${rects.join('')}</svg>`
}

function sparkMarkup(spark: Spark): string {
  const bars = spark.bars.map(
    bar =>
      `<a href="${escapeHtml(bar.url)}" aria-label="${escapeHtml(bar.label)}"><title>${escapeHtml(bar.label)}</title>` +
      `<rect class="hit" x="${bar.x}" y="0" width="${spark.width}" height="26"/>` +
      `<rect x="${bar.x}" y="${bar.y}" width="${spark.width - 1}" height="${bar.height}"/></a>`,
  )
  return `<svg class="spark" viewBox="0 0 200 26" role="group" aria-label="${escapeHtml(spark.label)}">${bars.join('')}</svg>`
}

function cellMarkup(cell: Cell): string {
  switch (cell.kind) {
    case 'duration':
      return durationMarkup(cell.ns)
    case 'count':
      return linked(escapeHtml(countText(cell.value)), cell.url)
    case 'percent':
      return percentText(cell.share)
    case 'function':
      return linked(functionMarkup(cell.name), cell.url)
    case 'text':
      return (
        linked(escapeHtml(cell.text), cell.url) +
        (cell.note === undefined ? '' : ` <span class="note">${escapeHtml(cell.note)}</span>`)
      )
    case 'bar':
      return barMarkup(cell.bar)
    case 'spark':
      return sparkMarkup(cell.spark)
  }
}

/** A Handlebars of our own with the helpers that the templates use. */
export function viewEngine(): typeof Handlebars {
  const engine = Handlebars.create()
  const markup = (html: string): Handlebars.SafeString => new engine.SafeString(html)
  engine.registerHelper({
    duration: (ns: number | null) => markup(durationMarkup(ns)),
    exact: (ns: number) => formatDuration(ns),
    count: (value: number | string) => countText(value),
    bytes: (value: number) => bytesText(value),
    percent: (share: number) => percentText(share),
    function: (name: string) => markup(functionMarkup(name)),
    bar: (bar: LadderBar) => markup(barMarkup(bar)),
    cell: (cell: Cell) => markup(cellMarkup(cell)),
    eq: (a: unknown, b: unknown) => a === b,
  })
  return engine
}
