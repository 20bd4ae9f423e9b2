/** The page of the timeline in a browser: what it says, once it says so. */
import type { Browser, BrowserContext, Page } from 'playwright-core'

export async function open(browser: Browser | BrowserContext, url: string): Promise<Page> {
  const page = await browser.newPage()
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.goto(url)
  await page.waitForSelector('#timeline[data-ready]')
  return page
}

/** The panel when it says this. */
export const panelWith = (page: Page, text: string | RegExp) =>
  page.locator('#tl-panel').filter({ hasText: text }).waitFor({ timeout: 30_000 })
export const factOf = (page: Page, term: string) =>
  page.locator(`#tl-panel dt:text-is("${term}") + dd`).first().textContent()
export const windowText = (page: Page) => page.locator('#tl-window b').textContent()
/** The window is said with the next frame. */
export const windowIs = (page: Page, text: string | null) =>
  page.locator('#tl-window b').filter({ hasText: text! }).waitFor({ timeout: 30_000 })

/** The window in the URL, ns; that of `whole` where it says nothing. */
export interface PageWindow {
  readonly from: number
  readonly to: number
}

/** The window that the URL tells once it has changed and stands still; it is written when a move has ended. */
export async function windowAfter(page: Page, move: () => Promise<unknown>, whole: PageWindow): Promise<PageWindow> {
  const before = page.url()
  await move()
  await until(async () => page.url() !== before)
  let last = ''
  await until(async () => {
    const isStill = last === page.url()
    last = page.url()
    if (!isStill) await new Promise(resolve => setTimeout(resolve, 250))
    return isStill
  })
  const state = new URLSearchParams(new URL(last).hash.slice(1))
  return { from: Number(state.get('from') ?? whole.from), to: Number(state.get('to') ?? whole.to) }
}

/** The URL, once the state is written into it. */
export async function urlWith(page: Page, part: string): Promise<string> {
  await until(async () => page.url().includes(part))
  return page.url()
}

/** Asks again until it is so; the test's own limit ends it. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 50))
}

const units: Readonly<Record<string, number>> = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 }

export function nsOf(text: string | null): number {
  const [, digits, unit] = /^([\d.]+)(ns|µs|ms|s)$/.exec(text ?? '') ?? []
  return Math.round(Number(digits) * units[unit])
}
