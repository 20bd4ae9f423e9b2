/**
 * Resolved colours for canvas drawing. A custom property that holds light-dark() is not resolved when it is read, so a
 * probe element is asked, once per theme and name.
 */
const cache = new Map<string, string>()
let probe: HTMLElement | undefined

/** The colour of a token: `colour('f-main')`. */
export function colour(token: string): string {
  let value = cache.get(token)
  if (value === undefined) {
    if (probe === undefined) {
      probe = document.createElement('i')
      probe.className = 'vh'
      document.body.append(probe)
    }
    probe.style.setProperty('color', `var(--${token})`)
    value = getComputedStyle(probe).color
    cache.set(token, value)
  }
  return value
}

addEventListener('themechange', () => cache.clear(), { capture: true })
