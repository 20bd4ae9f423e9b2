/**
 * A door before a server, on a port of its own: it can be shut, as if the server had ended, and opened again, also to
 * another server.
 */
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'

export class Door {
  private server: Server | null = null
  private readonly sockets = new Set<Socket>()
  private port = 0

  private constructor(private to: string) {}

  /** An open door; it is shut when the test ends. */
  static async before(t: Test, to: string): Promise<Door> {
    const door = new Door(to)
    await door.open(to)
    t.teardown(() => door.shut())
    return door
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async open(to = this.to): Promise<void> {
    this.to = to
    const server = createServer(socket => this.pass(socket))
    this.server = server
    await new Promise<void>(resolve => server.listen(this.port, '127.0.0.1', resolve))
    this.port = (server.address() as { port: number }).port
  }

  async shut(): Promise<void> {
    const { server } = this
    this.server = null
    for (const socket of this.sockets) socket.destroy()
    if (server !== null) await new Promise(resolve => server.close(resolve))
  }

  private pass(socket: Socket): void {
    const other = connect(Number(new URL(this.to).port), '127.0.0.1')
    for (const end of [socket, other]) {
      this.sockets.add(end)
      end.on('error', () => {})
      end.on('close', () => {
        this.sockets.delete(end)
        socket.destroy()
        other.destroy()
      })
    }
    socket.pipe(other).pipe(socket)
  }
}
