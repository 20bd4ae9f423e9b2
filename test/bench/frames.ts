/**
 * `node dist/test/bench/frames.js FILE [--tracks=N] [--arrows] [--stacks] [--profile]`: how fast the timeline moves in
 * a Chromium that draws in software: frames of a scripted pan and zoom with N goroutines in view. Times are elapsed
 * and, in brackets, of the CPU of all of Chromium's processes; on a machine that does other things too only the latter
 * can be compared.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { LayoutPool } from '../../server/engine/layout.js'
import { hostTrace } from '../../server/engine/trace-host.js'
import type { TracksAnswer } from '../../server/shared/timeline.js'
import { buildApp } from '../../server/web/app.js'
import { launchBrowser, noBrowser } from '../helpers/browser.js'

const args = process.argv.slice(2)
const path = args.find(arg => !arg.startsWith('--'))
const tracks = Number(args.find(arg => arg.startsWith('--tracks='))?.slice(9) ?? 200)
if (path === undefined) {
  process.stderr.write('usage: node dist/test/bench/frames.js FILE [--tracks=N] [--arrows] [--stacks] [--profile]\n')
  process.exit(2)
}

const FRAMES = 120

const client = hostTrace(path)
const layouts = new LayoutPool()
const app = buildApp(client, { pageWaitMs: 600_000, layout: layouts.layout })
const url = await app.listen({ host: '127.0.0.1', port: 0 })
await fetch(`${url}/timeline/tracks?view=runtime&wait=1`)
const missing = noBrowser()
if (missing === false) await measureFrames()
else process.stderr.write(`${missing}\n`)
app.server.closeAllConnections()
await app.close()
await layouts.close()
await client.close()

async function measureFrames(): Promise<void> {
  const browser: Browser = await launchBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: Math.round(420 + tracks * 22) } })
    const shown = args.flatMap(arg => (arg === '--arrows' ? '&x=2' : arg === '--stacks' ? '&c=1' : []))
    await page.goto(`${url}/trace#open=${encodeURIComponent(await largestGroup())}${shown.join('')}`)
    await page.waitForSelector('#timeline[data-ready]')
    await page.waitForLoadState('networkidle')
    const rows = await page.locator('#tl-gutter [role=treeitem]').count()
    const session = await page.context().newCDPSession(page)
    const profiles = args.includes('--profile')
    for (const zoom of [1, 0.05, 0.001]) {
      await page.evaluate(windowOf(zoom))
      await page.waitForLoadState('networkidle')
      await page.waitForTimeout(1500)
      for (const move of ['pan', 'zoom', 'rest'] as const) {
        if (profiles) {
          await session.send('Profiler.enable')
          await session.send('Profiler.start')
        }
        const before = chromiumMs()
        const frames = await moveFor(page, move)
        const cpu = ((chromiumMs() - before) / FRAMES).toFixed(0)
        process.stdout.write(`${rows} rows, window ${zoom} of the trace, ${move}: ${frames} [${cpu} ms a frame]\n`)
        if (!profiles) continue
        const { profile } = await session.send('Profiler.stop')
        process.stdout.write(selfTimes(profile))
      }
    }
  } finally {
    await browser.close()
  }
}

/** The group with most goroutines, so that they fill the screen. */
async function largestGroup(): Promise<string> {
  const { tracks: groups } = (await (
    await fetch(`${url}/timeline/tracks?view=group&limit=1000`)
  ).json()) as TracksAnswer
  return groups.reduce((most, group) => ((group.count ?? 0) > (most.count ?? 0) ? group : most)).name
}

/** Opens a window in the middle of the trace, by the fragment, as a link would. */
function windowOf(share: number): string {
  return `(() => {
    const end = Number(document.querySelector('#timeline').dataset.end)
    const from = Math.round(end * (0.5 - ${share} / 2))
    const state = new URLSearchParams(location.hash.slice(1))
    state.set('from', from)
    state.set('to', Math.round(from + end * ${share}))
    location.hash = state
  })()`
}

/** CPU time of the processes below this one, ms (Linux). */
function chromiumMs(): number {
  const parents = new Map<number, number>()
  const ticks = new Map<number, number>()
  for (const entry of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${entry}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')
      parents.set(Number(entry), Number(fields[1]))
      ticks.set(Number(entry), Number(fields[11]) + Number(fields[12]))
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (parent === process.pid || isBelow(parent))
  }
  let sum = 0
  for (const [pid, own] of ticks) if (isBelow(pid)) sum += own
  return sum * 10
}

function moveFor(page: Page, move: 'pan' | 'zoom' | 'rest'): Promise<string> {
  return page.evaluate(`new Promise(resolve => {
    const main = document.querySelector('#tl-main')
    const times = []
    const box = main.getBoundingClientRect()
    const wheel = init => main.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: box.left + 700, clientY: box.top + 300, ...init }))
    const step = now => {
      times.push(now)
      const i = times.length
      if (i > ${FRAMES}) {
        const gaps = times.slice(1).map((time, at) => time - times[at]).sort((a, b) => a - b)
        const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
        resolve((1000 / mean).toFixed(1) + ' frames/s, median ' + gaps[60].toFixed(0) + ' ms, p95 ' + gaps[113].toFixed(0) + ' ms')
        return
      }
      if ('${move}' === 'pan') wheel({ shiftKey: true, deltaY: i <= 60 ? 8 : -8 })
      else if ('${move}' === 'zoom') wheel({ ctrlKey: true, deltaY: i <= 60 ? -10 : 10 })
      requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })`)
}

interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: { readonly functionName: string } }[]
  readonly samples?: readonly number[]
}

function selfTimes({ nodes, samples = [] }: CpuProfile): string {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName || '(anonymous)']))
  const counts = new Map<string, number>()
  for (const sample of samples) {
    const name = names.get(sample)!
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 14)
  return top.map(([name, count]) => `    ${((100 * count) / samples.length).toFixed(1)}% ${name}\n`).join('')
}
