/** Chromium for the tests that need one. */
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const paths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** False, or why tests with a browser are skipped here. */
export function noBrowser(): string | false {
  return paths.some(existsSync) ? false : `no browser at ${paths.join(', ')}`
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: paths.find(existsSync)!, args: ['--no-sandbox'] })
}
