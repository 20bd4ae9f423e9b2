/** Labels of a lane where tiles meet. */
import t from 'tap'
import { TILE_COLUMNS, TILE_STATES, type Tile, TileState } from '../../server/shared/tile.js'
import { clientModule } from '../helpers/client-module.js'

t.test('a span that reaches from a tile of spans back over columns has one label', async t => {
  // Fonts and colours are those of a page.
  const page = {
    document: {},
    addEventListener: () => {},
    matchMedia: () => ({ matches: false }),
    getComputedStyle: () => ({ getPropertyValue: () => '' }),
  }
  Object.assign(globalThis, page)
  const { Viewport } = await clientModule<{ Viewport: new (endNs: number) => { width: number } }>('timeline/viewport')
  const { LanePainter } = await clientModule<{
    LanePainter: new (
      rects: { add(): void },
      labels: { addForms(forms: readonly string[], x: number): void },
      viewport: object,
    ) => { paint(tiles: readonly Tile[], track: number, place: object): void }
  }>('timeline/paint/lane')
  const labels: [string, number][] = []
  const view = new Viewport(2 * TILE_COLUMNS)
  view.width = 2 * TILE_COLUMNS
  const painter = new LanePainter({ add: () => {} }, { addForms: ([text], x) => labels.push([text, x]) }, view)
  const columns = (first: number, until: number, state: number) => {
    const length = until - first
    const times = new Float64Array(length * TILE_STATES)
    for (let i = 0; i < length; i++) times[i * TILE_STATES + state] = 1
    return {
      form: 'columns' as const,
      length,
      columns: Uint16Array.from({ length }, (_, i) => first + i),
      times,
      counts: new Uint32Array(length),
      longest: new Float64Array(length),
    }
  }
  const spans = (start: number, end: number) => ({
    form: 'spans' as const,
    length: 1,
    starts: Float64Array.of(start),
    ends: Float64Array.of(end),
    states: Uint8Array.of(TileState.Chan),
    flags: Uint8Array.of(0),
    texts: Int32Array.of(0),
    others: Int32Array.of(-1),
  })
  const paint = (...tracks: Tile['tracks'][number][]) => {
    labels.length = 0
    const tiles = tracks.map((track, index) => ({ level: 0, index, firstTrack: 0, tracks: [track], texts: ['select'] }))
    painter.paint(tiles, 0, { y: 0, height: 20, byGoroutine: false })
    return labels
  }
  t.same(paint(columns(400, 512, TileState.Chan), spans(400, 600)), [['select 200ns', 404]])
  t.same(
    paint(columns(400, 511, TileState.Chan), spans(520, 600)),
    [
      ['chan', 404],
      ['select 80ns', 524],
    ],
    'two that do not meet have two',
  )
  t.same(
    paint(columns(400, 512, TileState.Chan), columns(0, 50, TileState.Chan)),
    [['chan', 404]],
    'nor has what fills columns of two tiles a second one',
  )
})
