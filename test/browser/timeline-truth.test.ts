/**
 * The timeline where the server is slow, gone, or another one: what is missing looks missing, is said, and comes as
 * soon as it can.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import t from 'tap'
import { launchBrowser, noBrowser } from '../helpers/browser.js'
import { Door } from '../helpers/door.js'
import { serveTrace } from '../helpers/serve-trace.js'
import { open, panelWith, until } from '../helpers/timeline-page.js'

const isBusy = (page: Page, busy: boolean) => page.locator(`#tl-main[aria-busy=${busy}]`).waitFor()
const message = (page: Page) => page.locator('#tl-message')

t.setTimeout(300_000)
t.test('in a browser', { skip: noBrowser() }, async t => {
  const browser: Browser = await launchBrowser()
  t.teardown(() => browser.close())
  const url = await serveTrace(t, 'web-go1.26')
  const slow = async (context: BrowserContext, page: Page) => {
    const cdp = await context.newCDPSession(page)
    await cdp.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 1200,
      downloadThroughput: 60_000,
      uploadThroughput: 60_000,
    })
    return cdp
  }

  t.test('a tile that failed once is asked for again', async t => {
    const context = await browser.newContext()
    const asked: number[] = []
    await context.route(/timeline\/tile\?view=goroutine/, route => {
      asked.push(Date.now())
      return asked.length === 1 ? route.abort() : route.continue()
    })
    const page = await open(context, `${url}/trace`)
    await until(async () => asked.length > 1)
    await isBusy(page, false)
    t.notOk(await message(page).isVisible(), 'and nothing is missing any more')
    await context.close()
  })

  t.test('the server is gone, comes back, comes back with another file', async t => {
    const door = await Door.before(t, url)
    const page = await open(browser, `${door.url}/trace`)
    await isBusy(page, false)
    await door.shut()
    await page.focus('#tl-main')
    for (let step = 0; step < 6; step++) await page.keyboard.press('w')
    await message(page).filter({ hasText: 'The server does not answer.' }).waitFor()
    await message(page)
      .filter({ hasText: /Asking again in \d+ s\./ })
      .waitFor()
    t.equal(await page.getAttribute('#tl-main', 'aria-busy'), 'true')
    const lanes = (await page.locator('#tl-lanes').boundingBox())!
    const label = (await page.locator('#tl-gutter .lb.in-group').first().boundingBox())!
    await page.mouse.move(lanes.x + lanes.width / 2, label.y + 10)
    await page.locator('.tip', { hasText: 'coarse, loading' }).waitFor()
    await page.mouse.click(lanes.x + lanes.width / 2, label.y + 10)
    await panelWith(page, 'Not loaded: The server does not answer.')
    t.ok(await page.locator('#tl-panel button', { hasText: 'Retry' }).isVisible())

    await door.open()
    // It may ask by itself just before the door is open, and then pause for long.
    await until(async () => {
      await page.evaluate(`document.querySelector('#tl-message:not([hidden]) button')?.click()`)
      return page.locator('#tl-panel', { hasText: 'This goroutine' }).isVisible()
    })
    await isBusy(page, false)
    await message(page).waitFor({ state: 'hidden' })
    t.pass('all is here, the span too')

    await door.shut()
    const other = await serveTrace(t, 'gc-go1.26')
    await door.open(other)
    await page.keyboard.press('0')
    for (let step = 0; step < 12; step++) await page.keyboard.press('w')
    await message(page).filter({ hasText: 'The server shows another file now' }).waitFor()
    await Promise.all([page.waitForEvent('load'), message(page).getByRole('button', { name: 'Reload' }).click()])
    await page.waitForSelector('#timeline[data-ready]')
    await isBusy(page, false)
    t.notOk(await message(page).isVisible())
    await page.close()
  })

  t.test('a page whose lists fail opens when they come', async t => {
    const context = await browser.newContext()
    let isFailing = true
    await context.route(/timeline\/tracks\?view=group/, route => (isFailing ? route.abort() : route.continue()))
    const page = await context.newPage()
    await page.goto(`${url}/trace`)
    await message(page).filter({ hasText: 'The server does not answer.' }).waitFor()
    isFailing = false
    await page.waitForSelector('#timeline[data-ready]')
    await isBusy(page, false)
    t.ok((await page.locator('#tl-gutter .lb.group').count()) > 0)
    await context.close()
  })

  t.test('what is not here yet looks like that', async t => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    let release = () => {}
    const late = new Promise<void>(resolve => {
      release = resolve
    })
    await context.route(/timeline\/tile/, async route => {
      await late
      await route.continue()
    })
    const page = await context.newPage()
    await page.goto(`${url}/trace`)
    await page.waitForSelector('#timeline[data-ready]')
    await isBusy(page, true)
    t.ok(await page.locator('#tl-loading').isVisible(), 'a line tells how much is here')
    const lanes = (await page.locator('#tl-lanes').boundingBox())!
    const figure = page.locator('#tl-gutter .lb', { hasText: /^Threads/ })
    const { y, height } = (await figure.boundingBox())!
    t.equal(await figure.textContent(), 'Threads', 'no maximum that nobody measured')
    const dots = (await coloursOf(page, y - lanes.y, height)).size
    t.ok(dots > 1, 'a lane without a tile has a pattern')
    await page.mouse.move(lanes.x + 300, y + height / 2)
    await page.locator('.tip', { hasText: 'loading' }).waitFor()
    release()
    await isBusy(page, false)
    t.match(await figure.textContent(), /^Threadsmax \d+$/)
    t.notOk(await page.locator('#tl-loading').isVisible())
    await context.close()
  })

  t.test('a slow line: what stands in says so, and goes when the true one comes', async t => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    const page = await open(context, `${url}/trace#from=20000000&to=40000000`)
    await isBusy(page, false)
    const cdp = await slow(context, page)
    await page.focus('#tl-main')
    await page.keyboard.press('w')
    await page.keyboard.press('w')
    const figure = page.locator('#tl-gutter .lb', { hasText: /^Heap/ })
    await isBusy(page, true)
    t.equal(await figure.textContent(), 'Heap')
    const lanes = (await page.locator('#tl-lanes').boundingBox())!
    const { y, height } = (await figure.boundingBox())!
    await page.mouse.move(lanes.x + 300, y + height / 2)
    await page.locator('.tip', { hasText: 'coarse, loading' }).waitFor()
    await cdp.detach()
    await isBusy(page, false)
    await page.locator('.tip', { hasText: 'coarse, loading' }).waitFor({ state: 'hidden' })
    t.match(await figure.textContent(), /^Heapmax/)
    await context.close()
  })

  t.test(
    'forced colours: states and frames keep theirs on the ground of the system, also when that is switched on later',
    async t => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } })
        const page = await open(context, `${url}/trace#from=16000000&to=17000000`)
        await isBusy(page, false)
        await page.emulateMedia({ forcedColors: 'active' })
        const ground = colorScheme === 'light' ? 0xffffff : 0
        await until(async () => (await coloursOf(page, 30, 600)).has(ground))
        const found = await coloursOf(page, 30, 600)
        t.ok(found.size > 10, `${colorScheme}: ${found.size} colours on the stage`)
        const runnable = colorScheme === 'light' ? 0xb08000 : 0xf5cc3d
        t.ok(found.has(runnable), 'that of runnable among them')
        await page.goto(`${url}/block`)
        await page.locator('#flame[data-drawn]').waitFor()
        const frames = await coloursOf(page, 0, 60, '#flame canvas')
        t.ok(frames.size > 10 && frames.has(ground), `${colorScheme}: ${frames.size} colours in the flame graph`)
        await context.close()
      }
    },
  )

  t.test('the tooltip is of what lies under the pointer, also after a move by keys or wheel', async t => {
    const page = await open(browser, `${url}/trace#from=20000000&to=40000000`)
    await isBusy(page, false)
    const lanes = (await page.locator('#tl-lanes').boundingBox())!
    const label = (await page.locator('#tl-gutter .lb.in-group').nth(5).boundingBox())!
    await page.mouse.move(lanes.x + lanes.width * 0.2, label.y + 12)
    const tip = page.locator('.tip:visible')
    await tip.waitFor()
    const shown = async () => ((await tip.count()) === 0 ? '' : tip.textContent())
    const first = await shown()
    for (let step = 0; step < 3; step++) await page.keyboard.press('d')
    await isBusy(page, false)
    const moved = await shown()
    t.not(moved, first, 'after D')
    await page.mouse.move(lanes.x + lanes.width * 0.2 + 1, label.y + 12)
    await page.mouse.move(lanes.x + lanes.width * 0.2, label.y + 12)
    t.equal(await shown(), moved, 'it is what a move of the pointer there shows')
    await page.mouse.wheel(0, 60)
    await until(async () => (await shown()) !== moved)
    t.pass('after the wheel')
    await page.close()
  })
})

/** Colours of a canvas between two heights, in its pixels. */
async function coloursOf(page: Page, top: number, height: number, selector = '#tl-lanes'): Promise<Set<number>> {
  const colours = (await page.evaluate(`{
    const canvas = document.querySelector('${selector}')
    const { data } = canvas.getContext('2d').getImageData(0, ${Math.round(top)}, canvas.width, ${Math.round(height)})
    const colours = new Set()
    for (let at = 0; at < data.length; at += 4) colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2])
    Array.from(colours)
  }`)) as number[]
  return new Set(colours)
}
