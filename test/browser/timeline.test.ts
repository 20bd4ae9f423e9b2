/**
 * The timeline in Chromium, over real traces: views, keys, selection, ranges, search, links, axe, no fault on the
 * console.
 */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import t from 'tap'
import { durationText } from '../../server/shared/figures.js'
import { decodeTile } from '../../server/shared/tile.js'
import type { ArrowsAnswer, RangeAnswer, SpanAnswer, TracksAnswer } from '../../server/shared/timeline.js'
import { faultsOf, launchBrowser, noBrowser } from '../helpers/browser.js'
import { serveTrace } from '../helpers/serve-trace.js'
import { factOf, nsOf, open, panelWith, until, urlWith, windowIs, windowText } from '../helpers/timeline-page.js'

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly ts: number
  readonly dur: number
  readonly tid: number
}

/** A long slice of a goroutine on a proc, as the trace-event JSON has it. */
async function longSlice(url: string): Promise<TraceEvent & { goid: string; startNs: number }> {
  const response = await fetch(`${url}/jsontrace?view=proc&wait=1`)
  const { traceEvents } = (await response.json()) as { traceEvents: TraceEvent[] }
  const slices = traceEvents.filter(({ name, ph }) => ph === 'X' && /^G\d+ main/.test(name))
  const longest = slices.reduce((best, slice) => (slice.dur > best.dur ? slice : best))
  return { ...longest, goid: /^G(\d+)/.exec(longest.name)![1], startNs: Math.round(longest.ts * 1000) }
}

