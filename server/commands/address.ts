/** Where to listen. */
import { isIPv4 } from 'node:net'

export interface Address {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

export const LOOPBACK = '127.0.0.1'
export const DEFAULT_PORT = 8722

/**
 * An address as `-http` takes it, or what is wrong with it. Without a host it is this machine only, never all
 * interfaces.
 */
export function parseAddress(text: string): Address | string {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(.*)$/s.exec(/^\d+$/.test(text) ? `:${text}` : text)
  if (match === null) return 'wanted HOST:PORT or PORT'
  const [, ipv6, name, portText] = match
  const host = ipv6 ?? name
  const port = Number(portText)
  if (!/^\d{1,5}$/.test(portText) || port > 65_535) {
    return `wanted a port from 0 to 65535, found ${JSON.stringify(portText)}`
  }
  // `localhost` can be an IPv6 address only; the line that is printed should open on every machine.
  return { host: host === '' || host === 'localhost' ? LOOPBACK : host, port }
}

export function isLoopback(host: string): boolean {
  return host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

/** The URL of a server at an address of the system. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
