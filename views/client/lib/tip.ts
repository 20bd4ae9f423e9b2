/** The tooltip: plain lines of text beside a point, kept inside the window. */

export interface TipLine {
  readonly text: string
  readonly className?: string
}

export class Tip {
  private readonly element = document.createElement('div')

  constructor() {
    this.element.className = 'tip'
    this.element.hidden = true
    document.body.append(this.element)
  }

  show(lines: readonly TipLine[], x: number, y: number): void {
    const { element } = this
    element.replaceChildren(
      ...lines.map(({ text, className = '' }) => {
        const line = document.createElement('div')
        line.className = className
        line.textContent = text
        return line
      }),
    )
    element.hidden = false
    element.style.setProperty('left', `${Math.max(4, Math.min(x + 12, innerWidth - element.offsetWidth - 8))}px`)
    element.style.setProperty('top', `${Math.max(4, Math.min(y + 14, innerHeight - element.offsetHeight - 8))}px`)
  }

  hide(): void {
    this.element.hidden = true
  }

  remove(): void {
    this.element.remove()
  }
}
