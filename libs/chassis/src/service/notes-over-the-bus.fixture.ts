import { Asker, connectBus, encodeJson, ensureStream, header, type Sealed } from '@mela/bus';
import { jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { runTargets, type RunningProcess } from '../process/run.ts';
import { MembersOwner } from './members-owner.fixture.ts';
import { keyringService, notes, notesMigrations, notesService, openGround, type Ground } from './notes.fixture.ts';

/** A service that is asked directly, with no gateway in between, and hears what identity says. */
export class NotesOverTheBus {
  private constructor(
    private readonly ground: Ground,
    private readonly nc: NatsConnection,
    private readonly hosted: RunningProcess,
  ) {}

  static async open(): Promise<NotesOverTheBus> {
    const ground = await openGround({ notes: notesMigrations, identity: [] });
    const nc = await connectBus({ url: ground.nats.url, name: 'test' });
    await ensureStream(nc);
    await new MembersOwner(nc).open();
    return new NotesOverTheBus(ground, nc, await runTargets([keyringService, notesService], { ...ground.environment, ASK_PATH: 'bus' }));
  }

  /** The status where a note was written, the code where it was not. */
  async write(token: string): Promise<unknown> {
    const sent = new Map([[header.token, `Bearer ${token}`]]);
    const { status, body } = await new Asker({ nc: this.nc, mayAsk: 'anything' }).exchange(notes.write, encodeJson({ text: 'milk' }), sent);
    return status === 200 ? status : JSON.parse(new TextDecoder().decode(body)).code;
  }

  async hear({ subject, headers: attributes, payload }: Sealed): Promise<void> {
    const carried = headers();
    for (const [name, value] of Object.entries(attributes)) carried.set(name, value);
    await jetstream(this.nc).publish(subject, payload, { headers: carried });
  }

  async close(): Promise<void> {
    await this.hosted.stop();
    await this.nc.close();
    await this.ground.remove();
  }
}
