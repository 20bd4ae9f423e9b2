/** Clients that hold a server up rather than use it. None of them may cost another client an answer. */
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'

export interface AbuserOptions {
  /** Of each kind: who read slowly, never read, leave, send a request byte by byte, send many requests at once. */
  readonly each: number
  /** Connections on which nothing is ever asked. */
  readonly idle: number
}

/** Between two steps of one abuser, ms. */
const SLOW_STEP = 500
const LEAVES_AFTER = 40
const COMES_BACK_AFTER = 2000
/** Requests that one connection sends at once. */
const AT_ONCE = 50

export class Abusers {
  private readonly sockets = new Set<Socket>()
  private readonly loops: Promise<void>[] = []
  private stopped = false
  /** Connections that they opened in all. */
  opened = 0

  /** `paths` are what they ask for, when they ask. */
  constructor(
    url: string,
    private readonly paths: readonly string[],
    { each, idle }: AbuserOptions,
  ) {
    const port = Number(new URL(url).port)
    for (let i = 0; i < each; i++) {
      for (const abuse of [this.readSlowly, this.readNothing, this.leave, this.askSlowly, this.askAtOnce]) {
        this.loops.push(this.again(port, i, abuse))
      }
    }
    for (let i = 0; i < idle; i++) this.loops.push(this.again(port, i, this.doNothing))
  }

  async stop(): Promise<void> {
    this.stopped = true
    for (const socket of this.sockets) socket.destroy()
    await Promise.all(this.loops)
  }

  /** One abuser: whenever its connection ends, it comes back after a while. */
  private async again(port: number, i: number, abuse: (socket: Socket, path: string) => Promise<void>): Promise<void> {
    for (let turn = i; !this.stopped; turn++) {
      const socket = connect(port, '127.0.0.1')
      this.opened++
      this.sockets.add(socket)
      socket.on('error', () => {})
      const closed = new Promise(resolve => socket.once('close', resolve))
      await abuse.call(this, socket, this.paths[(turn * 7) % this.paths.length])
      await closed
      this.sockets.delete(socket)
      await setTimeout(COMES_BACK_AFTER, undefined, { ref: false })
    }
  }

  private async readSlowly(socket: Socket): Promise<void> {
    socket.write(request('/jsontrace'))
    while (!socket.destroyed && !this.stopped) {
      socket.resume()
      await setTimeout(1)
      socket.pause()
      await setTimeout(SLOW_STEP)
    }
    socket.destroy()
  }

  private async readNothing(socket: Socket): Promise<void> {
    socket.pause()
    socket.write(request('/jsontrace'))
  }

  private async leave(socket: Socket, path: string): Promise<void> {
    socket.resume()
    socket.write(request(path))
    await setTimeout(LEAVES_AFTER)
    socket.destroy()
  }

  private async askSlowly(socket: Socket): Promise<void> {
    socket.resume()
    for (const character of request('/').slice(0, -2)) {
      if (socket.destroyed || this.stopped) break
      socket.write(character)
      await setTimeout(SLOW_STEP)
    }
    socket.destroy()
  }

  private async askAtOnce(socket: Socket, path: string): Promise<void> {
    socket.resume()
    socket.write(request(path).repeat(AT_ONCE))
  }

  private async doNothing(socket: Socket): Promise<void> {
    socket.resume()
  }
}

function request(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`
}
