/**
 * How much address space a memory of WebAssembly may reserve. By itself each reserves 10 GB, so that accesses need no
 * checks of bounds; where the program's address space is limited (`ulimit -v`), it is started with `GUARDLESS`, and
 * each memory reserves its share of what there is.
 */
import { readFileSync } from 'node:fs'

/**
 * With this option of Node memories reserve no more than their maximum; code checks bounds then, which costs a tenth of
 * its speed.
 */
export const GUARDLESS = '--disable-wasm-trap-handler'

const PAGE_BYTES = 1 << 16
const MAX_PAGES = 1 << 16
/** What all memories reserve without the option, and the rest of the program beside them, at most. */
const PLENTY = 64 * 2 ** 30
/** Of a limited address space: code and heaps of all threads. */
const PROGRAM_BYTES = 2.75 * 2 ** 30
/** Ordering, walk, analysis, and ordering again when something is replayed. */
const MEMORIES = 4
/** With less a memory is of no use. */
const LEAST_PAGES = 1024

/** The limit of the program's address space, bytes; infinite where there is none, or the system does not say. */
export function addressSpaceLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1')
    return Number(/^Max address space +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** Whether the program needs `GUARDLESS` under that limit. */
export function isNarrow(limit: number): boolean {
  return limit < PLENTY
}

/** Pages that each memory may have under that limit; 0: too few to begin with. */
export function pagesUnder(limit: number): number {
  if (!isNarrow(limit)) return MAX_PAGES
  const pages = Math.floor((limit - PROGRAM_BYTES) / MEMORIES / PAGE_BYTES)
  return pages < LEAST_PAGES ? 0 : Math.min(pages, MAX_PAGES)
}

/** Maximum of a memory in this program. */
export const mostPages = pagesUnder(addressSpaceLimit()) || LEAST_PAGES
