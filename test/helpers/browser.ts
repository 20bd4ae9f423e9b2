/** Chromium for the tests that need one. */
import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const paths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** False, or why tests with a browser are skipped here. */
export function noBrowser(): string | false {
  return paths.some(existsSync) ? false : `no browser at ${paths.join(', ')}`
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: paths.find(existsSync)!, args: ['--no-sandbox'] })
}

/**
 * What a page may not do, collected while it is open: errors on the console, and requests to another host than
 * `origin`.
 */
export function faultsOf(page: Page, origin: string): string[] {
  const faults: string[] = []
  page.on('console', message => message.type() === 'error' && faults.push(message.text()))
  page.on('pageerror', error => faults.push(error.message))
  page.on('request', request => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) faults.push(request.url())
  })
  return faults
}
