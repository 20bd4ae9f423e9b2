/**
 * The profile and MMU pages in Chromium, over a real trace: what the scripts draw, keys, axe, no fault on the console.
 */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import t, { type Test } from 'tap'
import { LayoutPool } from '../../server/engine/layout.js'
import { hostTrace } from '../../server/engine/trace-host.js'
import { appOf } from '../helpers/app.js'
import { faultsOf, launchBrowser, noBrowser } from '../helpers/browser.js'
import { fixture } from '../helpers/fixtures.js'

async function serve(t: Test): Promise<string> {
  const client = hostTrace(fixture('web-go1.26').path)
  const layouts = new LayoutPool()
  const app = appOf(client, { file: 'web-go1.26.trace', pageWaitMs: 60_000, layout: layouts.layout })
  t.teardown(async () => {
    app.server.closeAllConnections()
    await app.close()
    await layouts.close()
    await client.close()
  })
  return app.listen({ host: '127.0.0.1', port: 0 })
}

t.setTimeout(300_000)
t.test('in a browser', { skip: noBrowser() }, async t => {
  const browser: Browser = await launchBrowser()
  t.teardown(() => browser.close())
  const url = await serve(t)

  t.test('every page, both themes and widths', async t => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [390, 1280]) {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } })
        for (const path of ['/block', '/block?as=graph', '/sched?as=top', '/io?name=main.main', '/mmu']) {
          const page = await context.newPage()
          const faults = faultsOf(page, url)
          const name = `${path} ${colorScheme} ${width}`
          await page.goto(url + path, { waitUntil: 'networkidle' })
          t.same(faults, [], `${name}: no fault on the console, no foreign request`)
          const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
          t.ok((overflow as number) <= 0, `${name}: does not scroll sideways`)
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

  t.test('the flame graph', async t => {
    const page = await browser.newPage()
    await page.goto(`${url}/block`)
    await page.waitForSelector('#flame[data-drawn] canvas')
    const tip = page.locator('.tip')
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
      return tip.textContent()
    }
    await page.focus('#flame canvas')
    t.match(await press('ArrowDown'), /net\/http\.\(\*persistConn\)\.writeLoop[\s\S]*619\.131711ms · 47\.65% of all/)
    t.match(await press('ArrowRight'), 'main.main.func2')
    t.match(await press('Enter', 'ArrowDown'), /\(\*Client\)\.Get[\s\S]*% of the zoom/)
    t.match(await press('Escape', 'Home'), 'all stacks')
    t.notMatch(await tip.textContent(), 'of the zoom')
    await page.keyboard.press('Tab')
    t.notOk(await tip.isVisible(), 'the tooltip goes with the focus')

    await page.keyboard.press('f')
    await page.keyboard.type('roundTrip')
    t.equal(await page.locator('#flame-note').textContent(), 'matches hold 455ms, 35.0% of all')
    const box = (await page.locator('#flame canvas').boundingBox())!
    await page.mouse.click(box.x + box.width * 0.6, box.y + 30)
    t.match(await tip.textContent(), 'main.main.func2')
    await page.mouse.move(box.x + 20, box.y + 50)
    t.match(await tip.textContent(), /% of the zoom/, 'a click zooms')
    await page.goto(`${url}/block?find=selectgo&by=count`)
    await page.waitForSelector('#flame[data-drawn]')
    t.match(await page.locator('#flame-note').textContent(), /matches hold 2,041, 54\.0% of all/)
    await page.close()
  })

  t.test('without script', async t => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${url}/block`)
    t.ok((await page.locator('svg.flame rect').count()) > 20)
    t.notOk(await page.locator('#flame-find').isVisible())
    await page.goto(`${url}/mmu`)
    t.equal(await page.locator('polyline.curve').count(), 4)
    await page.getByRole('checkbox', { name: /^Sweep/ }).check()
    await page.getByRole('button', { name: 'Show' }).click()
    t.equal(new URL(page.url()).searchParams.get('flags'), 'stw|background|assist|sweep|mut')
    await context.close()
  })

  t.test('tabs and the choice of goroutines', async t => {
    const page = await browser.newPage()
    await page.goto(`${url}/block`)
    await page.focus('#tab-flame')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/block?as=graph')
    t.ok(await page.locator('svg.callgraph').isVisible())
    await page.selectOption('#p-name', 'main.main')
    await page.waitForURL(/name=main\.main/)
    t.match(page.url(), 'as=graph', 'the tab stays')
    t.equal(await page.locator('header .chip').textContent(), 'main.main ✕')
    await page.locator('header .chip').click()
    await page.waitForURL('**/block?as=graph')
    await page.close()
  })

  t.test('the MMU curve', async t => {
    const page = await browser.newPage()
    await page.goto(`${url}/mmu`)
    await page.waitForSelector('#mmu[data-drawn] canvas')
    const readout = page.locator('#mmu-readout')
    t.match(await readout.textContent(), /^26\.3% in the worst 10\.1ms \(0\.1%: 26\.3%, 1%: 26\.3%, 5%: 30\.8%\)$/)
    await page.focus('#mmu')
    await page.keyboard.press('End')
    t.match(await readout.textContent(), /in the worst 69\.2ms/)
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowRight')
    t.match(await readout.textContent(), /^0\.0% in the worst 1\.04ms/)
    await page.keyboard.press('Enter')
    await page.locator('#worst h2', { hasText: '1.04ms' }).waitFor()
    t.match(page.url(), /window=10437\d\d/)
    t.equal(await page.locator('#worst tbody tr').count(), 10)
    await page.getByLabel('Per proc').check()
    await page.waitForURL(/flags=perProc/)
    t.match(page.url(), /window=10437\d\d/, 'the window stays')
    await page.close()
  })
})
