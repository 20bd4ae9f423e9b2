/** Small helpers for elements; text is always set as text. */

import { formatDuration } from '../../../server/shared/duration.js'
import { durationText, splitFunctionName } from '../../../server/shared/figures.js'

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  if (className !== '') made.className = className
  made.append(...children)
  return made
}

export function button(text: string, key: string, act: () => void): HTMLButtonElement {
  const made = element('button', 'btn', text)
  made.type = 'button'
  if (key !== '') made.append(element('kbd', '', key))
  made.addEventListener('click', act)
  return made
}

/** The package steps back, the function stands. */
export function functionName(name: string): HTMLElement {
  const { pkg, func } = splitFunctionName(name)
  return element('span', 'fn', element('span', 'pkg', pkg), func)
}

/** A short duration that shows the exact one on hover. */
export function duration(ns: number): HTMLElement {
  const made = element('span', 'num', durationText(ns))
  made.title = exact(ns)
  return made
}

export function exact(ns: number): string {
  return formatDuration(Math.round(ns))
}

export function definitions(rows: readonly (readonly [string, Node | string])[]): HTMLDListElement {
  const list = element('dl', 'kv')
  for (const [term, text] of rows) list.append(element('dt', '', term), element('dd', '', text))
  return list
}

const svgNamespace = 'http://www.w3.org/2000/svg'

/** A swatch as high as its rung of the ladder. */
export function swatch(token: string, rung: number, width = 8, height = 12): SVGSVGElement {
  const svg = document.createElementNS(svgNamespace, 'svg')
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`)
  svg.setAttribute('aria-hidden', 'true')
  const rect = document.createElementNS(svgNamespace, 'rect')
  rect.setAttribute('class', `c-${token}`)
  rect.setAttribute('y', String(height * (1 - rung)))
  rect.setAttribute('width', String(width))
  rect.setAttribute('height', String(height * rung))
  svg.append(rect)
  return svg
}
