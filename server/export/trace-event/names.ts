/** Names of slices, and of goroutines in them. */
import { type Dictionary, NO_STRING } from '../../core/dictionary.js'
import type { Name } from '../sinks.js'

/** The names that come again. */
export class Names {
  private readonly names = new Map<string, Name>()

  /** `text` is bytes. */
  of(text: string): Name {
    let name = this.names.get(text)
    if (name === undefined) {
      name = { text, number: this.names.size }
      this.names.set(text, name)
    }
    return name
  }
}

/** A name that hardly comes again: a trace may have any number of them. `text` is bytes. */
export function once(text: string): Name {
  return { text, number: -1 }
}

/** Bytes; `name` is 1 + the row of the root function or 0, `label` the row of the label. */
export function goroutineName(dictionary: Dictionary, row: number, name: number, label: number): string {
  return `G${dictionary.wide.signedText(dictionary.goroutines.ids[row])}${nameAfterId(dictionary, name, label)}`
}

/** What follows `G12` in the name of a goroutine. */
export function nameAfterId({ strings }: Dictionary, name: number, label: number): string {
  const full = name === 0 ? '' : ` ${strings[name - 1]}`
  return label === NO_STRING ? full : `${full} (${strings[label]})`
}
