/**
 * A profile as a call graph: functions as boxes with their own and cumulative delay, calls as arrows with the delay
 * that went through them. Gives DOT text for a layout engine, and turns the SVG that comes back into the two forms that
 * are served: one for a page, coloured by the page's classes alone, and one that stands by itself.
 *
 * The largest functions are kept, `nodes` at most, and calls between them, `edges` at most. Where the frames between
 * two kept functions are left out, the arrow is dashed. A kept function never loses its heaviest caller.
 */
import type { ProfileAnswer } from '../contract/profile.js'
import { formatDuration } from '../shared/duration.js'
import { durationText, splitFunctionName } from '../shared/figures.js'
import { type FrameKind, kindClasses } from '../shared/frame-kind.js'
import { type ProfiledFunction, stackOf, topFunctions } from './call-tree.js'

/** Lays out DOT text and gives SVG, or rejects with a CodedError when that takes too long. */
export type GraphLayout = (dot: string, signal?: AbortSignal) => Promise<string>

export const graphLimits = { nodes: 80, edges: 200, nodeShare: 0.005, edgeShare: 0.001 } as const

export interface CallGraph {
  readonly dot: string
  /** Functions that are shown, and all there are. */
  readonly shown: number
  readonly total: number
  /** Text for people behind each id of the DOT text. */
  readonly titles: ReadonlyMap<string, string>
}

interface Edge {
  readonly from: number
  readonly to: number
  delayNs: number
  /** Frames were left out in every stack that has this call. */
  residual: boolean
}

/** Fills of the graph that stands by itself: the light theme's frames. */
const fills: Record<FrameKind, string> = {
  main: '#a8dfcb',
  std: '#c7d2ee',
  runtime: '#dfe0e8',
  other: '#f0d9ae',
  none: '#eef0f4',
}

export function callGraph(answer: ProfileAnswer): CallGraph {
  const functions = topFunctions(answer)
  const totalNs = answer.samples.reduce((sum, { delayNs }) => sum + delayNs, 0)
  const shown = functions
    .filter(({ cumNs }) => cumNs >= totalNs * graphLimits.nodeShare)
    .sort((a, b) => b.cumNs - a.cumNs || b.flatNs - a.flatNs || (a.name < b.name ? -1 : 1))
    .slice(0, graphLimits.nodes)
  const edges = keptEdges(collectEdges(answer, shown), totalNs)
  const share = (ns: number) => (totalNs === 0 ? '0.0%' : `${((ns / totalNs) * 100).toFixed(1)}%`)
  const titles = new Map<string, string>()

  const lines = [
    'digraph calls {',
    'graph [bgcolor="transparent" margin="0" nodesep="0.25" ranksep="0.45"]',
    // Fonts differ in width and the layout knows none of the reader's: Courier's letters are as wide as those of the
    // widest.
    'node [shape=box style=filled color="#7d8797" fontname="Courier" fontcolor="#14181f" margin="0.08,0.05"]',
    'edge [color="#5a6474" fontname="Courier" fontsize=10 fontcolor="#454e5d" arrowsize=0.6]',
  ]
  for (const [row, node] of shown.entries()) {
    const { flatNs, cumNs, name, kind } = node
    const figures =
      flatNs === cumNs
        ? `${durationText(flatNs)} (${share(flatNs)})`
        : `${flatNs === 0 ? '0' : `${durationText(flatNs)} (${share(flatNs)})`} of ${durationText(cumNs)} (${share(cumNs)})`
    const size = totalNs === 0 ? 11 : 11 + Math.round(8 * Math.sqrt(flatNs / totalNs))
    const label = [...nameLines(node), figures].map(escapeLabel).join('\\n')
    lines.push(`n${row} [label="${label}" class="${kindClasses[kind]}" fillcolor="${fills[kind]}" fontsize=${size}]`)
    titles.set(`n${row}`, `${name}: itself ${formatDuration(flatNs)}, with what it calls ${formatDuration(cumNs)}`)
  }
  for (const { from, to, delayNs, residual } of edges) {
    const width = totalNs === 0 ? 1 : 1 + Math.round((delayNs / totalNs) * 50) / 10
    const weight = totalNs === 0 ? 1 : 1 + Math.round((delayNs / totalNs) * 100)
    const style = residual ? ' style=dashed' : ''
    lines.push(
      `n${from} -> n${to} [label="\u00a0\u00a0${durationText(delayNs)}" penwidth=${width.toFixed(1)} weight=${weight}${style}]`,
    )
    const between = residual ? ' (through functions that are left out)' : ''
    titles.set(`n${from}->n${to}`, `${shown[from].name} → ${shown[to].name}: ${formatDuration(delayNs)}${between}`)
  }
  lines.push('}', '')
  return { dot: lines.join('\n'), shown: shown.length, total: functions.length, titles }
}

