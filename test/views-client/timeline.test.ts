/** The timeline's parts that need no page: window, history, URL, axis, rows, merged columns. */
import t from 'tap'
import { TILE_COLUMNS, TILE_STATES, type Tile, TileState } from '../../server/shared/tile.js'
import { clientModule } from '../helpers/client-module.js'

// Colours are not forced.
Object.assign(globalThis, { matchMedia: () => ({ matches: false }), addEventListener: () => {} })

interface Window {
  from: number
  to: number
}

interface Viewport extends Window {
  width: number
  length: number
  x(time: number): number
  time(x: number): number
  set(window: Window): void
  zoom(factor: number, x: number): void
  pan(share: number): void
  fit(from: number, to: number): void
  reveal(from: number, to: number): boolean
}

interface MoveHistory {
  remember(window: Window, now: number): void
  undo(window: Window): Window | undefined
  redo(window: Window): Window | undefined
}

const { Viewport, MoveHistory } = await clientModule<{
  Viewport: new (endNs: number) => Viewport
  MoveHistory: new () => MoveHistory
}>('timeline/viewport')

t.test('the window stays inside the trace', async t => {
  const view = new Viewport(1000_000)
  view.width = 1000
  t.same([view.from, view.to], [0, 1000_000])
  view.zoom(0.5, 250)
  t.same([view.from, view.to], [125_000, 625_000], 'the moment under the pointer stays')
  t.equal(view.x(250_000), 250)
  t.equal(view.time(250), 250_000)
  view.pan(-1)
  t.same([view.from, view.to], [0, 500_000], 'a pan ends at the start')
  view.pan(10)
  t.same([view.from, view.to], [500_000, 1000_000], 'and at the end')
  view.zoom(1e-9, 500)
  t.equal(view.length, 200, 'no closer than 200 ns')
  view.zoom(1e9, 0)
  t.same([view.from, view.to], [0, 1000_000])
  view.fit(400_000, 500_000)
  t.same([view.from, view.to], [385_000, 515_000])
  t.notOk(view.reveal(400_000, 500_000), 'what is in view moves nothing')
  t.ok(view.reveal(900_000, 900_010))
  t.equal(view.length, 130_000)
  t.ok(view.from < 900_000 && view.to > 900_010)
  const empty = new Viewport(0)
  empty.zoom(0.5, 0)
  t.same([empty.from, empty.to], [0, 1], 'a trace without time has a window, too')
})

t.test('undo and redo', async t => {
  const history = new MoveHistory()
  t.equal(history.undo({ from: 0, to: 1 }), undefined)
  history.remember({ from: 0, to: 100 }, 0)
  history.remember({ from: 0, to: 90 }, 100)
  history.remember({ from: 0, to: 50 }, 5000)
  t.same(history.undo({ from: 0, to: 10 }), { from: 0, to: 50 })
  t.same(history.undo({ from: 0, to: 50 }), { from: 0, to: 100 }, 'moves that follow at once are one')
  t.equal(history.undo({ from: 0, to: 100 }), undefined)
  t.same(history.redo({ from: 0, to: 100 }), { from: 0, to: 50 })
  history.remember({ from: 0, to: 50 }, 9000)
  t.equal(history.redo({ from: 0, to: 7 }), undefined, 'a new move forgets what was undone')
})

interface State {
  window: Window | null
  selection: { goid: string; at: number; on: object | null } | null
  range: Window | null
  open: Set<string>
  pins: string[]
  query: string
  overlays: number
  origin: number
}

t.test('the state survives the URL', async t => {
  const { readFragment, writeFragment } = await clientModule<{
    readFragment(fragment: string, view: string): State
    writeFragment(state: State): string
  }>('timeline/url')
  const plain = readFragment('', 'goroutine')
  t.equal(writeFragment(plain), '', 'nothing chosen, nothing written')
  const text =
    'from=10&to=2000&sel=18446744073709551613%4077&mark=5-6&open=net%2Fhttp.%28*conn%29.serve&open=a%2Cb&pin=7%2C8&q=x+y&ov=0&t0=9'
  const state = readFragment(`#${text}`, 'goroutine')
  t.match(state, {
    window: { from: 10, to: 2000 },
    selection: { goid: '18446744073709551613', at: 77 },
    pins: ['7', '8'],
    query: 'x y',
    overlays: 0,
    origin: 9,
  })
  t.equal(state.selection?.on, null)
  const onProc = readFragment('#sel=p0@12', 'proc')
  t.same(onProc.selection, { goid: '', at: 12, on: { view: 'proc', id: '0' } }, 'a proc may be meant')
  t.equal(writeFragment(onProc), 'sel=p0%4012')
  const onThread = 'sel=m14170%405'
  t.equal(writeFragment(readFragment(`#${onThread}`, 'thread')), onThread, 'or a thread')
  t.same([...state.open], ['net/http.(*conn).serve', 'a,b'])
  t.equal(writeFragment(state), text)
  t.same(readFragment('#1.5:0.5', 'proc').range, { from: 500_000, to: 1500_000 }, 'old links count milliseconds')
  t.match(
    readFragment('#from=x&to=5&sel=nobody&range=9&pin=a,-1&ov=7', 'goroutine'),
    { window: null, selection: null, range: null, pins: [], overlays: 2 },
    'what is malformed is passed over',
  )
})

