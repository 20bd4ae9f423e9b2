/**
 * Handlebars helpers: the markup of figures, function names and table cells. Everything that comes from a trace passes
 * `escapeHtml`.
 */
import Handlebars from 'handlebars'
import type { ProfileFrame } from '../../contract/common.js'
import { formatDuration } from '../../shared/duration.js'
import type { Cell, Spark, TextLink } from '../view-models/cells.js'
import {
  bytesText,
  countText,
  percentText,
  shortDuration,
  splitFunctionName,
  unnamedGroup,
} from '../view-models/format.js'
import { type LadderBar, rungHeight, type StateClass } from '../view-models/states.js'

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

function swatchMarkup(state: StateClass): string {
  const height = rungHeight(state)
  return `<span class="sw" aria-hidden="true"><svg viewBox="0 0 8 12"><rect class="c-${state}" y="${12 - height}" width="8" height="${height}"/></svg></span>`
}

/**
 * The leaf, and behind it all frames. A leaf of the runtime says little: the first function above it that is not the
 * runtime's, or the outermost one, stands beside it.
 */
function stackMarkup(frames: readonly ProfileFrame[], of?: TextLink): string {
  const owner = of === undefined ? '' : linked(escapeHtml(of.text), of.url)
  if (frames.length === 0) return owner || '<span class="note">—</span>'
  const lines = frames.map(
    frame =>
      `<li>${functionMarkup(frame.func)} <span class="loc">${escapeHtml(`${frame.file}:${frame.line}`)}</span></li>`,
  )
  const leaf = frames[0].func
  const caller = frames.find(frame => !frame.func.startsWith('runtime.')) ?? frames[frames.length - 1]
  const from =
    !leaf.startsWith('runtime.') || caller === frames[0]
      ? ''
      : ` <span class="note">from</span> ${functionMarkup(caller.func)}`
  const at = owner === '' ? '' : `${owner} <span class="note">at</span> `
  return `<details class="stackbox"><summary>${at}${functionMarkup(leaf)}${from}</summary><ol class="stack">${lines.join('')}</ol></details>`
}

function cellMarkup(cell: Cell): string {
  switch (cell.kind) {
    case 'duration':
      return linked(durationMarkup(cell.ns), cell.url)
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
    case 'links':
      return (
        cell.links.map(link => linked(escapeHtml(link.text), link.url)).join(' ') +
        (cell.more > 0 ? ` <span class="note">and ${countText(cell.more)} more</span>` : '')
      )
    case 'stack':
      return stackMarkup(cell.frames, cell.of)
    case 'state':
      return `${swatchMarkup(cell.state)}${escapeHtml(cell.text)}`
    case 'place':
      return `${functionMarkup(cell.func)} <span class="loc">${escapeHtml(cell.location)}</span>`
    case 'toggle':
      return `<a id="${escapeHtml(cell.anchor)}" href="${escapeHtml(cell.url)}" aria-expanded="${cell.open}"><span aria-hidden="true">${cell.open ? '▾' : '▸'}</span> ${escapeHtml(cell.text)}</a>`
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
    stack: (frames: ProfileFrame[]) => markup(stackMarkup(frames)),
    cell: (cell: Cell) => markup(cellMarkup(cell)),
    eq: (a: unknown, b: unknown) => a === b,
  })
  return engine
}
