/**
 * Every URL of the pages is made here, or stands in a template.
 *
 * The pages of a trace lie in one folder, its base: `/`, or `/t/NAME/` beside other traces. So the links between them
 * are relative (`goroutines?filter=x`), and the same under each base. Links that are followed from elsewhere have the
 * base in front: those in JSON, and those of what stands around every page and on pages of errors, which answer at any
 * depth. Static files and speedscope belong to no trace; they stay at the root.
 */
import type { Id } from '../contract/common.js'
import type { ProfileKind } from '../contract/profile.js'

export type ProfilePage = ProfileKind | `region${ProfileKind}`

/** What lies in the base of a trace; empty: its overview. */
export type PageName =
  | ''
  | 'trace'
  | 'jsontrace'
  | 'perfetto'
  | 'goroutines'
  | 'goroutine'
  | 'open'
  | 'usertasks'
  | 'usertask'
  | 'userregions'
  | 'userregion'
  | 'mmu'
  | 'help'
  | ProfilePage

/**
 * The base as the router takes it, without its last slash. Other characters than those of a word mean something in its
 * paths, or are never found in them; but a parameter may be any text that a pattern describes.
 */
export function prefixOf(base: string): string {
  const patternOf = (segment: string, at: number): string =>
    /^[\w.-]+$/.test(segment) ? segment : `:base${at}(^${inPattern(decodeURIComponent(segment))}$)`
  return base
    .split('/')
    .slice(0, -1)
    .map((segment, at) => (at === 0 ? '' : patternOf(segment, at)))
    .join('/')
}

function inPattern(text: string): string {
  return text.replace(/\W/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

export type Changes = Readonly<Record<string, string | number | undefined>>

/** `page?query` with some parameters changed; undefined takes one away. Unset parameters never stand in the URL. */
export function linkWith(page: PageName, query: object, changes: Changes = {}): string {
  const { format: _format, wait: _wait, ...kept } = { ...query, ...changes }
  const text = parametersOf({ ...kept, format: changes.format })
  return text === '' ? page : `${page}?${text}`
}

function parametersOf(values: object): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) params.append(name, String(value))
  return params.toString()
}

/** `page`: what is asked about the goroutine. */
export function goroutineUrl(id: Id, page: PageName = 'goroutine', query: object = {}): string {
  return linkWith(page, { goid: unsigned(id), ...query })
}

export function groupUrl(name: string): string {
  return linkWith('goroutine', { name })
}

/** An entry of the glossary. */
export function helpUrl(anchor: string): string {
  return `help#${anchor}`
}

/** Room beside what is fitted, as a share of its length. */
const margin = 0.15

/**
 * A stretch of a goroutine in the timeline, fitted: what it did at its start is selected. `marked` draws the stretch
 * itself, as of a region. Fragments are those of views/client/timeline/url.ts.
 */
export function goroutineTimelineUrl(goid: Id, fromNs: number, toNs: number, marked = false): string {
  const room = Math.ceil(margin * (toNs - fromNs))
  const fragment = {
    from: Math.max(0, fromNs - room),
    to: toNs + room,
    sel: `${unsigned(goid)}@${fromNs}`,
    mark: marked ? `${fromNs}-${toNs}` : undefined,
  }
  return `${goroutineUrl(goid, 'trace')}#${parametersOf(fragment)}`
}

/** A task among all tasks in the timeline; also one of which neither begin nor end is in the trace. */
export function taskTimelineUrl(id: Id): string {
  return `${linkWith('trace', { view: 'task' })}#task=${unsigned(id)}`
}

/** A window of the timeline, which is selected as a range. */
export function windowUrl(fromNs: number, toNs: number): string {
  return `${linkWith('trace', { view: 'proc', from: fromNs, to: toNs })}#range=${fromNs}-${toNs}`
}

/** The JSON of a view. */
export function perfettoUrl(query: { goid?: Id; taskid?: Id; from?: number; to?: number; view?: string }): string {
  const { goid, ...rest } = query
  return goid === undefined ? linkWith('perfetto', rest) : goroutineUrl(goid, 'perfetto', rest)
}

/** Ids are shown signed, as in cmd/trace, and asked for unsigned. */
function unsigned(id: Id): string {
  return String(BigInt.asUintN(64, BigInt(id)))
}

export function scriptUrl(name: string): string {
  return `/static/js/${name}.js`
}

export function styleUrl(name: string): string {
  return `/static/css/${name}.css`
}

/** The page of plugins/speedscope.ts with a profile, whose URL has its base. Samples of a profile have no order. */
export function speedscopeUrl(profileURL: string, title: string): string {
  const params = Object.entries({ profileURL, title, view: 'left-heavy' })
  return `/speedscope/#${params.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`
}
