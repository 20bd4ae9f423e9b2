/** What is odd in a trace, with links to where it first was. */
import type { Diagnostic, DiagnosticExample, HomeAnswer } from '../../contract/home.js'
import { countText, durationText } from './format.js'
import { goroutineTimelineUrl, windowUrl } from './timeline-links.js'

type Linked = Omit<Diagnostic, 'example'> & { readonly example: (DiagnosticExample & { readonly url: string }) | null }
export type LinkedHome = Omit<HomeAnswer, 'diagnostics'> & { readonly diagnostics: Linked[] }

/** Half of what is shown around a moment, ns. */
const AROUND = 50_000

export function withLinks(home: HomeAnswer): LinkedHome {
  const linked = home.diagnostics.map(({ example, ...diagnostic }) => ({
    ...diagnostic,
    example: example && { ...example, url: urlOf(example) },
  }))
  return { ...home, diagnostics: linked }
}

/** The moment in the timeline, or the generation where there is none. */
function urlOf({ goid, atNs, startNs, endNs }: DiagnosticExample): string {
  if (atNs === null) return windowUrl(startNs, endNs)
  if (goid !== null) return goroutineTimelineUrl(goid, atNs, atNs + AROUND)
  return windowUrl(Math.max(0, atNs - AROUND), atNs + AROUND)
}

/** The same for the page. */
export function shownDiagnostics(diagnostics: readonly Linked[]): object[] {
  return diagnostics.map(({ example, ...diagnostic }) => ({
    ...diagnostic,
    example: example && { url: example.url, text: example.text, where: whereOf(example) },
  }))
}

/** What says at the top of the page that figures are touched, in one line; null: nothing does. */
export function oddLine(diagnostics: readonly Linked[]): object | null {
  const [first, ...more] = diagnostics.filter(({ severity }) => severity !== 'info')
  return first === undefined ? null : { count: first.count, text: first.text, more: more.length }
}

function whereOf({ goid, atNs, generation, offset }: DiagnosticExample): string {
  const parts = [goid === null ? `in generation ${generation}` : `by goroutine ${goid}`]
  if (atNs !== null) parts.push(`at ${durationText(atNs)}`)
  if (offset !== null) parts.push(`(byte ${countText(offset)})`)
  return parts.join(' ')
}
