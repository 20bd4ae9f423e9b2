/**
 * The table of reasons beside the words by which each part of the program once decided for itself, as cmd/trace does.
 */
import t from 'tap'
import { kindOfReason, SpanKind } from '../../server/analysis/facts/spans.js'
import { guess, isKnownReason, reasonOf, stwReasons, waitReasons } from '../../server/core/reasons.js'
import { waitState } from '../../server/replay/column-sums.js'
import { TileState } from '../../server/shared/tile.js'
import { reasonClass } from '../../server/web/view-models/states.js'

const all = [...new Set([...waitReasons, ...stwReasons])]

t.test('profiles', async t => {
  for (const text of all) {
    const isBlock = text.includes('chan') || text.includes('sync') || text.includes('select')
    t.equal(kindOfReason(text), text === 'network' ? SpanKind.Io : isBlock ? SpanKind.Block : SpanKind.None, text)
  }
})

t.test('states of the timeline', async t => {
  const state = (text: string): number => {
    if (text.startsWith('chan') || text.startsWith('select')) return TileState.Chan
    if (text.includes('sync')) return TileState.Sync
    if (text.includes('network')) return TileState.Network
    if (text.includes('sleep')) return TileState.Sleep
    return text.includes('GC') || text.includes('system goroutine wait') ? TileState.GcWait : TileState.OtherWait
  }
  for (const text of all) t.equal(waitState(text), state(text), text)
})

t.test('classes of the pages', async t => {
  const names = new Map<string, string>([
    ['network', 'net'],
    ['sleep', 'sleep'],
    ['syscall', 'syscall'],
  ])
  const stateClass = (text: string): string => {
    if (text.startsWith('chan') || text.startsWith('select')) return 'chan'
    if (text.includes('sync')) return 'sync'
    return names.get(text) ?? (text.includes('GC') || text.includes('system goroutine wait') ? 'gcwait' : 'other')
  }
  for (const text of [...all, 'syscall']) t.equal(reasonClass(text), stateClass(text), text)
})

t.test('arrows from the network', async t => {
  for (const text of all) t.equal(reasonOf(text).isNetwork, text.includes('network'), text)
})

t.test('a reason without a row counts by its words, and those with one do not differ from theirs', async t => {
  for (const text of waitReasons) t.strictSame(reasonOf(text), guess(text), text)
  t.notOk(isKnownReason('chan broadcast'))
  t.strictSame(reasonOf('chan broadcast'), { wait: 'chan', profile: 'block', isNetwork: false })
  t.strictSame(reasonOf('network poll'), { wait: 'network', profile: null, isNetwork: true })
  t.strictSame(reasonOf('constructor'), { wait: 'other', profile: null, isNetwork: false })
})
