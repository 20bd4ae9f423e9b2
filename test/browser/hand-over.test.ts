/**
 * Ways to other tools in Chromium: speedscope's page from this server, and the hand-over to a stand-in for
 * ui.perfetto.dev.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core'
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

  /**
   * A page in place of ui.perfetto.dev, which asks nothing of the network. It answers as the real one does and keeps
   * what it is given.
   */
  const standIn = `<!doctype html><title>Perfetto</title><script>
    window.given = []
    addEventListener('message', ({ data, source, origin }) => {
      if (data === 'PING') source.postMessage('PONG', '*')
      else given.push({ origin, keys: Object.keys(data), ...data.perfetto })
    })
  </script>`

  /** The page of a query with the stand-in behind it; `asked` are the requests to other hosts. */
  async function openPage(
    path: string,
    body = standIn,
  ): Promise<{ context: BrowserContext; page: Page; asked: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const asked: string[] = []
    context.on('request', request => {
      if (!request.url().startsWith(`${url}/`)) asked.push(request.url())
    })
    await context.route('https://ui.perfetto.dev/**', route => route.fulfill({ contentType: 'text/html', body }))
    const page = await context.newPage()
    await page.goto(url + path)
    return { context, page, asked }
  }
  const button = (page: Page) => page.getByRole('button', { name: /in Perfetto/ })
  const status = (page: Page, text: string | RegExp) =>
    page.locator('#perfetto-status').filter({ hasText: text }).waitFor({ timeout: 60_000 })

  t.test('Perfetto is given the JSON of the window, after a click', async t => {
    for (const query of ['?view=thread&from=1000000&to=20000000', '?goid=32']) {
      const { context, page, asked } = await openPage(`/perfetto${query}`)
      const faults: string[] = []
      page.on('console', message => message.type() === 'error' && faults.push(message.text()))
      page.on('pageerror', error => faults.push(error.message))
      await page.waitForLoadState('networkidle')
      t.same(asked, [], 'nobody else is asked before')
      const [opened] = await Promise.all([page.waitForEvent('popup'), button(page).click()])
      await status(page, /^Handed over: [\d.]+ MB\.$/)
      await opened.waitForFunction('given.length > 0')
      const wanted = await (await fetch(`${url}/jsontrace${query}`)).text()
      const given = (await opened.evaluate(`(${readGiven})()`)) as Given
      t.equal(given.text, wanted, `${query}: the same bytes`)
      t.strictSame([given.count, given.keys, given.origin], [1, ['perfetto'], url])
      t.match(given.title, /^web-go1\.26\.trace: /)
      t.equal(given.fileName, 'web-go1.26.trace.json')
      t.same(asked, ['https://ui.perfetto.dev/'], 'and it is asked for its page alone')
      t.same(faults, [])
      await context.close()
    }
  })

  t.test('without a network it says so, and offers the file', async t => {
    const { context, page, asked } = await openPage('/perfetto?from=0&to=1000000')
    await context.setOffline(true)
    await button(page).click()
    await status(page, /no network.*downloaded/)
    t.equal(context.pages().length, 1, 'no tab is opened')
    t.same(asked, [])
    await context.setOffline(false)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download the JSON' }).click(),
    ])
    t.equal(download.suggestedFilename(), 'web-go1.26.trace.json')
    await context.close()
  })

  t.test('a page that does not answer, or is closed, or a JSON that cannot be read', async t => {
    const silent = await openPage('/perfetto', '<!doctype html><title>nobody</title>')
    await silent.page.clock.install()
    await button(silent.page).click()
    await status(silent.page, 'waiting for Perfetto')
    await silent.page.clock.fastForward(30_000)
    await status(silent.page, /did not answer.*downloaded/)
    t.ok(await button(silent.page).isEnabled())
    await silent.context.close()

    const foreign = await openPage(
      '/perfetto',
      `<!doctype html><iframe srcdoc="<script>parent.opener.postMessage('PONG', '*')</script>"></iframe>`,
    )
    const [opened] = await Promise.all([foreign.page.waitForEvent('popup'), button(foreign.page).click()])
    await status(foreign.page, 'waiting for Perfetto')
    t.pass('a PONG of another window does not count')
    await opened.close()
    await status(foreign.page, 'was closed')
    await foreign.context.close()

    const broken = await openPage('/perfetto')
    await broken.page.route('**/jsontrace*', route =>
      route.fulfill({ status: 503, json: { message: 'Too many exports.' } }),
    )
    await button(broken.page).click()
    await status(broken.page, /^Too many exports\. The file can be downloaded/)
    await broken.context.close()
  })

  t.test('more than 500 MB', async t => {
    const { context, page } = await openPage('/perfetto')
    // The estimate of the page may be wrong: the script keeps to it, and asks.
    await page.evaluate(`document.getElementById('perfetto-open').dataset.most = '1000'`)
    await button(page).click()
    await status(page, /more than was to be expected/)
    t.equal(await button(page).textContent(), 'Open all of it in Perfetto')
    const [opened] = await Promise.all([page.waitForEvent('popup'), button(page).click()])
    await opened.waitForFunction('given.length > 0')
    t.pass('the second click reads all of it')
    await context.close()
  })
})

interface Given {
  readonly text: string
  readonly count: number
  readonly keys: string[]
  readonly origin: string
  readonly title: string
  readonly fileName: string
}

/** Run in the stand-in. */
const readGiven = `() => {
  const [{ buffer, ...rest }] = given
  return { ...rest, count: given.length, text: new TextDecoder().decode(buffer) }
}`
