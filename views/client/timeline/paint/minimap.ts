/** The whole trace in a strip: how busy the procs were, with GC and stops, and where the window is. */
import { SpanFlag, TILE_TRACKS, TileState, type TileTrack, tileStart } from '../../../../server/shared/tile.js'
import { colour } from '../../lib/colours.js'
import { TileStore } from '../data/tile-store.js'
import type { Model } from '../model.js'
import { timeIn } from './ladder.js'

const height = 44
const floor = 36
const busyHeight = 30

export class Minimap {
  private readonly context: CanvasRenderingContext2D
  private width = 0

  constructor(
    private readonly model: Model,
    readonly canvas: HTMLCanvasElement,
  ) {
    this.context = canvas.getContext('2d')!
  }

  resize(): void {
    const ratio = devicePixelRatio || 1
    this.width = this.canvas.clientWidth
    this.canvas.width = Math.round(this.width * ratio)
    this.canvas.height = height * ratio
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0)
  }

  time(x: number): number {
    return Math.max(0, Math.min(this.model.viewport.endNs, (x / this.width) * this.model.viewport.endNs))
  }

  x(time: number): number {
    return (time / Math.max(1, this.model.viewport.endNs)) * this.width
  }

  paint(): void {
    const { context, width, model } = this
    context.clearRect(0, 0, width, height)
    context.fillStyle = colour('sunken')
    context.fillRect(0, floor - busyHeight, width, busyHeight)
    this.paintBusy()
    this.paintRanges()
    const from = this.x(model.viewport.from)
    const to = Math.max(this.x(model.viewport.to), from + 3)
    context.globalAlpha = 0.55
    context.fillStyle = colour('bg')
    context.fillRect(0, 0, from, height)
    context.fillRect(to, 0, width - to, height)
    context.globalAlpha = 1
    context.strokeStyle = colour('accent')
    context.lineWidth = 2
    context.strokeRect(from + 1, 1, Math.max(to - from - 2, 2), height - 2)
    context.fillStyle = colour('accent')
    context.fillRect(from - 1, 14, 5, 16)
    context.fillRect(to - 4, 14, 5, 16)
  }

  private paintBusy(): void {
    const { context, model } = this
    const procs = model.lists.proc.total
    const pixels = Math.ceil(this.width)
    const busy = new Float64Array(pixels)
    const gc = new Float64Array(pixels)
    const level = TileStore.levelOf(model.viewport.endNs / this.width)
    this.paintMissing(level)
    for (let track = 0; track < procs; track += TILE_TRACKS) {
      for (const tile of model.store.tilesFor('proc', track, level, 0, model.viewport.endNs)) {
        const start = tileStart(tile.level, tile.index)
        for (const content of tile.tracks) this.addTrack(content, start, 2 ** tile.level, busy, gc)
      }
    }
    const scale = busyHeight / Math.max(1, procs)
    for (let pixel = 0; pixel < pixels; pixel++) {
      const gcHeight = Math.min(busyHeight, gc[pixel] * scale)
      const busyTop = Math.min(busyHeight - gcHeight, busy[pixel] * scale)
      if (gcHeight > 0) {
        context.fillStyle = colour('s-gc')
        context.fillRect(pixel, floor - gcHeight, 1, gcHeight)
      }
      if (busyTop > 0) {
        context.fillStyle = colour('s-running')
        context.globalAlpha = 0.75
        context.fillRect(pixel, floor - gcHeight - busyTop, 1, Math.max(busyTop, 1))
        context.globalAlpha = 1
      }
    }
  }

  /** As in the tracks: dots where nothing is here. */
  private paintMissing(level: number): void {
    const { context, model } = this
    const { missing } = model.store.gaps('proc', 0, level, 0, model.viewport.endNs)
    context.fillStyle = colour('line-strong')
    for (const [from, to] of missing) {
      for (let x = Math.ceil(this.x(from) / 8) * 8; x < Math.min(this.x(to), this.width); x += 8) {
        for (let y = floor - busyHeight + 6; y < floor - 2; y += 8) context.fillRect(x, y, 2, 2)
      }
    }
  }

  private addTrack(content: TileTrack, start: number, columnNs: number, busy: Float64Array, gc: Float64Array): void {
    if (content.form === 'spans') {
      for (let i = 0; i < content.length; i++) {
        if (content.states[i] > TileState.Syscall) continue
        const into = (content.flags[i] & SpanFlag.GcWorker) !== 0 ? gc : busy
        this.add(into, content.starts[i], content.ends[i], 1)
      }
    } else if (content.form === 'columns') {
      for (let i = 0; i < content.length; i++) {
        const from = start + content.columns[i] * columnNs
        const worker = timeIn(content, i, TileState.GcWorker)
        const program = timeIn(content, i, TileState.Running) + timeIn(content, i, TileState.Syscall)
        if (worker > 0) this.add(gc, from, from + columnNs, worker / columnNs)
        if (program > 0) this.add(busy, from, from + columnNs, program / columnNs)
      }
    }
  }

  private add(into: Float64Array, start: number, end: number, share: number): void {
    const from = this.x(start)
    const to = Math.min(this.x(end), into.length)
    for (let pixel = Math.max(0, Math.floor(from)); pixel < to; pixel++) {
      into[pixel] += (Math.min(to, pixel + 1) - Math.max(from, pixel)) * share
    }
  }

  private paintRanges(): void {
    const { context, model } = this
    for (const [which, token, top, size] of [
      ['stw', 's-stw', 37, 6],
      ['gc', 's-gc', 1, 4],
    ] as const) {
      context.fillStyle = colour(token)
      for (const [start, end] of model.wholeRanges(which)) {
        context.fillRect(this.x(start), top, Math.max(this.x(end) - this.x(start), 1.5), size)
      }
    }
  }
}
