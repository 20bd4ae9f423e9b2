/**
 * Every key and gesture of the timeline, as users of other viewers know them: what each does to the window and the
 * selection.
 */
import type { Browser, CDPSession, Page } from 'playwright-core'
import t from 'tap'
import type { SpanAnswer, TracksAnswer } from '../../server/shared/timeline.js'
import { launchBrowser, noBrowser } from '../helpers/browser.js'
import { serveTrace } from '../helpers/serve-trace.js'
import {
  factOf,
  nsOf,
  open,
  type PageWindow,
  panelWith,
  until,
  urlWith,
  windowAfter,
} from '../helpers/timeline-page.js'

type Test = Pick<typeof t, 'ok'>

t.setTimeout(600_000)
t.test('in a browser', { skip: noBrowser() }, async t => {
  const browser: Browser = await launchBrowser()
  t.teardown(() => browser.close())
  const url = await serveTrace(t, 'web-go1.26')
  const { endNs } = (await (await fetch(`${url}/timeline/tracks?view=group`)).json()) as TracksAnswer
  const whole = { from: 0, to: endNs }
  const from = 20_000_000
  const to = 30_000_000
  const middle = `${url}/trace#from=${from}&to=${to}`
  const length = ({ from, to }: PageWindow) => to - from
  const is = (t: Test, found: PageWindow, wanted: PageWindow, message: string) => {
    const slack = length(wanted) / 500
    const isNear = Math.abs(found.from - wanted.from) <= slack && Math.abs(found.to - wanted.to) <= slack
    t.ok(isNear, `${message}: ${found.from} to ${found.to}`)
  }
  const boxOf = async (page: Page, selector = '#tl-lanes') => (await page.locator(selector).boundingBox())!
  const after = (page: Page, move: () => Promise<unknown>) => windowAfter(page, move, whole)

  t.test('W A S D, 0, undo and redo', async t => {
    const page = await open(browser, middle)
    await page.focus('#tl-main')
    const press = (key: string) => after(page, () => page.keyboard.press(key))
    is(t, await press('d'), { from: 22e6, to: 32e6 }, 'D: a fifth to the right')
    is(t, await press('a'), { from, to }, 'A: to the left')
    is(t, await press('Shift+D'), { from: 30e6, to: 40e6 }, 'Shift+D: a screen')
    is(t, await press('Shift+A'), { from, to }, 'Shift+A')
    is(t, await press('w'), { from: 21.5e6, to: 28.5e6 }, 'W: closer, in the middle where no pointer is')
    is(t, await press('s'), { from, to }, 'S: back')
    is(t, await press('0'), whole, '0: the whole trace')
    is(t, await press('z'), { from, to }, 'Z: undo')
    is(t, await press('Shift+Z'), whole, 'Shift+Z: redo')
    is(t, await press('Alt+ArrowLeft'), { from, to }, 'Alt+←: undo, where no arrow was followed')
    const { x, y, width } = await boxOf(page)
    await page.mouse.move(x + width * 0.9, y + 60)
    is(t, await press('w'), { from: 22.7e6, to: 29.7e6 }, 'W: closer, at the pointer')
    await page.close()
  })

  t.test('arrow keys, F, Enter, M, ], E and Q', async t => {
    const page = await open(browser, `${url}/trace#sel=32@16289000&from=16000000&to=17000000`)
    await panelWith(page, 'This goroutine')
    await page.focus('#tl-main')
    const [spanFrom, spanTo] = [nsOf(await factOf(page, 'From')), nsOf(await factOf(page, 'To'))]
    const margin = (spanTo - spanFrom) * 0.15
    const fitted = { from: spanFrom - margin, to: spanTo + margin }
    is(t, await after(page, () => page.keyboard.press('f')), fitted, 'F: the selection')
    is(t, await after(page, () => page.keyboard.press('f')), { from: 16e6, to: 17e6 }, 'F again: back')
    is(t, await after(page, () => page.keyboard.press('Enter')), fitted, 'Enter: the span')
    await page.keyboard.press('m')
    t.match(await urlWith(page, 'mark='), `mark=${spanFrom}-${spanTo}`, 'M: its time is marked')
    await page.keyboard.press('m')
    await until(async () => !page.url().includes('mark='))
    await page.keyboard.press('ArrowDown')
    await page.locator('#tl-panel header a', { hasText: /^G33$/ }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.locator('#tl-panel header a', { hasText: /^G32$/ }).waitFor()
    t.pass('↓ ↑: the tracks beside')
    const from = await factOf(page, 'From')
    await page.keyboard.press('ArrowRight')
    await until(async () => (await factOf(page, 'From')) !== from)
    t.ok(nsOf(await factOf(page, 'From')) > nsOf(from), '→: the next span')
    let releaseWaker = () => {}
    const wakerAnswers = new Promise<void>(resolve => {
      releaseWaker = resolve
    })
    // The span first, then who woke it: this answer comes after the panel was hidden.
    await page.route('**/timeline/span?*', async (route, request) => {
      if (!request.url().includes('goid=32')) await wakerAnswers
      await route.continue()
    })
    await page.keyboard.press('ArrowLeft')
    await until(async () => (await factOf(page, 'From')) === from)
    await page.keyboard.press('q')
    await page.locator('#tl-panel').waitFor({ state: 'hidden' })
    const waker = page.waitForResponse(response => response.url().includes('/timeline/span'))
    releaseWaker()
    await (await waker).finished()
    await page.waitForTimeout(100)
    t.ok(await page.locator('#tl-panel').isHidden(), 'Q: hidden also when the name of the waker comes later')
    await page.unroute('**/timeline/span?*')
    await page.keyboard.press('q')
    await page.locator('#tl-panel').waitFor()
    t.pass('Q: without the panel, and with it')
    const rows = page.locator('#tl-gutter .lb.in-group')
    await page.keyboard.press('e')
    await page.locator('#tl-gutter .lb.sel').waitFor({ state: 'detached' })
    await page.keyboard.press('e')
    await rows.first().waitFor()
    t.pass('E: the group is closed, and open')
    const spanOf = async (goid: string, at: number) =>
      (await (await fetch(`${url}/timeline/span?goid=${goid}&at=${at}`)).json()) as SpanAnswer
    const { wokenBy } = await spanOf('32', spanFrom)
    const { wakesNext } = await spanOf(String(wokenBy!.goid), wokenBy!.atNs)
    const other = await open(browser, `${url}/trace#sel=${wokenBy!.goid}@${wokenBy!.atNs}`)
    await panelWith(other, 'This goroutine')
    await other.focus('#tl-main')
    await other.keyboard.press(']')
    await other.locator('#tl-panel header a', { hasText: `G${wakesNext!.goid}` }).waitFor()
    t.pass(']: whom it wakes')
    await other.close()
    await page.close()
  })

  t.test('views by 1 to 4', async t => {
    const page = await open(browser, middle)
    for (const [key, view] of ['proc', 'thread', 'task', 'goroutine'].map((view, i) => [[2, 3, 4, 1][i], view])) {
      await page.keyboard.press(String(key))
      await page.waitForURL(`**/trace?view=${view}#**`)
      await page.waitForSelector('#timeline[data-ready]')
      t.match(page.url(), `from=${from}&to=${to}`, `${key}: ${view}, at the same window`)
    }
    await page.close()
  })

  t.test('wheel, drag and double click', async t => {
    const page = await open(browser, middle)
    const { x, y, width, height } = await boxOf(page)
    await page.mouse.move(x + width / 4, y + 300)
    const wheel = (key: string, deltaY: number) => async () => {
      await page.keyboard.down(key)
      await page.mouse.wheel(0, deltaY)
      await page.keyboard.up(key)
    }
    const closer = await after(page, wheel('Control', -200))
    t.ok(length(closer) < 0.7 * (to - from), 'Ctrl and the wheel: closer')
    const fixed = closer.from + length(closer) / 4
    t.ok(Math.abs(fixed - 22.5e6) < 10_000, 'at the pointer')
    const panned = await after(page, wheel('Shift', 120))
    t.ok(panned.from > closer.from && Math.abs(length(panned) - length(closer)) < 2, 'Shift and the wheel: to the side')
    await page.mouse.wheel(0, 100)
    await until(async () => ((await page.evaluate(`document.querySelector('#tl-main').scrollTop`)) as number) > 50)
    t.pass('the wheel alone: down the tracks')
    const drag = async (byX: number, button: 'left' | 'middle' = 'left') => {
      await page.mouse.move(x + width / 2, y + height - 40)
      await page.mouse.down({ button })
      await page.mouse.move(x + width / 2 + byX, y + height - 40, { steps: 5 })
      await page.mouse.up({ button })
    }
    await page.keyboard.down('Shift')
    const dragged = await after(page, () => drag(-width / 10))
    await page.keyboard.up('Shift')
    const step = length(panned) / 10
    is(t, dragged, { from: panned.from + step, to: panned.to + step }, 'Shift and drag: pans with the pointer')
    is(t, await after(page, () => drag(width / 10, 'middle')), panned, 'so does the middle button')
    await drag(width / 10)
    await panelWith(page, 'Range of')
    const [rangeFrom, rangeTo] = /range=(\d+)-(\d+)/
      .exec(await urlWith(page, 'range='))!
      .slice(1)
      .map(Number)
    t.ok(Math.abs(rangeTo - rangeFrom - step) < step / 50, 'drag: a range')

    const span = (await (await fetch(`${url}/timeline/span?goid=32&at=16289000`)).json()) as SpanAnswer
    const other = await open(browser, `${url}/trace#sel=32@16289000&from=16260000&to=16310000`)
    await panelWith(other, 'This goroutine')
    const label = await boxOf(other, '#tl-gutter .lb.sel')
    const spanX = (canvas: { x: number; width: number }) =>
      canvas.x + (canvas.width * (16_280_000 - 16_260_000)) / 50_000
    const canvas = await boxOf(other)
    const fitted = await after(other, () => other.mouse.dblclick(spanX(canvas), label.y + 10))
    const margin = (span.endNs - span.startNs) * 0.15
    is(t, fitted, { from: span.startNs - margin, to: span.endNs + margin }, 'double click: fits the span')
    await other.close()
    await page.close()
  })

  t.test('the origin of the axis', async t => {
    const page = await open(browser, middle)
    const { x, y, width } = await boxOf(page)
    await page.mouse.move(x + width / 2, y + 100)
    await page.locator('.tl-time', { hasText: /^2[45]/ }).waitFor()
    await page.keyboard.press('t')
    const [, origin] = /t0=(\d+)/.exec(await urlWith(page, 't0='))!
    t.ok(Math.abs(Number(origin) - 25e6) < 20_000, 'T: 0 is at the pointer')
    await page.mouse.move(x + width / 4, y + 100)
    await page.locator('.tl-time', { hasText: /^-2\.\d+ms$/ }).waitFor()
    t.pass('times before it are negative')
    await page.keyboard.press('t')
    await until(async () => !page.url().includes('t0='))
    await page.close()
  })

  t.test('the minimap', async t => {
    const page = await open(browser, middle)
    await page.waitForLoadState('networkidle')
    const map = await boxOf(page, '#tl-map')
    const heights = (await page.evaluate(`{
      const canvas = document.querySelector('#tl-map')
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      const probe = (x, y) => data.slice((y * canvas.width + x) * 4, (y * canvas.width + x) * 4 + 3).join()
      Array.from({ length: canvas.width }, (_, x) => {
        // From the floor up to where the colour is that of the ground.
        let y = 35
        while (y > 6 && probe(x, y) !== probe(canvas.width - 1, 7)) y--
        return 35 - y
      })
    }`)) as number[]
    t.ok(new Set(heights).size > 6, `it shows how busy the procs were: ${new Set(heights).size} heights`)
    const at = (time: number) => map.x + (map.width * time) / endNs
    const drag = (start: number, end: number) => async () => {
      await page.mouse.move(at(start), map.y + 22)
      await page.mouse.down()
      await page.mouse.move(at(end), map.y + 22, { steps: 4 })
      await page.mouse.up()
    }
    const pixel = endNs / map.width
    const near = (found: PageWindow, wanted: PageWindow, message: string) =>
      t.ok(
        Math.abs(found.from - wanted.from) < 3 * pixel && Math.abs(found.to - wanted.to) < 3 * pixel,
        `${message}: ${found.from} to ${found.to}`,
      )
    near(await after(page, drag(25e6, 35e6)), { from: 30e6, to: 40e6 }, 'a drag moves the window')
    near(await after(page, drag(40e6, 50e6)), { from: 30e6, to: 50e6 }, 'its right handle resizes it')
    near(await after(page, drag(30e6, 45e6)), { from: 45e6, to: 50e6 }, 'and its left one')
    near(await after(page, drag(10e6, 10e6)), { from: 7.5e6, to: 12.5e6 }, 'a click brings it there')
    is(t, await after(page, () => page.keyboard.press('0')), whole, '0: the whole trace')
    near(await after(page, drag(20e6, 40e6)), { from: 20e6, to: 40e6 }, 'of the whole trace a drag opens a part')
    await page.close()
  })

  t.test('tiles come before regions', async t => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    const asked: string[] = []
    let release = () => {}
    const late = new Promise<void>(resolve => {
      release = resolve
    })
    await page.route(/timeline\/(tile|regions)/, async route => {
      asked.push(new URL(route.request().url()).pathname)
      await late
      await route.continue()
    })
    await page.goto(`${url}/trace`)
    await page.waitForSelector('#timeline[data-ready]')
    await until(async () => asked.length > 0)
    t.notOk(asked.includes('/timeline/regions'), 'not while tiles are missing')
    release()
    await until(async () => asked.includes('/timeline/regions'))
    await page.close()
  })

  t.test('what comes late', async t => {
    const page = await browser.newPage({ viewport: { width: 390, height: 600 } })
    let release = () => {}
    const late = new Promise<void>(resolve => {
      release = resolve
    })
    await page.route(/view=(runtime|proc)&/, async route => {
      await late
      await route.continue()
    })
    await page.goto(`${url}/trace`)
    await page.locator('#tl-gutter .lb').first().waitFor()
    release()
    await page.waitForSelector('#timeline[data-ready]')
    await page.waitForLoadState('networkidle')
    t.equal(
      await page.evaluate(`document.querySelector('#tl-main').scrollTop`),
      0,
      'above the first row: it opens at the top',
    )
    await page.close()
  })

  t.test('touch', async t => {
    const context = await browser.newContext({ hasTouch: true, isMobile: true })
    const page = await context.newPage()
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto(`${url}/trace#sel=32@16289000&from=16000000&to=17000000`)
    await page.waitForSelector('#timeline[data-ready]')
    await page.waitForLoadState('networkidle')
    const hidden = await page.$$eval('#tl-panel > header > *', parts =>
      parts.filter(part => part.getBoundingClientRect().right > 390).map(part => part.textContent),
    )
    t.same(hidden, [], 'the heading of the panel is there as a whole')
    const cdp = await context.newCDPSession(page)
    const { x, y, width } = await boxOf(page)
    const start = { from: 16e6, to: 17e6 }
    const line = y + 120
    const panned = await after(page, async () => {
      await touch(cdp, 'touchStart', [x + 300, line])
      for (const to of [280, 240, 200]) await touch(cdp, 'touchMove', [x + to, line])
      await touch(cdp, 'touchEnd')
    })
    const moved = panned.from - start.from
    t.ok(Math.abs(moved - (1e6 * 100) / width) < 1e6 / width, `one finger pans: ${moved}`)
    const pinched = await after(page, async () => {
      await touch(cdp, 'touchStart', [x + 150, line], [x + 250, line])
      for (const by of [20, 40, 50]) await touch(cdp, 'touchMove', [x + 150 - by, line], [x + 250 + by, line])
      await touch(cdp, 'touchEnd')
    })
    t.ok(Math.abs(length(pinched) / length(panned) - 0.5) < 0.05, `two zoom: to ${length(pinched)}`)
    const centre = (window: PageWindow) => window.from + (length(window) * 200) / width
    t.ok(Math.abs(centre(pinched) - centre(panned)) < 20_000, 'between them')
    const label = await boxOf(page, '#tl-gutter .lb.sel')
    const tapped = pinched.from + length(pinched) / 2
    await page.touchscreen.tap(x + width / 2, label.y + 26)
    await until(async () => nsOf(await factOf(page, 'From')) <= tapped && tapped < nsOf(await factOf(page, 'To')))
    t.pass('a tap selects')
    const low = (await boxOf(page)).y + 60
    await touch(cdp, 'touchStart', [x + 100, low])
    // Longer than a press has to be.
    await page.waitForTimeout(700)
    for (const to of [120, 160, 200]) await touch(cdp, 'touchMove', [x + to, low])
    await touch(cdp, 'touchEnd')
    await panelWith(page, 'Range of')
    const [rangeFrom, rangeTo] = /range=(\d+)-(\d+)/
      .exec(await urlWith(page, 'range='))!
      .slice(1)
      .map(Number)
    const wanted = (length(pinched) * 100) / width
    t.ok(Math.abs(rangeTo - rangeFrom - wanted) < wanted / 20, 'a long press and a drag select a range')
    await context.close()
  })
})

type Finger = readonly [x: number, y: number]

function touch(cdp: CDPSession, type: 'touchStart' | 'touchMove' | 'touchEnd', ...fingers: Finger[]): Promise<unknown> {
  return cdp.send('Input.dispatchTouchEvent', { type, touchPoints: fingers.map(([x, y], id) => ({ x, y, id })) })
}
