/** Labels of time axes: the same on the overview's strip and in the timeline. */
import t from 'tap'
import { endLabel, roundStep, tickLabel } from '../../server/shared/time-ticks.js'
import { ticksOf } from '../../server/web/view-models/overview.js'

t.test('steps', async t => {
  t.same([0.3, 1, 1.5, 2, 3, 5.01, 70, 1e9].map(roundStep), [1, 1, 2, 2, 5, 10, 100, 1e9])
})

t.test('labels have the unit of the time and the digits of the step', async t => {
  t.equal(tickLabel(16_240_000, 20_000), '16.24ms')
  t.equal(tickLabel(0, 20_000), '0')
  t.equal(tickLabel(-1500, 500), '-1.5µs')
})

t.test('an end of a window has as many digits as its length needs', async t => {
  t.same([endLabel(0, 7.66e9), endLabel(7.66e9, 7.66e9)], ['0', '7.66s'])
  t.same([endLabel(16.27e6, 30_000), endLabel(16.3e6, 30_000)], ['16.2700ms', '16.3000ms'])
  t.equal(endLabel(39.2e6, 39.2e6), '39.2ms')
})

t.test('the strip of the overview has the labels of the timeline', async t => {
  t.same(
    ticksOf(1.5e9).map(({ text }) => text),
    ['0', '200ms', '400ms', '600ms', '800ms', '1.0s', '1.2s', '1.4s'],
  )
  t.same(
    ticksOf(69.2e6).map(({ text }) => text),
    ['0', '10ms', '20ms', '30ms', '40ms', '50ms', '60ms'],
  )
})
