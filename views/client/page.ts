/** What every page can do beyond links and forms: theme, keys, filter while typing, progress. */
import { isPlain } from './lib/keys.js'
import { watchProgress } from './lib/progress.js'

function setTheme(theme: 'light' | 'dark' | undefined, button: HTMLElement): void {
  if (theme === undefined) delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  try {
    if (theme === undefined) localStorage.removeItem('theme')
    else localStorage.setItem('theme', theme)
  } catch {
    // No storage: the choice holds for this page.
  }
  labelTheme(button)
  window.dispatchEvent(new Event('themechange'))
}

function labelTheme(button: HTMLElement): void {
  button.setAttribute('aria-label', `Theme: ${document.documentElement.dataset.theme ?? 'follow the system'}`)
}

const themeButton = document.getElementById('theme')
if (themeButton !== null) {
  labelTheme(themeButton)
  themeButton.addEventListener('click', () => {
    const now = document.documentElement.dataset.theme
    setTheme(now === undefined ? 'light' : now === 'light' ? 'dark' : undefined, themeButton)
  })
}
for (const media of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
  matchMedia(media).addEventListener('change', () => {
    window.dispatchEvent(new Event('themechange'))
  })
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as Element | null
  return target?.closest('input:not([type=checkbox]), textarea, select') != null
}

addEventListener('keydown', event => {
  if (!isPlain(event)) return
  if (isTyping(event)) {
    if (event.key === 'Escape') (event.target as HTMLElement).blur()
    return
  }
  const wanted: Record<string, string> = { '/': '#q', f: 'main input[type=search]' }
  if (event.key === '?') {
    event.preventDefault()
    document.querySelector<HTMLElement>('[data-help]')?.click()
  } else if (event.key in wanted) {
    const input = document.querySelector<HTMLInputElement>(wanted[event.key])
    if (input?.offsetParent == null) return
    event.preventDefault()
    input.select()
  }
})

/** While typing, rows that are here are hidden; Enter asks the server about all rows. */
for (const input of document.querySelectorAll<HTMLInputElement>('[data-filter]')) {
  const table = document.getElementById(input.dataset.filter!) as HTMLTableElement | null
  const count = document.getElementById(`${input.dataset.filter}-count`)
  if (table === null) continue
  const asAnswered = count?.textContent ?? ''
  const rows = [...table.tBodies[table.tBodies.length - 1].rows]
  input.addEventListener('input', () => {
    const text = input.value.toLowerCase()
    let shown = 0
    for (const row of rows) {
      row.hidden = !row.textContent!.toLowerCase().includes(text)
      if (!row.hidden) shown++
    }
    if (count !== null) {
      count.textContent =
        shown === rows.length ? asAnswered : `${shown} of the ${rows.length} rows here; Enter filters all`
    }
  })
}

// A table that fits its frame scrolls with the page, so that its head sticks below the top bar.
const fit = new ResizeObserver(entries => {
  for (const { target } of entries) {
    const frame = target.closest('.tw')
    const table = frame?.querySelector('table')
    if (frame != null && table != null) frame.classList.toggle('fits', table.offsetWidth <= frame.clientWidth)
  }
})
for (const part of document.querySelectorAll('.tw, .tw > table')) fit.observe(part)

// On small screens the navigation scrolls sideways; the page that is open is to be seen in it.
document.querySelector('header nav [aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })

const progressPanel = document.querySelector<HTMLElement>('[data-progress]')
if (progressPanel !== null) watchProgress(progressPanel)
