/** Whose code a function is: it decides the colour of its frames, on the server and in the browser alike. */
import { splitFunctionName } from './figures.js'

export type FrameKind = 'main' | 'std' | 'runtime' | 'other' | 'none'

/** What stands for the stack of a sample that has none. */
export const noStack = '(no stack recorded)'

/** Classes of frames and of the boxes of a call graph; the style sheet of the pages colours them. */
export const kindClasses: Record<FrameKind, string> = { main: 'fm', std: 'fs', runtime: 'fr', other: 'fo', none: 'fx' }

/** First elements of the import paths of Go's standard library. */
const standard = new Set(
  (
    'archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar ' +
    'flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime ' +
    'slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak cmd'
  ).split(' '),
)

/** Whose code a function is, by its package. */
export function frameKind(name: string): FrameKind {
  if (name === noStack) return 'none'
  const { pkg, func } = splitFunctionName(name)
  const path = pkg === '' ? func : pkg.slice(0, -1)
  if (path === 'main') return 'main'
  if (path === 'runtime' || path.startsWith('runtime/') || path.startsWith('internal/runtime/')) return 'runtime'
  return standard.has(path.split('/', 1)[0]) ? 'std' : 'other'
}
