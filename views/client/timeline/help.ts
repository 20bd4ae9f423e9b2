/** Legend and the list of keys: what every mark means, and what every key does. */
import { TileState } from '../../../server/shared/tile.js'
import { element, swatch } from './dom.js'
import { rungs, stateNames, swatchClass } from './paint/ladder.js'

const keyGroups: readonly (readonly [string, readonly (readonly [string, string])[]])[][] = [
  [
    [
      'Move and zoom',
      [
        ['W S', 'zoom in, out at the pointer'],
        ['A D', 'pan left, right (Shift: a screen)'],
        ['F', 'fit the selection; again: one step back'],
        ['0', 'whole trace'],
        ['Z Shift+Z', 'undo, redo a move; Alt+← too'],
        ['T', 'time 0 at the pointer; again: back'],
        ['drag', 'select a range'],
        ['Ctrl+wheel', 'zoom; the wheel alone scrolls'],
        ['Shift+drag', 'pan; so does the middle button'],
        ['touch', 'one finger pans, two zoom, hold and drag selects'],
      ],
    ],
  ],
  [
    [
      'Select and follow',
      [
        ['← →', 'previous, next span of the track that was clicked'],
        ['↑ ↓', 'track above, below, at the same moment'],
        ['[ J', 'what woke this goroutine'],
        ['] K', 'what it wakes next'],
        ['Enter', 'fit the span'],
        ['M', 'mark the selection'],
        ['P', 'pin this track on top'],
        ['E', 'open, close the group'],
        ['Esc', 'let go'],
      ],
    ],
    [
      'Show',
      [
        ['1 … 4', 'goroutines, procs, threads, tasks'],
        ['O', 'over all tracks: STW and GC, STW, none'],
        ['X', 'arrows: who woke the selection, all, none'],
        ['C', 'frames of the stacks under the tracks'],
        ['Q', 'hide, show the panel'],
        ['L', 'legend'],
        ['/ N Shift+N', 'search, next, previous'],
        ['?', 'this list'],
      ],
    ],
  ],
]

export function legend(): HTMLElement[] {
  const list = element('ul', 'statelist')
  for (let state = 0; state <= TileState.OtherWait; state++) {
    list.append(item(swatchClass(state), rungs[state], stateNames[state]))
  }
  list.append(item('gc', 1, 'GC: mark, workers, sweep'), item('stw', 1, 'stop-the-world'))
  const note = element(
    'p',
    'note',
    'Zoomed out, several spans share a pixel: the column has each state’s share of the time in its colour. What ran is at least one pixel high.',
  )
  const marks = element(
    'p',
    'note',
    'Below a lane: user regions by depth. Diamonds are log messages, ticks on top of a lane CPU samples. A foot is where a goroutine begins, a cap where it ends. With C: frames of stacks, the outermost on top; what runs has the stack with which it stops.',
  )
  return [element('h2', '', 'Taller is nearer to the CPU'), list, note, marks]
}

function item(token: string, rung: number, text: string): HTMLLIElement {
  return element('li', '', swatch(token, rung, 36, 14), text)
}

/** The dialog with keys and legend; made once, opened and closed. */
export class Help {
  private dialog: HTMLDialogElement | undefined

  toggle(): void {
    this.dialog ??= makeDialog()
    if (this.dialog.open) this.dialog.close()
    else this.dialog.showModal()
  }

  get isOpen(): boolean {
    return this.dialog?.open ?? false
  }
}

function makeDialog(): HTMLDialogElement {
  const dialog = element('dialog', 'help')
  dialog.setAttribute('aria-label', 'Keys and legend')
  const close = element('button', 'btn', 'Close ', element('kbd', '', 'Esc'))
  close.type = 'button'
  close.addEventListener('click', () => dialog.close())
  const columns = element('div', 'cols3')
  for (const groups of keyGroups) {
    const section = element('section')
    for (const [title, keys] of groups) section.append(element('h3', '', title), keyList(keys))
    columns.append(section)
  }
  const [title, ...rest] = legend()
  columns.append(element('section', '', element('h3', '', title.textContent ?? ''), ...rest))
  dialog.append(element('header', '', element('h2', '', 'Keys and legend'), close), columns)
  dialog.addEventListener('click', event => event.target === dialog && dialog.close())
  document.body.append(dialog)
  return dialog
}

function keyList(keys: readonly (readonly [string, string])[]): HTMLDListElement {
  const list = element('dl', 'keys')
  for (const [names, text] of keys) {
    const term = element('dt')
    if (/^[a-z]/.test(names)) term.append(names)
    else for (const name of names.split(' ')) term.append(name === '…' ? '…' : element('kbd', '', name), ' ')
    list.append(term, element('dd', '', text))
  }
  return list
}