/** Calls between shown functions, each counted once a sample. */
function collectEdges(answer: ProfileAnswer, shown: readonly ProfiledFunction[]): Edge[] {
  const rows = new Map(shown.map(({ name }, row) => [name, row]))
  const edges = new Map<number, Edge>()
  for (const { stack, delayNs } of answer.samples) {
    const frames = stackOf(stack)
    const seen = new Set<number>()
    let caller = -1
    let skipped = false
    for (let i = frames.length - 1; i >= 0; i--) {
      const row = rows.get(frames[i].func)
      if (row === undefined) {
        skipped = true
        continue
      }
      if (caller >= 0) {
        const key = caller * graphLimits.nodes + row
        let edge = edges.get(key)
        if (edge === undefined) {
          edge = { from: caller, to: row, delayNs: 0, residual: true }
          edges.set(key, edge)
        }
        if (!skipped) edge.residual = false
        if (!seen.has(key)) edge.delayNs += delayNs
        seen.add(key)
      }
      caller = row
      skipped = false
    }
  }
  return [...edges.values()].sort((a, b) => b.delayNs - a.delayNs || a.from - b.from || a.to - b.to)
}

/** The heaviest caller of each function, then the heaviest of the rest. */
function keptEdges(sorted: readonly Edge[], totalNs: number): Edge[] {
  const called = new Set<number>()
  const first = new Set<Edge>()
  for (const edge of sorted) {
    if (edge.from === edge.to || called.has(edge.to)) continue
    called.add(edge.to)
    first.add(edge)
  }
  let room = graphLimits.edges - first.size
  return sorted.filter(edge => {
    if (first.has(edge)) return true
    if (room <= 0 || edge.delayNs < totalNs * graphLimits.edgeShare) return false
    room--
    return true
  })
}

/** Package and function on lines of their own; a long list of type arguments is cut. */
function nameLines({ name }: ProfiledFunction): string[] {
  const { pkg, func } = splitFunctionName(name)
  const parts = pkg === '' ? [func] : [pkg.slice(0, -1), func]
  return parts.map(part => (part.length > 80 ? `${part.slice(0, 79)}…` : part))
}

/** For a quoted DOT label: `\` begins an escape there, `&` an entity. */
function escapeLabel(text: string): string {
  return printable(text).replaceAll('&', '&amp;').replaceAll('\\', '\\\\').replaceAll('"', '\\"')
}

/** Without characters that XML cannot hold. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, '\ufffd')
}

function escapeXml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** The graph as a file of its own, on a light ground. */
export function standaloneSvg(svg: string, graph: CallGraph): string {
  const body = withTitles(svgElement(svg), graph)
  const [, width, height] = /viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"/.exec(body) ?? []
  // A margin of 8 on each side, and a ground, because a viewer's own may be dark.
  const ground = `<rect x="-8" y="-8" width="${Number(width) + 16}" height="${Number(height) + 16}" fill="#ffffff"/>`
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body
    .replaceAll(/ font-family="[^"]*"/g, ' font-family="sans-serif"')
    .replace(/ width="[^"]*"/, ` width="${Math.ceil(Number(width) + 16)}"`)
    .replace(/ height="[^"]*"/, ` height="${Math.ceil(Number(height) + 16)}"`)
    .replace(/viewBox="[^"]*"/, `viewBox="-8 -8 ${Number(width) + 16} ${Number(height) + 16}"`)
    .replace(/(<svg[^>]*>)/, `$1${ground}`)}\n`
}

/**
 * The graph as an element of a page: no colours or fonts of its own, class `callgraph`, kinds as classes of the boxes.
 */
export function pageSvg(svg: string, graph: CallGraph, label: string): string {
  const [head, ...rest] = withTitles(svgElement(svg), graph).split(/(?<=<svg[^>]*>)/)
  const [, width, height] = /viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"/.exec(head) ?? []
  const open =
    `<svg class="callgraph" role="img" aria-label="${escapeXml(label)}" width="${width}" height="${height}"` +
    ` viewBox="0 0 ${width} ${height}">`
  return open + rest.join('').replace(/ (?:fill|stroke|font-family|id)="(?!none")[^"]*"/g, '')
}

/** Without prolog, document type and comments. */
function svgElement(svg: string): string {
  return svg
    .slice(svg.indexOf('<svg'))
    .replace(/<!--[\s\S]*?-->\s*/g, '')
    .trimEnd()
}

/** Ids in titles, which viewers show as tooltips, become what they stand for. */
function withTitles(svg: string, graph: CallGraph): string {
  return svg.replace(/<title>([^<]*)<\/title>/g, (_all, id: string) => {
    const title = graph.titles.get(id.replace('&#45;&gt;', '->'))
    return title === undefined ? '' : `<title>${escapeXml(title)}</title>`
  })
}
