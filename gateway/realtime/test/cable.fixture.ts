import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The cable from one gateway to the bus, which a test may pull and plug in again. */
export class Cable {
  private readonly ends = new Set<Socket>();
  private isPulled = false;

  private constructor(
    private readonly server: Server,
    private readonly bus: URL,
  ) {
    server.on('connection', (near) => this.join(near));
  }

  static async to(url: string): Promise<Cable> {
    const cable = new Cable(createServer(), new URL(url));
    cable.server.listen(0, '127.0.0.1');
    await once(cable.server, 'listening');
    return cable;
  }

  get url(): string {
    const url = new URL(this.bus);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href.replace(/\/$/, '');
  }

  pull(): void {
    this.isPulled = true;
    for (const end of this.ends) end.destroy();
  }

  plugIn(): void {
    this.isPulled = false;
  }

  async close(): Promise<void> {
    this.pull();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket): void {
    if (this.isPulled) return void near.destroy();
    const far = connect(Number(this.bus.port), this.bus.hostname);
    for (const [end, other] of [[near, far], [far, near]] as const) {
      this.ends.add(end);
      end.on('error', () => undefined).on('close', () => {
        this.ends.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  }
}
