/**
 * `node dist/test/bench/tiles.js FILE [--count=N] [--server=FOLDER]`: how long tiles take over HTTP, gzipped, one after
 * the other, from the server as users start it (that of another clone with `--server`): of every view at random places
 * of random quick levels; of levels so deep that a tile lies in one generation, where nobody has looked before; and one
 * level below the quick ones, where it lies in many. Median, 95th percentile and most. Each address is asked for once,
 * as the server keeps its answers.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join, resolve } from 'node:path'
import { TILE_COLUMNS, TILE_TRACKS } from '../../server/shared/tile.js'
import type { TimelineView, TracksAnswer } from '../../server/shared/timeline.js'
import { projectFolder } from '../helpers/fixtures.js'

const args = process.argv.slice(2)
const path = args.find(arg => !arg.startsWith('--'))
const option = (name: string) => args.find(arg => arg.startsWith(`--${name}=`))?.slice(name.length + 3)
if (path === undefined) {
  process.stderr.write('usage: node dist/test/bench/tiles.js FILE [--count=N] [--server=FOLDER]\n')
  process.exit(2)
}
const count = Number(option('count') ?? 40)
const cli = resolve(option('server') ?? projectFolder, 'dist/server/cli.js')
const views = ['runtime', 'group', 'proc', 'thread', 'goroutine'] as const
/** Levels so much below the quick ones are so deep that a tile lies in one generation or two. */
const DEEP = 2

const child = spawn(process.execPath, [cli, '--http=127.0.0.1:0', '--no-open', path], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const url = await new Promise<string>(resolve => {
    child.stdout.on('data', (data: Buffer) => {
      const found = /listening on (http:\S+)/.exec(data.toString())?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  const ask = async (view: TimelineView) =>
    (await (await fetch(`${url}/timeline/tracks?view=${view}&limit=1&wait=1`)).json()) as TracksAnswer
  const totals = new Map<string, number>()
  for (const view of views) totals.set(view, (await ask(view)).total)
  const { endNs, quickLevel } = await ask('runtime')
  const whole = Math.ceil(Math.log2(endNs / TILE_COLUMNS))
  let seed = 1
  const below = (end: number) => {
    seed = (Math.imul(seed, 48271) >>> 0) % 0x7fffffff
    return seed % end
  }
  const tilesOf = (level: number) => Math.floor(endNs / (TILE_COLUMNS * 2 ** level)) + 1
  const asked = new Set<string>()
  /** undefined: it was asked for before. */
  const time = async (view: string, level: number, index: number) => {
    const first = below(Math.ceil((totals.get(view) as number) / TILE_TRACKS)) * TILE_TRACKS
    const tracks = `${first}-${first + TILE_TRACKS - 1}`
    const address = `${url}/timeline/tile?view=${view}&tracks=${tracks}&level=${level}&index=${index}`
    if (asked.has(address)) return undefined
    asked.add(address)
    return await timeOf(address)
  }
  const report = async (name: string, number: number, place: (i: number) => [level: number, index: number]) => {
    for (const view of views) {
      const times: number[] = []
      for (let i = 0; i < number; i++) {
        const ms = await time(view, ...place(i))
        if (ms !== undefined) times.push(ms)
      }
      process.stdout.write(`${name.padEnd(12)} ${view.padEnd(9)} ${spread(times)}\n`)
    }
    process.stdout.write(`peak memory ${peakMiB(child.pid as number)} MiB\n`)
  }
  process.stdout.write(`levels: whole ${whole}, quick ${quickLevel}\n`)
  await report('quick', count, () => {
    const level = quickLevel + below(Math.max(1, whole - quickLevel + 1))
    return [level, below(tilesOf(level))]
  })
  const deep = quickLevel - DEEP
  // A large step brings each to a generation that none of those before it has left in the cache.
  const step = Math.floor(tilesOf(deep) * 0.382)
  let at = 0
  await report('deep, cold', count, () => {
    at = (at + step) % tilesOf(deep)
    return [deep, at]
  })
  await report('below quick', Math.min(count, 10), () => [quickLevel - 1, below(tilesOf(quickLevel - 1))])
} finally {
  child.kill()
}

function timeOf(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    get(address, { headers: { 'accept-encoding': 'gzip' } }, response => {
      if (response.statusCode !== 200) reject(new Error(`${response.statusCode} for ${address}`))
      response.resume().on('end', () => resolve(performance.now() - start))
    }).on('error', reject)
  })
}

function spread(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(0)
  return `${String(times.length).padStart(3)} tiles: median ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)} ms (number ${times.indexOf(sorted.at(-1) as number)}), the first ${times[0].toFixed(0)} ms`
}

/** Linux; 0 elsewhere. */
function peakMiB(pid: number): number {
  const status = readFileSync(join('/proc', String(pid), 'status'), 'latin1')
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}
