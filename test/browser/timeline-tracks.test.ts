/**
 * Going through the timeline by keys: on the track that was chosen, at one moment, after who woke whom; and what is
 * said of it.
 */
import type { Browser, Page } from 'playwright-core'
import t from 'tap'
import type { NeighboursAnswer, SpanAnswer, TracksAnswer } from '../../server/shared/timeline.js'
import { launchBrowser, noBrowser } from '../helpers/browser.js'
import { serveTrace } from '../helpers/serve-trace.js'
import { factOf, nsOf, open, panelWith, until, urlWith } from '../helpers/timeline-page.js'

/** A key as a keyboard of Windows gives it with AltGr, or with Ctrl and Alt. */
const press = (page: Page, key: string, isAltGraph: boolean) =>
  page.evaluate(
    `document.querySelector('#tl-main').dispatchEvent(new KeyboardEvent('keydown', { key: ${JSON.stringify(key)}, ctrlKey: true,
      altKey: true, modifierAltGraph: ${isAltGraph}, bubbles: true, cancelable: true }))`,
  )
const goroutine = (page: Page, id: number | string) =>
  page.locator('#tl-panel header a', { hasText: new RegExp(`^G${id}$`) }).waitFor()

t.setTimeout(300_000)
t.test('in a browser', { skip: noBrowser() }, async t => {
  const browser: Browser = await launchBrowser()
  t.teardown(() => browser.close())
  const url = await serveTrace(t, 'web-go1.26')
  const json = async <A>(path: string) => (await (await fetch(url + path)).json()) as A

  t.test('arrow keys stay on the proc that was clicked, and links name it', async t => {
    const page = await open(browser, `${url}/trace?view=proc#from=16000000&to=17000000`)
    await page.waitForLoadState('networkidle')
    const label = (await page.locator('#tl-gutter .lb', { hasText: /^P0$/ }).boundingBox())!
    const lanes = (await page.locator('#tl-lanes').boundingBox())!
    await page.mouse.click(lanes.x + lanes.width * 0.7, label.y + label.height / 2)
    const [, at] = /sel=p0%40(\d+)/.exec(await urlWith(page, 'sel=p0'))!
    const first = await json<NeighboursAnswer>(`/timeline/neighbours?view=proc&id=0&at=${at}`)
    await goroutine(page, first.here!.goid)
    t.equal(await factOf(page, 'P0 next'), `G${first.next!.goid}`)
    await page.focus('#tl-main')
    await page.keyboard.press('ArrowRight')
    await goroutine(page, first.next!.goid)
    await until(async () => nsOf(await factOf(page, 'From')) === first.next!.startNs)
    t.equal(await factOf(page, 'Proc'), 'P0', 'what the proc runs next')
    const second = await json<NeighboursAnswer>(`/timeline/neighbours?view=proc&id=0&at=${first.next!.startNs}`)
    const other = await open(browser, await urlWith(page, `sel=p0%40${first.next!.startNs}`))
    await goroutine(other, first.next!.goid)
    t.equal(await factOf(other, 'P0 next'), `G${second.next!.goid}`, 'a link knows that it was the proc')
    await other.close()
    await page.keyboard.press('ArrowLeft')
    await until(async () => nsOf(await factOf(page, 'From')) === first.here!.startNs)
    await page.keyboard.press('ArrowDown')
    await until(async () => page.url().includes('sel=p1'))
    t.pass('↓: the proc below')
    await page.close()
  })

  t.test('↓ and ↑ come back to the same span', async t => {
    const spanOf = (goid: number | string, at: number) => json<SpanAnswer>(`/timeline/span?goid=${goid}&at=${at}`)
    const middle = ({ startNs, endNs }: SpanAnswer) => Math.floor((startNs + endNs) / 2)
    let span = await spanOf(33, 34_291_000)
    const { tracks } = await json<TracksAnswer>(`/timeline/tracks?view=goroutine&offset=${span.track + 1}&limit=1`)
    // One whose neighbour is at that moment in a span that reaches far beyond it.
    for (;;) {
      const below = middle(await spanOf(tracks[0].id, middle(span)))
      if (below < span.startNs || below >= span.endNs) break
      span = await spanOf(33, span.next!.startNs)
    }
    const page = await open(browser, `${url}/trace#sel=33@${middle(span)}`)
    await panelWith(page, 'This goroutine')
    t.equal(nsOf(await factOf(page, 'From')), span.startNs)
    await page.focus('#tl-main')
    await page.keyboard.press('ArrowDown')
    await goroutine(page, tracks[0].id)
    await page.keyboard.press('ArrowUp')
    await goroutine(page, 33)
    t.equal(nsOf(await factOf(page, 'From')), span.startNs)
    await page.close()
  })

  t.test('where no goroutine is in view, arrow keys open one', async t => {
    const page = await browser.newPage({ viewport: { width: 640, height: 450 } })
    await page.goto(`${url}/trace`)
    await page.waitForSelector('#timeline[data-ready]')
    await page.focus('#tl-main')
    await page.keyboard.press('ArrowDown')
    await panelWith(page, 'This goroutine')
    await page.locator('#tl-gutter .lb.sel').waitFor()
    t.pass('and it is in view')
    await page.close()
  })

  t.test('brackets by AltGr, J and K, and buttons follow who woke whom', async t => {
    const { wokenBy } = await json<SpanAnswer>('/timeline/span?goid=32&at=16280000')
    const link = `${url}/trace#sel=32@16280000&from=16000000&to=16600000`
    const page = await open(browser, link)
    await panelWith(page, 'This goroutine')
    await press(page, '[', false)
    await page.waitForTimeout(200)
    await goroutine(page, 32)
    await press(page, '[', true)
    await goroutine(page, wokenBy!.goid!)
    t.pass('AltGr, but not Ctrl and Alt')
    await page.keyboard.press('Alt+ArrowLeft')
    await goroutine(page, 32)
    await page.keyboard.press('j')
    await goroutine(page, wokenBy!.goid!)
    await page.keyboard.press('Alt+ArrowLeft')
    await goroutine(page, 32)
    await page.getByRole('button', { name: 'Waker' }).click()
    await goroutine(page, wokenBy!.goid!)
    const { wakesNext } = await json<SpanAnswer>(`/timeline/span?goid=${wokenBy!.goid}&at=${wokenBy!.atNs}`)
    await page.focus('#tl-main')
    await page.keyboard.press('k')
    await goroutine(page, wakesNext!.goid)
    await page.close()
  })

  t.test('who woke it is said as far as it is known; one line is read out', async t => {
    const context = await browser.newContext()
    let change: Partial<SpanAnswer> = {}
    await context.route(/timeline\/span/, async route => {
      const answer = await route.fetch()
      await route.fulfill({ json: { ...(await answer.json()), ...change } })
    })
    const by = (reason: string) => ({ goid: null, atNs: 16_000_000, stack: [], waited: { ns: 5, reason } })
    const cases: [Partial<SpanAnswer>, string][] = [
      [{ wokenBy: by('network') }, 'the network poller'],
      [{ wokenBy: by('sleep') }, 'a timer: its sleep was over'],
      [{ wokenBy: by('select') }, 'no goroutine: a timer or the runtime'],
      [{ wokenBy: null, unwoken: 'syscall' }, 'nobody: it came from a syscall'],
      [{ wokenBy: null, unwoken: 'ran' }, 'nobody: it was running before'],
      [{ wokenBy: null, unwoken: null }, 'not seen in this trace'],
      [
        { startedBy: { goid: 29, name: 'main.f', atNs: 7 }, wokenBy: { ...by(''), goid: 29, atNs: 7 } },
        'it was created, by',
      ],
    ]
    const page = await open(context, `${url}/trace`)
    for (const [i, [part, text]] of cases.entries()) {
      change = part
      await page.evaluate(`location.hash = '#sel=32@${16_280_000 + i}&from=16000000&to=16600000'`)
      await panelWith(page, text)
      t.pass(text)
      if (part.wokenBy?.goid == null) {
        await page.locator('#tl-main').press('[')
        await page.locator('#tl-told[role=status]', { hasText: `Woken by: ${text}` }).waitFor()
        t.pass('and by the key that would go there')
      }
      if (text === 'the network poller') {
        t.match(
          await page.locator('#tl-said[role=status]').textContent(),
          /^G32, running 16\.9µs, from 16\.274752ms, woken by the network poller; [\d,]+ of [\d,]+$/,
        )
        t.equal(await page.locator('#tl-panel').getAttribute('aria-live'), null)
      }
    }
    await page.locator('#tl-main').press('Escape')
    t.equal(await page.locator('#tl-told').textContent(), '')
    for (const key of ['f', '[', ']']) await page.locator('#tl-main').press(key)
    t.equal(await page.locator('#tl-told').textContent(), 'Nothing is selected.')
    await context.close()
  })
})
