/**
 * The pages in Chromium: no error on the console, no request to another host, axe, both themes, 390 and 1280 px, keys.
 */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { appOf } from '../helpers/app.js'
import { launchBrowser, noBrowser } from '../helpers/browser.js'
import { type FakeOptions, fakeClient } from '../helpers/fake-client.js'

const group = '/goroutine?name=net%2Fhttp.%28*conn%29.serve'
const long = `example.com/${'very/long/'.repeat(8)}pkg.(*Type[...]).Method.func1`
/** axe sees these in both themes and widths: together they have every part that the others have. */
const allParts = [
  '/',
  '/help',
  group,
  '/usertask?type=GET+%2Fslow&open=292',
  '/goroutine?goid=31&limit=20',
  '/usertasks',
  '/perfetto',
]
const pages = [
  ...allParts,
  '/goroutines',
  '/goroutines?filter=zzz',
  '/goroutine?name=',
  '/open',
  '/userregions',
  '/userregion?type=encode&pc=4be045',
  '/nope',
  '/goroutines?limit=x',
]

async function serve(
  t: Test,
  options: FakeOptions = {},
): Promise<{ url: string; client: ReturnType<typeof fakeClient> }> {
  const client = fakeClient({ extraNames: [long], ...options })
  const app = appOf(client, { file: 'web-go1.26.trace', pageWaitMs: 1 })
  t.teardown(() => app.close())
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), client }
}

/**
 * What a page may not do, collected while it is open. The browser logs 4xx pages itself; that is no fault of theirs.
 */
function watch(page: Page, origin: string): string[] {
  const faults: string[] = []
  page.on('console', message => {
    const own = /Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())
    if (message.type() === 'error' && !own) faults.push(message.text())
  })
  page.on('pageerror', error => faults.push(error.message))
  page.on('request', request => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:'))
      faults.push(`request ${request.url()}`)
  })
  return faults
}

