/** Coarse levels that begin as wide as the trace's least length allows equal those that widened all the way. */
import t from 'tap'
import { ColumnSums } from '../../server/replay/column-sums.js'
import { leastLengths, leastWidths } from '../../server/replay/least-width.js'
import type { TimelineLevels } from '../../server/replay/levels.js'
import { Timeline } from '../../server/replay/timeline-reading.js'
import { TILE_COLUMNS } from '../../server/shared/tile.js'
import { openSource } from '../../server/source/file.js'
import { openReader, openTrace } from '../../server/trace/open.js'
import { v2Fixtures } from '../helpers/fixtures.js'

/** Columns of a level, of some sixty tracks and five of its tiles. */
function columnsOf(levels: TimelineLevels, level: number, endNs: number): unknown[] {
  const columns: unknown[] = []
  const step = Math.max(1, Math.floor(endNs / (TILE_COLUMNS * 2 ** level) / 4))
  const tracks = Math.max(1, Math.floor(levels.tracks / 60))
  for (let track = 0; track < levels.tracks; track += tracks) {
    for (let index = 0; index * TILE_COLUMNS * 2 ** level <= endNs; index += step) {
      const sums = new ColumnSums(level, index)
      levels.addTo(sums, track)
      columns.push(sums.take())
    }
  }
  return columns
}

for (const { name, path } of v2Fixtures()) {
  t.test(name, async t => {
    const source = openSource(path)
    const opened = openTrace(source)
    if (opened.index === null) throw new Error('it has generations')
    const reader = openReader(source, opened)
    const least = leastLengths(opened.index).at(-1) as number
    const widened = new Timeline(reader.dictionary)
    const wide = new Timeline(reader.dictionary, leastWidths(opened.index))
    for (let block = reader.next(); block !== null; block = reader.next()) {
      widened.feed(block)
      wide.feed(block)
      reader.recycle(block)
    }
    widened.finish()
    wide.finish()
    t.ok(least <= wide.endNs, 'no trace ends before its least length')
    for (const kind of ['goroutines', 'procs', 'threads', 'lanes'] as const) {
      const { level } = wide[kind]
      const isNeeded = level === widened[kind].level
      t.ok(isNeeded || (level > widened[kind].level && least >= 1024 * 2 ** level), `${kind}: level ${level}`)
      const [found, wanted] = [wide, widened].map(timeline =>
        JSON.stringify(columnsOf(timeline[kind], level, wide.endNs)),
      )
      t.ok(found === wanted, `${kind}: columns`)
    }
    source.close()
  })
}
