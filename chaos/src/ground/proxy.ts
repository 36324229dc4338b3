import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Flow } from './flow.ts';
import type { Link } from './link.ts';

interface Target {
  readonly host: string;
  readonly port: number;
}

/** Opens a line to a server: whoever connects to its port talks to that server, as long as the line lets them. */
export async function openLink(target: Target): Promise<Link> {
  const proxy = new ProxyLink(target);
  await proxy.listen();
  return proxy;
}

class ProxyLink implements Link {
  port = 0;
  private readonly lines = new Set<Line>();
  private readonly server: Server;
  private severed = false;
  private frozen = false;
  private delayMs = 0;

  constructor(private readonly target: Target) {
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (near) => this.take(near));
  }

  get connections(): number {
    return this.lines.size;
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    // Without file descriptors a connection cannot be taken: whoever wanted it learns of that, and the line stays.
    this.server.on('error', () => undefined);
  }

  cut(): void {
    for (const line of this.lines) line.reset();
  }

  sever(): void {
    this.severed = true;
    this.cut();
  }

  delay(ms: number): void {
    this.delayMs = ms;
    for (const line of this.lines) line.delay(ms);
  }

  freeze(): void {
    this.frozen = true;
    for (const line of this.lines) line.freeze();
  }

  /** What a frozen line held is lost, as after minutes of a real one: both sides have to begin again. */
  heal(): void {
    this.severed = false;
    this.delay(0);
    if (this.frozen) this.cut();
    this.frozen = false;
  }

  async close(): Promise<void> {
    this.sever();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  /** The kernel has taken the connection already, so one that is refused breaks right after it was made. */
  private take(near: Socket): void {
    const line = new Line(near, () => this.lines.delete(line));
    this.lines.add(line);
    if (this.severed) return line.reset();
    // The address answers and nobody is behind it.
    if (this.frozen) return line.freeze();
    line.join(connect({ ...this.target, allowHalfOpen: true, noDelay: true }));
    line.delay(this.delayMs);
  }
}

/** One connection: its two sockets, and what flows between them either way. */
class Line {
  private readonly sockets: Socket[] = [];
  private flows: readonly Flow[] = [];
  private still = false;

  constructor(
    private readonly near: Socket,
    private readonly over: () => void,
  ) {
    this.watch(near);
  }

  join(far: Socket): void {
    this.watch(far);
    this.flows = [new Flow(this.near, far), new Flow(far, this.near)];
  }

  delay(ms: number): void {
    for (const flow of this.flows) flow.delay(ms);
  }

  freeze(): void {
    this.still = true;
    for (const flow of this.flows) flow.freeze();
  }

  reset(): void {
    for (const socket of this.sockets) if (!socket.destroyed) socket.resetAndDestroy();
  }

  /** What breaks on one side breaks on the other, unless the line is frozen: then nobody is told. */
  private watch(socket: Socket): void {
    this.sockets.push(socket);
    socket.on('error', () => {
      if (!this.still) this.reset();
    });
    socket.once('close', () => {
      if (this.sockets.every(({ closed }) => closed)) this.over();
    });
  }
}