// Some twenty pages with axe take a while on a busy machine.
t.setTimeout(600_000)
t.test('in a browser', { skip: noBrowser() }, async t => {
  const browser: Browser = await launchBrowser()
  t.teardown(() => browser.close())

  t.test(
    'the head of a table stays in view: under the top bar, or in its own frame where that is too narrow',
    async t => {
      const extraNames = Array.from({ length: 150 }, (_, i) => `main.f${i}`)
      const { url } = await serve(t, { extraNames })
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
      await page.goto(`${url}/goroutines`)
      await page.locator('.tw.fits').first().waitFor()
      const headTop = `document.querySelector('#groups thead th').getBoundingClientRect().top`
      await page.evaluate('scrollTo(0, 1500)')
      t.equal(await page.evaluate(headTop), 44)
      t.equal(
        await page.evaluate(`document.elementFromPoint(300, 56).closest('th') !== null`),
        true,
        'and lies over the rows',
      )
      await page.setViewportSize({ width: 390, height: 800 })
      await page.locator('.tw:not(.fits)').first().waitFor()
      await page.evaluate(`document.querySelector('.tw').scrollTo(0, 1500)`)
      const frameTop = `document.querySelector('.tw').getBoundingClientRect().top`
      const [head, frame] = [await page.evaluate<number>(headTop), await page.evaluate<number>(frameTop)]
      t.ok(Math.abs(head - frame) <= 1, `${head} in a frame at ${frame}`)
      await page.close()
    },
  )

  t.test('rows of statistics stay below the head', async t => {
    const { url } = await serve(t, { members: 300 })
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.goto(`${url}/goroutine?name=main.main.func2`)
    await page.locator('thead .stats').first().waitFor()
    await page.evaluate(`document.querySelector('.tw:has(.stats)').scrollTo(0, 1500)`)
    await page.evaluate('scrollTo(0, 1500)')
    const heights = await page.evaluate<number[]>(`{
      const rows = [...document.querySelectorAll('thead:has(.stats) tr')].map(row => row.getBoundingClientRect())
      rows.slice(1).map(({ top }, i) => Math.round(top - rows[i].bottom)).concat(Math.sign(rows[0].top))
    }`)
    t.ok(heights.length > 3, `${heights.length - 1} rows`)
    t.ok(
      heights.every(height => height === 0 || height === 1),
      'one under the other, in view',
    )
    await page.close()
  })

  t.test('every page, both themes and widths', async t => {
    const { url } = await serve(t)
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [390, 1280]) {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } })
        for (const path of pages) {
          const page = await context.newPage()
          const faults = watch(page, url)
          const name = `${path} ${colorScheme} ${width}`
          await page.goto(url + path)
          t.same(faults, [], `${name}: nothing on the console, no foreign request`)
          const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
          t.ok((overflow as number) <= 0, `${name}: the page does not scroll sideways`)
          // Widths and themes are independent for axe: two of the four pairs show each of them.
          const both = allParts.includes(path)
          if (!(colorScheme === 'light' && width === 1280) && !(both && colorScheme === 'dark' && width === 390)) {
            await page.close()
            continue
          }
          const { violations } = await new AxeBuilder({ page }).analyze()
          const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
          t.same(
            serious.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 160)}`),
            [],
            `${name}: axe`,
          )
          await page.close()
        }
        await context.close()
      }
    }
  })

  t.test('theme, keys and filter', async t => {
    const { url } = await serve(t)
    const page = await browser.newPage({ colorScheme: 'light', viewport: { width: 1280, height: 800 } })
    t.teardown(() => page.close())
    const faults = watch(page, url)
    await page.goto(`${url}/goroutines`)
    const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    const light = await ground()
    await page.click('#theme')
    await page.click('#theme')
    t.not(await ground(), light, 'the button turns the theme')
    await page.reload()
    t.equal(await page.getAttribute('#theme', 'aria-label'), 'Theme: dark', 'and it is kept')

    await page.keyboard.press('f')
    await page.keyboard.type('persist')
    t.equal(await page.locator('#groups tbody tr:visible').count(), 2, 'typing hides rows')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/goroutines?filter=persist')
    t.equal(await page.locator('#groups tbody tr').count(), 2, 'Enter asks the server')

    await page.keyboard.press('/')
    t.equal(await page.evaluate('document.activeElement.id'), 'q')
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.waitForURL('**/help')
    t.same(faults, [])
  })

  t.test('a table can be read and sorted by keyboard', async t => {
    const { url } = await serve(t)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    await page.goto(`${url}/goroutines`)
    await page.focus('#groups th a[title="Sort by Count"]')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/goroutines?sortby=Count&order=desc')
    t.match(await page.textContent('#groups tbody tr:first-child'), 'backgroundRead')
  })

  t.test('a page fills itself when the trace is read', async t => {
    const { url, client } = await serve(t, {
      progress: { ready: false, progress: 0.5, generationsRead: 4, generationsTotal: 8 },
    })
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const faults = watch(page, url)
    await page.goto(`${url}/goroutines`)
    t.match(await page.textContent('h1'), 'needs the whole trace')
    await page.waitForFunction("document.querySelector('[data-progress-text]').textContent.startsWith('4 of 8')")
    const home = await browser.newPage()
    await home.goto(url)
    client.setProgress({ progress: 0.6, generationsRead: 5 })
    await home.locator('[data-progress-bytes]', { hasText: /^60% · [\d.]+ .?i?B of [\d.]+ .?i?B$/ }).waitFor()
    t.equal(await home.locator('[data-progress-text]').textContent(), '5 of 8 generations')
    await home.close()
    client.setProgress({ ready: true, progress: 1, generationsRead: 8 })
    await page.waitForSelector('#groups')
    t.equal(await page.textContent('h1'), 'Goroutines')
    t.same(faults, [])
  })
})
