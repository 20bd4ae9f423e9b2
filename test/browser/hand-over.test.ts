/** Ways to other tools in Chromium: speedscope's page from this server, and the hand-over to a stand-in for ui.perfetto.dev. */
import type { Browser } from 'playwright-core'
import t from 'tap'
import { faultsOf, launchBrowser, noBrowser } from '../helpers/browser.js'
import { serveTrace } from '../helpers/serve-trace.js'

t.setTimeout(300_000)
t.test('in a browser', { skip: noBrowser() }, async t => {
  const browser: Browser = await launchBrowser()
  t.teardown(() => browser.close())
  const url = await serveTrace(t, 'web-go1.26')

  t.test('speedscope shows the frames of the profile, and asks nobody else', async t => {
    for (const path of [
      '/block?as=top',
      '/io?name=net%2Fhttp.%28*conn%29.serve',
      '/syscall?goid=1',
      '/regionblock?type=roundtrip',
      '/regionsched?type=backend',
    ]) {
      const csv = await (await fetch(`${url}${path}&format=csv&sortby=Flat&order=desc`)).text()
      const [, ...functions] = csv.split('\r\n').map(line => line.replaceAll('"', '').split(',')[0])
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
      const faults = faultsOf(page, url)
      await page.goto(url + path)
      await page.getByRole('link', { name: 'speedscope' }).click()
      await page.waitForURL('**/speedscope/#*')
      // The flame graph is pixels; this view has the same frames as a table, the largest first.
      await page.getByText('Sandwich').click()
      await page.locator('tr td:visible').first().waitFor()
      const frames = (await page.locator('tr td:last-child:visible').allTextContents()).map(text => text.trim())
      t.equal(frames[0], functions[0], `${path}: ${functions[0]} first`)
      t.same(
        frames.filter(frame => !functions.includes(frame)),
        [],
        `${path}: no others`,
      )
      t.same(faults, [], `${path}: no fault on the console, no foreign request`)
      await page.close()
    }
  })
})
