/** What a profile page can do beyond links and forms: the flame graph as a canvas, arrow keys on the tabs, a select that acts. */
import { drawFlameGraph } from './lib/flame-graph.js'

const flame = document.getElementById('flame')
if (flame !== null) {
  const input = document.getElementById('flame-find') as HTMLInputElement | null
  void drawFlameGraph(flame, input, document.getElementById('flame-note'))
}

/** Each tab is a page of its own, so arrows move the focus and Enter follows the link. */
for (const list of document.querySelectorAll<HTMLElement>('[role=tablist]')) {
  const tabs = [...list.querySelectorAll<HTMLElement>('[role=tab]')]
  list.addEventListener('keydown', event => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const at = tabs.indexOf(document.activeElement as HTMLElement)
    if (step === 0 || at < 0) return
    event.preventDefault()
    tabs[(at + step + tabs.length) % tabs.length].focus()
  })
}

const names = document.getElementById('p-name') as HTMLSelectElement | null
names?.addEventListener('change', () => names.form?.requestSubmit())