t.test('ticks', async t => {
  const { ticks, tickStep } = await clientModule<{
    ticks(from: number, to: number, nsPerPx: number, origin: number): { time: number; label: string }[]
    tickStep(nsPerPx: number): number
  }>('timeline/axis')
  for (const nsPerPx of [0.2, 1, 37, 9.1e3, 1e6, 4.6e8]) {
    const step = tickStep(nsPerPx)
    t.ok(step / nsPerPx >= 110 * 0.999 && step / nsPerPx <= 110 * 2.51, `${nsPerPx} ns a pixel`)
    t.match(String(step), /^[125]0*$/)
  }
  t.same(
    ticks(1000, 3000, 8, 500).map(({ label, time }) => [time, label]),
    [
      [1500, '1µs'],
      [2500, '2µs'],
    ],
    'counted from the origin',
  )
})

interface Row {
  kind: string
  view: string
  index: number
  y: number
  height: number
}

interface Layout {
  readonly height: number
  section(title: string, total: number): void
  row(kind: string, view: string, index: number, height: number, place?: string): void
  run(
    kind: string,
    view: string,
    first: number,
    count: number,
    height: number,
    place: string,
    more: Map<number, number>,
  ): void
  between(top: number, bottom: number): Row[]
  find(view: string, index: number): Row | undefined
  beside(row: Row, step: 1 | -1): Row | undefined
}

t.test('rows', async t => {
  const { RowLayout } = await clientModule<{ RowLayout: new (label: number) => Layout }>('timeline/rows')
  for (const label of [0, 14]) {
    const layout = new RowLayout(label)
    layout.section('Goroutines', 1e6)
    layout.row('group', 'group', 0, 30, 'open')
    layout.run('track', 'goroutine', 0, 1_000_000, 22, 'in-group', new Map([[3, 30]]))
    layout.row('group', 'group', 1, 30, 'closed')
    const step = 22 + label
    t.equal(layout.height, 24 + 20 + 30 + label + 1_000_000 * step + 30 + 30 + label)
    const rows = layout.between(74 + label + 3 * step, 74 + label + 5 * step)
    t.same(
      rows.map(row => [row.index, row.height]),
      [
        [3, 52],
        [4, 22],
      ].slice(0, rows.length),
      'a track is higher by what stands under it',
    )
    const far = layout.find('goroutine', 999_999)!
    t.equal(far.y, 24 + 20 + 30 + 2 * label + 999_999 * step + 30)
    t.equal(layout.between(far.y, far.y + 1)[0].index, 999_999)
    t.equal(layout.beside(far, -1)?.index, 999_998)
    t.equal(layout.beside(far, 1), undefined)
    t.equal(layout.find('goroutine', 1_000_000), undefined)
    // Every place belongs to exactly one row.
    let bottom = 24
    for (const row of layout.between(0, 400)) {
      t.equal(row.y - (row.kind === 'section' ? 0 : label), bottom)
      bottom = row.y + row.height
    }
  }
})

t.test('merged columns', async t => {
  const { MergedColumns } = await clientModule<{
    MergedColumns: new () => {
      reset(width: number): void
      add(state: number, from: number, to: number, share: number): void
      paint(
        rects: { add(token: string, x: number, y: number, width: number, height: number): void },
        y: number,
        height: number,
      ): void
    }
  }>('timeline/paint/merged')
  const merged = new MergedColumns()
  const painted: [string, number, number, number, number][] = []
  const paint = () => {
    painted.length = 0
    merged.paint({ add: (...rect) => painted.push(rect) }, 0, 20)
    return painted
  }
  merged.reset(100)
  merged.add(TileState.Runnable, 10, 40, 1)
  t.same(paint(), [['s-runnable', 10, 10, 30, 10]], 'a pixel of one state is as high as its bar')
  merged.reset(100)
  merged.add(TileState.Running, 5, 5.0001, 1)
  t.same(paint(), [['s-running', 5, 19, 1, 1]], 'what ran at all is a pixel high')
  merged.reset(100)
  merged.add(TileState.Running, 0, 10, 0.5)
  merged.add(TileState.Sync, 0, 10, 0.5)
  t.same(paint().sort(), [
    ['s-running', 0, 10, 10, 10],
    ['s-sync', 0, 7.5, 10, 2.5],
  ])
  merged.reset(100)
  t.same(paint(), [], 'nothing is left over')
  merged.add(TileState.Syscall, -50, 200, 1)
  t.same(paint(), [['s-syscall', 0, 5, 100, 15]], 'cut at the edges')
})

