/** The arrow from who woke the selected goroutine; a source out of sight is named in a chip. */
import { splitFunctionName } from '../../../../server/shared/figures.js'
import type { SpanAnswer } from '../../../../server/shared/timeline.js'
import { colour } from '../../lib/colours.js'
import type { Model } from '../model.js'
import { fontsOfPage, textWidth } from './labels.js'

const laneMiddle = 11
/** How far the foot of an arrow stands from its head when its source has no row. */
const shortWay = 46
const lead = 10

export function paintArrow(
  context: CanvasRenderingContext2D,
  model: Model,
  span: SpanAnswer,
  scroll: number,
  height: number,
): void {
  const { wokenBy } = span
  const target = model.layout.find('goroutine', span.track)
  if (wokenBy === null || wokenBy.goid === null || target === undefined) return
  const x = model.viewport.x(wokenBy.atNs)
  if (x < -20 || x > model.viewport.width + 20) return
  const head = target.y - scroll + laneMiddle
  const source = model.wakerTrack < 0 ? undefined : model.layout.find('goroutine', model.wakerTrack)
  const foot = source === undefined ? head + shortWay : source.y - scroll + laneMiddle
  const down = head > foot ? 1 : -1
  for (const [width, ink] of [
    [5, 'surface'],
    [1.6, 'ink'],
  ] as const) {
    context.strokeStyle = colour(ink)
    context.lineWidth = width
    context.beginPath()
    context.moveTo(x - lead, foot)
    context.bezierCurveTo(x - lead, (foot + head) / 2, x, (foot + head) / 2, x, head - down * 5)
    context.stroke()
  }
  context.fillStyle = colour('ink')
  context.beginPath()
  context.moveTo(x, head - down)
  context.lineTo(x - 4, head - down * 8)
  context.lineTo(x + 4, head - down * 8)
  context.fill()
  context.beginPath()
  context.arc(x - lead, foot, 3, 0, 7)
  context.fill()
  paintChip(context, model, wokenBy.goid, x - lead, Math.min(Math.max(foot, 36), height - 14))
}

/** Where the chip is, so that a click on it can be told. */
function paintChip(context: CanvasRenderingContext2D, model: Model, goid: number | string, x: number, y: number): void {
  const name = model.wakerName
  const text = `G${goid} ${name === '' ? '' : splitFunctionName(name).func}`.trim()
  const font = fontsOfPage().text
  const width = textWidth(context, font, text) + 10
  const left = Math.max(2, x - 8 - width)
  context.fillStyle = colour('surface')
  context.fillRect(left, y - 9, width, 18)
  context.strokeStyle = colour('ink')
  context.lineWidth = 1
  context.strokeRect(left + 0.5, y - 8.5, width, 18)
  context.font = font
  context.fillStyle = colour('ink')
  context.fillText(text, left + 5, y + 0.5)
  model.chip = { left, top: y - 9, right: left + width, bottom: y + 9 }
}
