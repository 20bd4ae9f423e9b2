/**
 * The colours of the timeline, from its style sheet: states that may lie side by side are told apart by every eye, and
 * marks and text stand out of their ground.
 *
 * Where bars are equally high, colour has to do: CIEDE2000 of at least 9 in normal sight and for each colour blindness.
 * Where one is higher, that tells them apart, and 6 is enough. The closest pairs are 9.1 and 6.4.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { TileState } from '../../server/shared/tile.js'
import { clientModule } from '../helpers/client-module.js'
import { ciede2000, contrast, difference, type Eye, eyes } from '../helpers/colour-vision.js'
import { projectFolder } from '../helpers/fixtures.js'

// Colours are not forced.
Object.assign(globalThis, { matchMedia: () => ({ matches: false }), addEventListener: () => {} })

const equallyHigh = 9
const unequal = 6

const { stateTokens, stateNames, rungs, isWait, addBar } = await clientModule<{
  stateTokens: readonly string[]
  stateNames: readonly string[]
  rungs: readonly number[]
  isWait(state: number): boolean
  addBar(rects: Rects, token: string, x: number, y: number, width: number, height: number): void
}>('timeline/paint/ladder')

interface Rects {
  add(token: string, x: number, y: number, width: number, height: number): void
}

const { Running, Syscall, Runnable, OtherWait, GcWorker, Mark, Stw } = TileState
const states = Object.values(TileState)
const themes = ['light', 'dark'] as const
const css = readFileSync(join(projectFolder, 'static/css/tokens.css'), 'utf8')
const tokens = new Map(
  Array.from(css.matchAll(/--([\w-]+): light-dark\((#[\da-f]{6}), (#[\da-f]{6})\)/g), ([, name, light, dark]) => [
    name,
    { light, dark },
  ]),
)
const colour = (token: string, theme: 'light' | 'dark') => tokens.get(token)![theme]

/** What may be drawn beside, or in a merged column on top of, each other. Each lane of the runtime has one state. */
const lanes: Readonly<Record<string, { readonly states: readonly number[]; readonly byHeight: boolean }>> = {
  'a goroutine': { states: states.filter(state => state !== Mark && state !== Stw), byHeight: true },
  'a proc or thread': { states: [Running, Syscall, GcWorker], byHeight: true },
  // Stacked: how high a colour stands is a number.
  'a count of goroutines or threads': { states: [Running, GcWorker, Syscall, Runnable], byHeight: false },
  'the minimap': { states: [Running, GcWorker], byHeight: false },
}

t.test('the formula', async t => {
  const known = [
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, 0, 0], [50, -1, 2], 2.3669],
    [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
    [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
  ] as const
  for (const [one, other, wanted] of known) t.ok(Math.abs(ciede2000(one, other) - wanted) < 1e-4, `${one} and ${other}`)
  t.ok(difference('#ff0000', '#00a000', 'normal') > 60)
  t.ok(difference('#c08000', '#809000', 'deuteranopia') < 12, 'red and green come together')
  t.equal(contrast('#ffffff', '#000000').toFixed(1), '21.0')
})

t.test('states on one lane are told apart by every eye', async t => {
  for (const theme of themes) {
    for (const [lane, { states, byHeight }] of Object.entries(lanes)) {
      for (const eye of Object.keys(eyes) as Eye[]) {
        for (const [i, one] of states.entries()) {
          for (const other of states.slice(i + 1)) {
            // Hollow, see below.
            if (one === OtherWait || other === OtherWait) continue
            const least = byHeight && rungs[one] !== rungs[other] ? unequal : equallyHigh
            const found = difference(colour(stateTokens[one], theme), colour(stateTokens[other], theme), eye)
            const pair = `${stateNames[one]} and ${stateNames[other]}`
            t.ok(found >= least, `${lane}, ${theme}, ${eye}: ${pair} differ by ${found.toFixed(1)}`)
          }
        }
      }
    }
  }
})

t.test('what has the colour of another state has another form', async t => {
  const painted: unknown[][] = []
  const rects: Rects = { add: (...rect) => painted.push(rect) }
  const paint = (token: string, width: number) => {
    painted.length = 0
    addBar(rects, token, 10, 0, width, 5)
    return painted
  }
  t.same(paint(stateTokens[TileState.Sleep], 20), [['s-sleep', 10, 0, 20, 5]])
  t.same(paint(stateTokens[OtherWait], 20), [
    ['s-other', 10, 0, 20, 1],
    ['s-other', 10, 4, 20, 1],
    ['s-other', 10, 1, 1, 3],
    ['s-other', 29, 1, 1, 3],
  ])
  t.equal(paint(stateTokens[OtherWait], 2).length, 1, 'too narrow to be hollow')
})

t.test('height tells what colour does, and every state has a name', async t => {
  t.ok(rungs[Running] > rungs[Syscall] && rungs[Syscall] > rungs[Runnable])
  for (const state of states) if (isWait(state)) t.ok(rungs[state] < rungs[Runnable], stateNames[state])
  t.equal(new Set(states.map(state => stateNames[state])).size, states.length)
})

t.test('marks stand out of the ground, and text out of both', async t => {
  for (const theme of themes) {
    const atLeast = (one: string, other: string, least: number) => {
      const found = contrast(colour(one, theme), colour(other, theme))
      t.ok(found >= least, `${theme}: ${one} on ${other}, ${found.toFixed(2)}`)
    }
    for (const token of [...stateTokens, 'heap', 'accent']) atLeast(token, 'surface', 3)
    for (const state of [Running, Syscall, GcWorker, Stw]) atLeast('on-state', stateTokens[state], 4.5)
    for (const ink of ['ink', 'ink-2', 'ink-3']) atLeast(ink, 'surface', 4.5)
    for (const ground of ['u-region', 'u-region-2']) atLeast('u-ink', ground, 4.5)
    for (const ground of ['f-main', 'f-std', 'f-runtime', 'f-other']) atLeast('ink', ground, 4.5)
  }
})
