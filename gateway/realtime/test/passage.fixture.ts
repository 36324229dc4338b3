import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The network between a client and the gateways: it can be cut, go silent, lead elsewhere, and let some requests through only. */
export class Passage {
  /** Which requests get through, by their first line. */
  admits: (requestLine: string) => boolean = () => true;
  private readonly ends = new Set<Socket>();
  private readonly server: Server;

  private constructor(private target: string) {
    this.server = createServer((near) => this.join(near));
  }

  static async to(http: string): Promise<Passage> {
    const passage = new Passage(http);
    await new Promise<void>((resolve) => passage.server.listen(0, '127.0.0.1', resolve));
    return passage;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/realtime`;
  }

  leadTo(http: string): void {
    this.target = http;
  }

  /** As when a machine dies: nobody says good-bye. */
  cut(): void {
    for (const end of this.ends) end.destroy();
  }

  /** Nothing gets through any more, and nobody is told. */
  silence(): void {
    for (const end of this.ends) {
      end.unpipe();
      end.pause();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Where it leads is decided when something is asked: a client may have been at the door for a while. */
  private join(near: Socket): void {
    let far: Socket | undefined;
    this.hold(near, () => far?.destroy());
    // Looked at one by one: a connection that is kept carries request after request.
    near.on('data', (chunk: Buffer) => {
      if (!this.letsThrough(chunk)) return void near.destroy();
      far ??= this.onward(near);
      far.write(chunk);
    });
  }

  private onward(near: Socket): Socket {
    const { hostname, port } = new URL(this.target);
    const far = connect(Number(port), hostname);
    this.hold(far, () => near.destroy());
    far.pipe(near);
    return far;
  }

  private hold(end: Socket, gone: () => void): void {
    this.ends.add(end);
    end.on('error', () => end.destroy()).once('close', () => {
      this.ends.delete(end);
      gone();
    });
  }

  private letsThrough(chunk: Buffer): boolean {
    const [, line] = /^(GET [^\r]*)\r\n/.exec(chunk.toString('latin1')) ?? [];
    return line === undefined || this.admits(line);
  }
}
