/** What stands around every page: title, navigation, the banner of a partial trace. */
import type { Partial } from '../../contract/common.js'
import type { PageName } from '../links.js'
import { countText } from './format.js'

export interface PageHead {
  readonly title: string
  /** The entry of the navigation that the page belongs to; null: none. */
  readonly nav: PageName | null
  readonly partial?: Partial | null
  /** URLs of scripts beside those of every page. */
  readonly scripts?: readonly string[]
  /** URLs of style sheets beside those of every page. */
  readonly styles?: readonly string[]
  /** Class of the body, for a page with a frame of its own. */
  readonly bodyClass?: string
  /** Asks again without a script, too: for pages that wait for the trace. */
  readonly reload?: boolean
}

export interface NavLink {
  readonly page: PageName
  readonly label: string
}

/** The pages of this server, in the order of the navigation. */
export const pages: readonly NavLink[] = [
  { page: '', label: 'Overview' },
  { page: 'trace', label: 'Timeline' },
  { page: 'goroutines', label: 'Goroutines' },
  { page: 'usertasks', label: 'Tasks' },
  { page: 'userregions', label: 'Regions' },
  { page: 'io', label: 'Profiles' },
  { page: 'mmu', label: 'MMU' },
  { page: 'help', label: 'Help' },
]

export function layoutModel({ file, base }: { file: string; base: string }, head: PageHead): object {
  return {
    file,
    base,
    title: head.title === '' ? file : head.title,
    nav: pages.map(link => ({ ...link, current: link.page === head.nav })),
    partial: head.partial ? { ...partialModel(head.partial), open: head.nav === '' } : null,
    scripts: head.scripts ?? [],
    styles: head.styles ?? [],
    bodyClass: head.bodyClass ?? '',
    reload: head.reload ?? false,
  }
}

export function partialModel(partial: Partial): { sentence: string; error: string } {
  const read = partial.generations
  const shown = read === 1 ? 'Its first generation is shown.' : `Its first ${countText(read)} generations are shown.`
  return {
    sentence: `${shown} Lost: ${countText(partial.lostBytes)} bytes (${partial.lostPercent.toFixed(2)}%).`,
    error: partial.error,
  }
}
