import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The network between a client and the gateways: it can be cut, go silent, lead elsewhere, and let some requests through only. */
export class Passage {
  /** Which requests get through, by their first line. */
  admits: (requestLine: string) => boolean = () => true;
  private readonly pairs = new Set<readonly [Socket, Socket]>();
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
    for (const pair of this.pairs) for (const end of pair) end.destroy();
  }

  /** Nothing gets through any more, and nobody is told. */
  silence(): void {
    for (const pair of this.pairs)
      for (const end of pair) {
        end.unpipe();
        end.pause();
      }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket): void {
    const { hostname, port } = new URL(this.target);
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    this.pairs.add(pair);
    far.pipe(near);
    // Looked at one by one: a connection that is kept carries request after request.
    near.on('data', (chunk: Buffer) => {
      if (this.letsThrough(chunk)) far.write(chunk);
      else near.destroy();
    });
    for (const end of pair)
      end.on('error', () => end.destroy()).once('close', () => {
        this.pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
  }

  private letsThrough(chunk: Buffer): boolean {
    const [, line] = /^(GET [^\r]*)\r\n/.exec(chunk.toString('latin1')) ?? [];
    return line === undefined || this.admits(line);
  }
}