t.setTimeout(600_000)
t.test('in a browser', { skip: noBrowser() }, async t => {
  const browser: Browser = await launchBrowser()
  t.teardown(() => browser.close())
  const url = await serveTrace(t, 'web-go1.26')

  t.test('every view, both themes and widths', async t => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [390, 1280]) {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } })
        for (const path of ['/trace', '/trace?view=proc', '/trace?view=thread', '/trace?view=task', '/trace?goid=32']) {
          const page = await context.newPage()
          const faults = faultsOf(page, url)
          const name = `${path} ${colorScheme} ${width}`
          await page.goto(url + path)
          await page.waitForSelector('#timeline[data-ready]')
          await page.waitForLoadState('networkidle')
          t.same(faults, [], `${name}: no fault on the console, no foreign request`)
          t.ok(((await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number) <= 0, name)
          t.ok((await inkOf(page)) > 5, `${name}: the tracks are drawn`)
          const { violations } = await new AxeBuilder({ page }).analyze()
          const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
          t.same(
            serious.map(({ id, nodes }) => `${id}: ${nodes[0].html}`),
            [],
            `${name}: nothing serious in axe`,
          )
          await page.close()
        }
        await context.close()
      }
    }
  })

  t.test('keys move the window', async t => {
    const page = await open(browser, `${url}/trace`)
    const whole = await windowText(page)
    t.equal(whole, '69.2ms')
    await page.focus('#tl-main')
    await page.keyboard.press('w')
    await windowIs(page, '48.5ms')
    await page.keyboard.press('z')
    await windowIs(page, whole)
    await page.keyboard.press('Shift+Z')
    await windowIs(page, '48.5ms')
    await urlWith(page, 'from=')
    await page.keyboard.press('0')
    await windowIs(page, whole)
    t.pass('zoom, undo, redo, whole trace')
    await page.keyboard.press('o')
    await page.locator('[data-overlay="2"][aria-pressed=false]').waitFor()
    await page.keyboard.press('l')
    t.match(await page.locator('.tl-legend').textContent(), 'stop-the-world')
    await page.keyboard.press('?')
    t.ok(await page.locator('dialog.help').isVisible())
    await page.keyboard.press('Escape')
    await page.keyboard.press('2')
    await page.waitForURL(/view=proc/)
    await page.close()
  })

  t.test('a click shows what the trace-event JSON has for that moment', async t => {
    const slice = await longSlice(url)
    const lengthNs = Math.round(slice.dur * 1000)
    const margin = Math.round(lengthNs / 10)
    const page = await open(
      browser,
      `${url}/trace?view=proc#from=${Math.max(0, slice.startNs - margin)}&to=${slice.startNs + lengthNs + margin}`,
    )
    const row = page.locator('#tl-gutter [role=treeitem]', { hasText: new RegExp(`^P${slice.tid}$`) })
    const label = (await row.boundingBox())!
    const canvas = (await page.locator('#tl-lanes').boundingBox())!
    await page.waitForLoadState('networkidle')
    await page.mouse.move(canvas.x + canvas.width * 0.15, label.y + label.height / 2)
    await page
      .locator('.tip')
      .filter({ hasText: `G${slice.goid}` })
      .waitFor()
    await page.mouse.click(canvas.x + canvas.width / 2, label.y + label.height / 2)
    await panelWith(page, `G${slice.goid}`)
    t.equal(await factOf(page, 'Proc'), `P${slice.tid}`)
    const selection = /sel=p\d+%40(\d+)/.exec(await urlWith(page, 'sel='))!
    const response = await fetch(`${url}/timeline/span?goid=${slice.goid}&at=${selection[1]}`)
    const span = (await response.json()) as SpanAnswer
    t.ok(span.startNs >= slice.startNs && span.endNs <= slice.startNs + lengthNs, 'it lies in the slice')

    await page.goto(`${url}/trace#sel=${slice.goid}@${slice.startNs}`)
    await page.reload()
    await panelWith(page, `G${slice.goid}`)
    t.match(await page.locator('#tl-panel .ttl').textContent(), /^Running/)
    t.equal(nsOf(await factOf(page, 'From')), slice.startNs, 'it begins when the slice begins')
    await page.close()
  })

  t.test('selection: steps, who woke it and back, a link that restores it', async t => {
    const page = await open(browser, `${url}/trace#sel=32@16280000&from=11500000&to=22500000`)
    await panelWith(page, 'G32')
    const first = await page.locator('#tl-panel .ttl').textContent()
    const from = await factOf(page, 'From')
    await page.focus('#tl-main')
    await page.keyboard.press('ArrowRight')
    await until(async () => (await factOf(page, 'From')) !== from)
    await page.keyboard.press('ArrowLeft')
    await panelWith(page, from!)
    t.equal(await page.locator('#tl-panel .ttl').textContent(), first)
    const waker = await page.locator('#tl-panel p a').first().textContent()
    await page.keyboard.press('[')
    await page.locator('#tl-panel header a', { hasText: waker! }).waitFor()
    await page.keyboard.press('Alt+ArrowLeft')
    await panelWith(page, from!)
    await page.keyboard.press('f')
    await windowIs(page, '22.0µs')
    const link = await urlWith(page, 'from=16272')
    const other = await open(browser, link)
    await panelWith(other, from!)
    t.equal(await other.locator('#tl-panel .ttl').textContent(), first)
    t.equal(await windowText(other), '22.0µs', 'the window too')
    await other.close()
    await page.keyboard.press('p')
    await urlWith(page, 'pin=32')
    await page.evaluate(`document.querySelector('#tl-main').scrollTop = 0`)
    await page.locator('.lb.section', { hasText: 'Pinned' }).waitFor()
    await page.keyboard.press('Escape')
    t.notOk(await page.locator('#tl-panel').isVisible())
    await page.close()
  })

  t.test('the panel tells of the whole goroutine, and leads to who started it and to the next span', async t => {
    const page = await open(browser, `${url}/trace#sel=32@16289000&from=16270000&to=16300000`)
    await panelWith(page, 'This goroutine')
    const { total, startedBy, next, regions } = (await (
      await fetch(`${url}/timeline/span?goid=32&at=16289000`)
    ).json()) as SpanAnswer
    t.match(
      await page.locator('#tl-window').textContent(),
      '16.2700ms to 16.3000ms',
      'the window, both ends told apart',
    )
    t.equal(await factOf(page, 'Spans'), total.spans.toLocaleString('en'))
    t.equal(await factOf(page, 'Running'), `${durationText(total.runningNs)} of ${durationText(total.lifeNs)}`)
    t.equal(await factOf(page, 'Started by'), `G${startedBy!.goid} ${startedBy!.name}`)
    t.equal(await factOf(page, 'Next'), `syscall ${durationText(next!.endNs - next!.startNs)}`)
    t.equal(await factOf(page, 'Region'), regions.map(({ name }) => name).join(' › '))
    t.ok(regions.length > 0, 'it has a region')
    t.match(await factOf(page, 'Task'), /^GET .+ \(\d+\)$/)
    const link = (term: string) => page.locator(`#tl-panel dt:text-is("${term}") + dd a`)
    await link('Next').click()
    await until(async () => nsOf(await factOf(page, 'From')) === next!.startNs)
    await link('Started by').click()
    await page.locator('#tl-panel header a', { hasText: `G${startedBy!.goid}` }).waitFor()
    const [from, to] = [nsOf(await factOf(page, 'From')), nsOf(await factOf(page, 'To'))]
    t.ok(from <= startedBy!.atNs && startedBy!.atNs <= to, 'where it started it')
    t.match(await page.locator('#tl-panel .ttl').textContent(), /^Running/)
    await page.close()
  })

  t.test('a task leads to its parent; what is not there takes a line', async t => {
    const other = await serveTrace(t, 'tasks-go1.26')
    const { tracks } = (await (await fetch(`${other}/timeline/tracks?view=task&limit=1000`)).json()) as TracksAnswer
    const child = tracks.find(({ parent }) => parent != null)!
    const page = await open(browser, `${other}/trace?view=task#task=${child.id}`)
    await panelWith(page, `(${child.id})`)
    await page.locator('#tl-panel dt:text-is("Parent") + dd a').click()
    await panelWith(page, `(${child.parent})`)
    t.match(page.url(), `task=${child.parent}`)
    const full = (await page.locator('#tl-panel').boundingBox())!.height
    await page.goto(`${other}/trace#sel=999999@5`)
    await panelWith(page, 'This trace has no goroutine 999999')
    t.ok((await page.locator('#tl-panel').boundingBox())!.height < full / 3)
    await page.close()
  })

  t.test('the corner tells of arrows where they are wanted, though regions are left out', async t => {
    const context = await browser.newContext()
    await context.route(/timeline\/regions/, route =>
      route.fulfill({
        json: { regions: [], logs: [], samples: [], totals: { regions: 5001, logs: 0, samples: 0 } },
      }),
    )
    const page = await open(context, `${url}/trace`)
    const corner = page.locator('#tl-corner')
    await corner.filter({ hasText: 'zoom in for regions and logs' }).waitFor()
    await page.click('#tl-arrows')
    await corner.filter({ hasText: /arrows: zoom in$/ }).waitFor()
    t.pass('arrows')
    await context.close()
  })

  t.test('all arrows, and how many are left out', async t => {
    const page = await open(browser, `${url}/trace`)
    const faults = faultsOf(page, url)
    await page.click('#tl-arrows')
    const corner = page.locator('#tl-corner')
    await corner.filter({ hasText: /^[\d,]+ of [\d,]+ arrows: zoom in$/ }).waitFor()
    t.equal(await page.locator('#tl-arrows').getAttribute('aria-pressed'), 'true')
    const close = await open(browser, `${url}/trace?view=proc#from=36500000&to=37000000&x=2`)
    const { arrows } = (await (await fetch(`${url}/timeline/arrows?from=36500000&to=37000000`)).json()) as ArrowsAnswer
    await close.locator('#tl-corner', { hasText: `${arrows.length} arrows` }).waitFor()
    t.ok(arrows.length > 10, 'the window has some, and a link shows them')
    await page.focus('#tl-main')
    await page.keyboard.press('x')
    await corner.filter({ hasText: 'time since the first event' }).waitFor()
    t.match(await urlWith(page, 'x=0'), 'x=0', 'after all of them none')
    t.same(faults, [])
    await close.close()
    await page.close()
  })

  t.test('frames of the stacks under the tracks', async t => {
    const page = await open(browser, `${url}/trace#sel=32@16280000&from=16000000&to=16600000`)
    const faults = faultsOf(page, url)
    await panelWith(page, 'G32')
    const { endStack } = (await (await fetch(`${url}/timeline/span?goid=32&at=16280000`)).json()) as SpanAnswer
    // Regions, which come after the tiles, make a track higher.
    await page.waitForLoadState('networkidle')
    const label = (of: Page) => of.locator('#tl-gutter [role=treeitem].sel')
    const lane = (await label(page).boundingBox())!.height
    const boxOf = async (of: Page) => ((await label(of).count()) === 0 ? null : label(of).boundingBox())
    const isHigher = (of: Page) => until(async () => ((await boxOf(of))?.height ?? 0) > lane + 8 * 13)
    await page.focus('#tl-main')
    await page.keyboard.press('c')
    await isHigher(page)
    const link = await urlWith(page, 'c=1')
    const other = await open(browser, link)
    await panelWith(other, 'G32')
    await isHigher(other)
    t.equal(await other.locator('#tl-stacks').getAttribute('aria-pressed'), 'true', 'a link shows them')
    const canvas = (await other.locator('#tl-lanes').boundingBox())!
    const { y, height } = (await label(other).boundingBox())!
    const x = canvas.x + (canvas.width * 280_000) / 600_000
    // The lowest frame is the eighth, and two pixels are free below it.
    await other.mouse.move(x, y + height - 8)
    await other.locator('.tip', { hasText: 'frame 8 of the stack' }).waitFor()
    t.match(await other.locator('.tip').textContent(), endStack.at(-8)!.func)
    await other.mouse.move(x, y + height - 8 - 7 * 13)
    await other.locator('.tip', { hasText: 'outermost frame' }).waitFor()
    t.match(await other.locator('.tip').textContent(), endStack.at(-1)!.func)
    await other.mouse.click(x, y + height - 8)
    await panelWith(other, 'Stopped here')
    await page.keyboard.press('c')
    await until(async () => (await label(page).boundingBox())?.height === lane)
    await until(async () => !page.url().includes('c=1'))
    const wide = await open(browser, `${url}/trace#c=1`)
    await wide.keyboard.press('?')
    t.match(await wide.locator('dialog.help').textContent(), 'frames of the stacks')
    t.same(faults, [])
    for (const opened of [page, other, wide]) await opened.close()
  })

  t.test('a moment on a lane of the runtime leads to its goroutine', async t => {
    const page = await open(browser, `${url}/trace#from=32000000&to=32400000`)
    const label = page.locator('#tl-gutter [role=treeitem]', { hasText: /^Network$/ })
    const { y, height } = (await label.boundingBox())!
    const canvas = (await page.locator('#tl-lanes').boundingBox())!
    const response = await fetch(`${url}/timeline/tile?view=runtime&tracks=4-4&level=14&index=3`)
    const tile = decodeTile(new Uint8Array(await response.arrayBuffer()))
    const [track] = tile.tracks
    if (track.form !== 'spans') throw new Error('columns, where moments were expected')
    const at = track.starts.findIndex(start => start > 32_050_000)
    const goid = tile.texts[track.others[at]]
    await page.mouse.click(canvas.x + (canvas.width * (track.starts[at] - 32_000_000)) / 400_000, y + height / 2)
    await panelWith(page, `G${goid}`)
    t.equal(nsOf(await factOf(page, 'From')), track.starts[at], 'the span that begins then')
    await page.close()
  })

  t.test('a range', async t => {
    const page = await open(browser, `${url}/trace`)
    const canvas = (await page.locator('#tl-lanes').boundingBox())!
    await page.mouse.move(canvas.x + 100, canvas.y + 200)
    await page.mouse.down()
    await page.mouse.move(canvas.x + 300, canvas.y + 200, { steps: 4 })
    await page.mouse.up()
    await panelWith(page, 'Range of')
    const text = (await page.locator('#tl-panel').textContent())!
    t.match(text, 'main.main.func2')
    t.match(text, 'Longest waits')
    const range = /range=(\d+)-(\d+)/.exec(await urlWith(page, 'range='))!
    const link = await page.locator('#tl-panel header a[href^="jsontrace"]').getAttribute('href')
    t.equal(link, `jsontrace?from=${range[1]}&to=${range[2]}&download=1`)
    for (const kind of ['io', 'block', 'syscall', 'sched']) {
      const profile = page.locator(`#tl-panel a[href="${kind}?from=${range[1]}&to=${range[2]}"]`)
      t.equal(await profile.count(), 1, `the ${kind} profile of this range`)
    }
    const isOver = await page.evaluate<boolean>(`{
      document.querySelector('#tl-panel').scrollTo(0, 60)
      const { top, bottom } = document.querySelector('#tl-panel header').getBoundingClientRect()
      Array.from(document.querySelectorAll('#tl-panel th'), head => head.getBoundingClientRect()).some(
        ({ left, width }) => document.elementFromPoint(left + width / 2, (top + bottom) / 2).closest('th') !== null,
      )
    }`)
    t.equal(isOver, false, 'scrolled down, no head of a table lies over the heading')
    const old = await open(browser, `${url}/trace#10:20.5`)
    await panelWith(old, 'Range of 10.5ms')
    await old.close()
    await page.close()
  })

  t.test('the flame graph of a range is that of the profile pages', async t => {
    const other = await serveTrace(t, 'cpuprofile-go1.26')
    const page = await open(browser, `${other}/trace#0:1000`)
    const faults = faultsOf(page, other)
    await panelWith(page, 'CPU samples in this range')
    const answer = await fetch(`${other}/timeline/range?from=0&to=1000000000`)
    const { flame } = (await answer.json()) as RangeAnswer
    t.ok(flame.samples > 50, 'there are samples')
    const tip = page.locator('.tip:visible')
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
      return tip.textContent()
    }
    await page.focus('#tl-panel canvas')
    t.match(await press('Home'), `all stacks${flame.samples} samples · 100.00% of all`)
    const roots = flame.nodes.filter(({ parent }) => parent < 0)
    const largest = roots.reduce((best, root) => (root.samples > best.samples ? root : best))
    const share = ((100 * largest.samples) / flame.samples).toFixed(2)
    t.match(await press('ArrowDown'), `${largest.func}${largest.samples} samples · ${share}% of all`)
    t.match(await press('Enter', 'ArrowDown'), /% of the zoom/)
    t.match(await press('Escape', 'Home'), 'all stacks', 'Escape leaves the zoom, not the range')
    await page.fill('#tl-panel input[type=search]', largest.func)
    t.match(
      await page.locator('#tl-panel [role=status]').textContent(),
      /^matches hold [\d,]+ samples, [\d.]+% of all$/,
    )
    await page.locator('#tl-panel canvas').click({ position: { x: 40, y: 30 } })
    t.match(await tip.textContent(), '% of all')
    await page.keyboard.press('Escape')
    await page.focus('#tl-main')
    await page.keyboard.press('Escape')
    await page.locator('#tl-panel').waitFor({ state: 'hidden' })
    t.equal(await page.locator('.tip').count(), 1, 'the tooltip of the graph is gone with it')
    t.same(faults, [])
    await page.close()
  })

  t.test('search', async t => {
    const page = await open(browser, `${url}/trace`)
    await page.focus('#tl-main')
    await page.keyboard.press('/')
    await page.keyboard.type('g32')
    await page.keyboard.press('Enter')
    await panelWith(page, 'G32')
    t.match(await page.locator('#tl-found').textContent(), /^1 of \d/)
    await page.keyboard.press('n')
    t.match(await page.locator('#tl-found').textContent(), /^\d+ of \d/)
    await page.fill('#tl-q', 'nothing like this')
    await page.locator('#tl-found', { hasText: 'no match' }).waitFor()
    await page.close()
  })

  t.test('without script', async t => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${url}/trace?view=thread`)
    t.ok(await page.getByRole('link', { name: 'Download the JSON' }).isVisible())
    t.notOk(await page.locator('#tl-main').isVisible())
    await context.close()
  })

  t.test('other traces', async t => {
    for (const [name, path] of [
      ['tasks-go1.26', '/trace?view=task'],
      ['gc-go1.26', '/trace'],
      ['cpuprofile-go1.19', '/trace'],
      ['empty-go1.26', '/trace'],
    ] as const) {
      const other = await serveTrace(t, name)
      const page = await browser.newPage()
      const faults = faultsOf(page, other)
      await page.goto(other + path)
      await page.waitForSelector('#timeline[data-ready]')
      await page.waitForLoadState('networkidle')
      t.same(faults, [], name)
      t.equal(await page.locator('#tl-message').isVisible(), false, name)
      if (name === 'empty-go1.26') {
        await page.goto(`${other}/trace?view=task`)
        await page.locator('.lb.section', { hasText: 'No tasks in this trace' }).waitFor()
      }
      await page.close()
    }
  })
})

/** How many colours the tracks show, sampled. */
function inkOf(page: Page): Promise<number> {
  return page.evaluate(`{
    const canvas = document.querySelector('#tl-lanes')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    const colours = new Set()
    for (let at = 0; at < data.length; at += 4 * 7) colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2])
    colours.size
  }`)
}
