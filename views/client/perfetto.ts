/** The button that hands the JSON of the page over to Perfetto. */
import { HandOverError, handOver, TooLargeError } from './lib/hand-over.js'

const button = document.getElementById('perfetto-open') as HTMLButtonElement | null
const status = document.getElementById('perfetto-status')

async function open(button: HTMLButtonElement, say: (text: string) => void): Promise<void> {
  const { json, title, file, most } = button.dataset
  button.disabled = true
  try {
    const mostBytes = most === '' ? Number.POSITIVE_INFINITY : Number(most)
    await handOver({ jsonUrl: json!, title: title!, fileName: file!, mostBytes }, say)
  } catch (error) {
    const reason = error instanceof HandOverError ? error.message : 'Reading the JSON failed.'
    if (error instanceof TooLargeError) {
      // Whoever asks again knows.
      button.dataset.most = ''
      button.textContent = 'Open all of it in Perfetto'
    }
    say(`${reason} The file can be downloaded here, and opened in Perfetto or chrome://tracing.`)
  } finally {
    button.disabled = false
  }
}

button?.addEventListener('click', () => {
  void open(button, text => {
    if (status !== null) status.textContent = text
  })
})
