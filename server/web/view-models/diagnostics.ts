/** The views of a trace, and what is odd in it, with links to where it first was. */
import type { DiagnosticExample, HomeAnswer } from '../../contract/home.js'
import type { HomeBody, LinkedDiagnostic } from '../answers.js'
import { goroutineTimelineUrl, linkWith, windowUrl } from '../links.js'
import { countText, durationText } from './format.js'

/** Half of what is shown around a moment, ns. */
const AROUND = 50_000

/** `base`: what the links begin with where they are not followed from the page of the trace; see links.ts. */
export function withLinks(home: HomeAnswer, base = ''): HomeBody {
  const diagnostics = home.diagnostics.map(({ example, ...diagnostic }) => ({
    ...diagnostic,
    example: example && { ...example, url: base + urlOf(example) },
  }))
  const views = home.views.map(({ view, ranges }) => ({
    view,
    url: base + linkWith('trace', { view }),
    ranges: ranges.map(({ name, startNs, endNs }) => ({
      name,
      startNs,
      endNs,
      url: base + linkWith('trace', { view, from: startNs, to: endNs }),
    })),
  }))
  return { ...home, diagnostics, views }
}

/** The moment in the timeline, or the generation where there is none. */
function urlOf({ goid, atNs, startNs, endNs }: DiagnosticExample): string {
  if (atNs === null) return windowUrl(startNs, endNs)
  if (goid !== null) return goroutineTimelineUrl(goid, atNs, atNs + AROUND)
  return windowUrl(Math.max(0, atNs - AROUND), atNs + AROUND)
}

/** The same for the page. */
export function shownDiagnostics(diagnostics: readonly LinkedDiagnostic[]): object[] {
  return diagnostics.map(({ example, ...diagnostic }) => ({
    ...diagnostic,
    example: example && { url: example.url, text: example.text, where: whereOf(example) },
  }))
}

/** What says at the top of the page that figures are touched, in one line; null: nothing does. */
export function oddLine(diagnostics: readonly LinkedDiagnostic[]): object | null {
  const [first, ...more] = diagnostics.filter(({ severity }) => severity !== 'info')
  return first === undefined ? null : { count: first.count, text: first.text, more: more.length }
}

function whereOf({ goid, atNs, generation, offset }: DiagnosticExample): string {
  const parts = [goid === null ? `in generation ${generation}` : `by goroutine ${goid}`]
  if (atNs !== null) parts.push(`at ${durationText(atNs)}`)
  if (offset !== null) parts.push(`(byte ${countText(offset)})`)
  return parts.join(' ')
}