t.test('what is at a moment', async t => {
  const { hitTest } = await clientModule<{
    hitTest(
      tiles: Tile[],
      track: number,
      time: number,
    ): { kind: string; bar: { start: number; end: number }; shares: number[]; spans: number } | null
  }>('timeline/paint/hit')
  const times = new Float64Array(2 * TILE_STATES)
  times[TileState.Running] = 3
  times[TileState.GcWorker] = 1
  times[TILE_STATES + TileState.Sync] = 4
  const columns: Tile = {
    level: 2,
    index: 0,
    firstTrack: 0,
    texts: [],
    tracks: [
      {
        form: 'columns',
        length: 2,
        columns: Uint16Array.of(3, 9),
        times,
        counts: Uint32Array.of(5, 0),
        longest: Float64Array.of(2, 0),
      },
    ],
  }
  const hit = hitTest([columns], 0, 13)!
  t.match(hit, { kind: 'columns', spans: 5, from: 12, to: 16 })
  t.equal(hit.shares[TileState.Running], 0.5, 'running without what ran for the GC')
  t.equal(hit.shares[TileState.GcWorker], 0.25)
  t.equal(hitTest([columns], 0, 17), null, 'an empty column')
  t.equal(hitTest([columns], 0, TILE_COLUMNS * 4), null, 'another tile')
  t.equal(hitTest([columns], 1, 13), null, 'another track')
  const spans: Tile = {
    ...columns,
    index: 1,
    texts: ['select'],
    tracks: [
      {
        form: 'spans',
        length: 2,
        starts: Float64Array.of(2000, 2100),
        ends: Float64Array.of(2080, 2200),
        states: Uint8Array.of(TileState.Chan, TileState.Running),
        flags: Uint8Array.of(0, 0),
        texts: Int32Array.of(0, -1),
        others: Int32Array.of(-1, -1),
      },
    ],
  }
  t.match(hitTest([columns, spans], 0, 2050), { kind: 'span', bar: { start: 2000, end: 2080, text: 'select' } })
  t.equal(hitTest([columns, spans], 0, 2090), null, 'between two spans')
})

t.test('what is on a lane of the runtime', async t => {
  type Hit = { kind: string; bar: { start: number; end: number; other: string } } | null
  const { hitLane } = await clientModule<{
    hitLane(tiles: Tile[], track: number, time: number, slack: number): Hit
  }>('timeline/paint/hit')
  const lane: Tile = {
    level: 2,
    index: 0,
    firstTrack: 0,
    texts: ['7', '8'],
    tracks: [
      {
        form: 'spans',
        length: 3,
        // A moment, and a long span around a short one.
        starts: Float64Array.of(100, 320, 300),
        ends: Float64Array.of(100, 350, 400),
        states: Uint8Array.of(TileState.Network, TileState.Mark, TileState.Mark),
        flags: Uint8Array.of(0, 0, 0),
        texts: Int32Array.of(-1, -1, -1),
        others: Int32Array.of(0, 0, 1),
      },
    ],
  }
  t.match(hitLane([lane], 0, 98, 3), { bar: { start: 100, end: 100, other: '7' } }, 'beside a moment')
  t.equal(hitLane([lane], 0, 90, 3), null)
  t.match(hitLane([lane], 0, 305, 3), { bar: { start: 300, other: '8' } }, 'the long one, where it stands alone')
  t.match(hitLane([lane], 0, 330, 3), { bar: { start: 320, other: '7' } }, 'the one that ends first')
  t.match(hitLane([lane], 0, 380, 3), { bar: { start: 300, other: '8' } })
})

t.test('the tree of CPU samples', async t => {
  interface SampleTree {
    readonly functions: readonly { readonly name: string; readonly kind: string }[]
    readonly parents: readonly number[]
    readonly functionRows: readonly number[]
    readonly depths: readonly number[]
    readonly totals: readonly number[]
    readonly selfs: readonly number[]
  }
  const { sampleTree } = await clientModule<{ sampleTree(flame: object): SampleTree }>('timeline/data/sample-tree')
  const node = (parent: number, func: string, samples: number) => ({ parent, func, samples })
  // Met in another order than that of the tree, with two samples that have no stack.
  const nodes = [
    node(-1, 'main.a', 3),
    node(0, 'net.b', 1),
    node(-1, 'main.c', 5),
    node(0, 'main.c', 2),
    node(2, 'net.b', 5),
  ]
  const tree = sampleTree({ samples: 10, nodes })
  const lines = tree.parents.map((parent, row) => {
    const name = row === 0 ? 'all' : tree.functions[tree.functionRows[row]].name
    return `${' '.repeat(tree.depths[row])}${name} ${tree.totals[row]} ${tree.selfs[row]} under ${parent}`
  })
  t.strictSame(lines, [
    'all 10 0 under -1',
    ' main.c 5 0 under 0',
    '  net.b 5 5 under 1',
    ' main.a 3 0 under 0',
    '  main.c 2 2 under 3',
    '  net.b 1 1 under 3',
    ' (no stack recorded) 2 2 under 0',
  ])
  t.strictSame(
    tree.functions.map(({ kind }) => kind),
    ['main', 'std', 'main', 'none'],
  )
  t.strictSame(sampleTree({ samples: 0, nodes: [] }).totals, [0])
})
