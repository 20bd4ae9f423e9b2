/** Links of the tables in Chromium: each lands in the timeline with the thing selected and in view. */
import type { Browser, Locator, Page } from 'playwright-core'
import t from 'tap'
import { faultsOf, launchBrowser, noBrowser } from '../helpers/browser.js'
import { serveTrace } from '../helpers/serve-trace.js'

t.setTimeout(300_000)
t.test('in a browser', { skip: noBrowser() }, async t => {
  const browser: Browser = await launchBrowser()
  t.teardown(() => browser.close())
  const url = await serveTrace(t, 'web-go1.26')

  /** Follows a link of a page to the timeline, looks, and gives what was amiss. */
  async function follow(path: string, linkOf: (page: Page) => Locator, look: (page: Page) => Promise<void>) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    const faults = faultsOf(page, url)
    await page.goto(url + path)
    await linkOf(page).click()
    await page.waitForSelector('#timeline[data-ready]')
    await look(page)
    t.same(faults, [], path)
    await page.close()
  }
  const title = (page: Page) => page.locator('#tl-panel .ttl').textContent()
  const fact = (page: Page, term: string) => page.locator(`#tl-panel dt:text-is("${term}") + dd`).first().textContent()
  /** Label of the selected row, which must be on the screen. */
  const selectedRow = async (page: Page) => {
    const label = page.locator('#tl-gutter [aria-selected=true]').last()
    await label.waitFor()
    const { y } = (await label.boundingBox())!
    t.ok(y > 100 && y < 660, `the row is in view, at ${y}`)
    return label.textContent()
  }

  /** Whether a label is between the axis and the panel. */
  const inStage = async (page: Page, label: Locator) => {
    await label.waitFor()
    const box = (await label.boundingBox())!
    const main = (await page.locator('#tl-main').boundingBox())!
    return box.y >= main.y && box.y + box.height <= main.y + main.height
  }

  t.test('a goroutine, and each of its states', async t => {
    await follow(
      '/goroutine?goid=32',
      page => page.getByRole('link', { name: /^Timeline of this/ }),
      async page => {
        t.equal(await page.locator('#tl-panel header a').first().textContent(), 'G32')
        t.match(await selectedRow(page), 'G32')
      },
    )
    const row = (page: Page) => page.locator('#states tbody tr').nth(3)
    const states = await (await fetch(`${url}/goroutine?goid=32&format=json`)).json()
    const state = (states as { states: { state: string; fromNs: number }[] }).states[3]
    await follow(
      '/goroutine?goid=32',
      page => row(page).locator('a').first(),
      async page => {
        t.match(await title(page), new RegExp(`^${state.state}`))
        t.match(page.url(), `sel=32%40${state.fromNs}`)
        t.match(await selectedRow(page), 'G32')
      },
    )
  })

  t.test('a region', async t => {
    const regions = await (await fetch(`${url}/userregion?type=roundtrip&format=json&sortby=Total&order=desc`)).json()
    const [region] = (regions as { regions: { goroutine: number; startNs: number; endNs: number }[] }).regions
    const row = (page: Page) => page.locator('#regions tbody tr').first()
    await follow(
      '/userregion?type=roundtrip',
      page => row(page).getByRole('link', { name: 'timeline' }),
      async page => {
        t.equal(await page.locator('#tl-panel header a').first().textContent(), `G${region.goroutine}`)
        t.match(await fact(page, 'Region'), 'roundtrip')
        t.match(page.url(), `mark=${region.startNs}-${region.endNs}`)
        t.match(await selectedRow(page), `G${region.goroutine}`)
      },
    )
  })

  t.test('a task, and its goroutines', async t => {
    const row = (page: Page) => page.locator('#tasks tbody tr').first()
    let id = ''
    const link = (name: string) => (page: Page) => row(page).getByRole('link', { name, exact: true })
    const page = await browser.newPage()
    await page.goto(`${url}/usertask?type=GET+%2Fslow`)
    id = (await row(page).locator('a').first().textContent())!.replace(/\D/g, '')
    await page.close()
    await follow('/usertask?type=GET+%2Fslow', link('timeline'), async page => {
      t.equal(await title(page), `Task GET /slow (${id})`)
      t.match(await selectedRow(page), id)
      await page.keyboard.press('Escape')
      await page.locator('#tl-panel').waitFor({ state: 'hidden' })
      t.equal(await page.locator('#tl-gutter [aria-selected=true]').count(), 0, 'Escape lets it go')
    })
    await follow('/usertask?type=GET+%2Fslow', link('its goroutines'), async page => {
      t.equal(await title(page), `Task GET /slow (${id})`)
      await page.locator('.lb.section', { hasText: 'Pinned' }).waitFor()
      t.ok(await inStage(page, page.locator('.lb.section', { hasText: 'Pinned' }).locator('+ .lb')), 'and in view')
    })
    const task = await browser.newPage({ viewport: { width: 390, height: 844 } })
    await task.goto(`${url}/trace?focustask=${id}`)
    await task.waitForSelector('#timeline[data-ready]')
    t.equal(await task.locator('nav.seg [aria-current]').textContent(), 'Tasks', 'one to look at, among its subtasks')
    t.ok(await inStage(task, task.locator('#tl-gutter [aria-selected=true]').last()), 'in view on a small screen')
    await task.goto(`${url}/trace?taskid=${id}`)
    await task.waitForSelector('#timeline[data-ready]')
    t.ok(await inStage(task, task.locator('.lb.section', { hasText: 'Pinned' }).locator('+ .lb')), 'its goroutines too')
    await task.close()
  })

  t.test('a worst window', async t => {
    const row = (page: Page) => page.locator('#worst tbody tr').first()
    await follow(
      '/mmu',
      page => row(page).getByRole('link', { name: 'timeline' }),
      async page => {
        await page.locator('#tl-panel .ttl', { hasText: 'Range of 10.1ms' }).waitFor()
        t.equal(await page.locator('#tl-window b').textContent(), '10.1ms', 'and the window is that range')
      },
    )
  })

  t.test('the window of the timeline goes along to Perfetto', async t => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    await page.goto(`${url}/trace?view=thread#from=1000000&to=3000000`)
    await page.waitForSelector('#timeline[data-ready]')
    await page.getByRole('link', { name: 'Perfetto', exact: true }).click()
    await page.waitForURL('**/perfetto?*')
    t.strictSame(
      [...new URL(page.url()).searchParams],
      [
        ['view', 'thread'],
        ['from', '1000000'],
        ['to', '3000000'],
      ],
    )
    t.match(await page.locator('dl.kv').textContent(), '1.00ms to 3.00ms (2.00ms)')
    await page.goBack()
    await page.waitForSelector('#timeline[data-ready]')
    t.equal(await page.locator('#tl-window b').textContent(), '2.00ms', 'and is there again on the way back')
    await page.close()
  })
})
