import type { Ask, EventType, Operation, Out, Session, TopicName } from '@mela/contracts';
import { Ear, type Heard } from './ear.ts';
import { askOperation, downloadFile, type Downloaded, type HttpOptions } from './http.ts';
import { Problem } from './problem.ts';
import type { WorldAddresses } from './world-process.ts';

/** A person with an account, as a test knows them: they ask, listen and hear. */
export class Someone {
  private readonly ears: Ear[] = [];

  constructor(
    private readonly world: WorldAddresses,
    readonly name: string,
    readonly email: string,
    readonly password: string,
    readonly session: Session,
  ) {}

  get id(): string {
    return this.session.person.id;
  }

  get token(): string {
    return this.session.accessToken;
  }

  asks<Op extends Operation>(operation: Op, input: Ask<Op>, options: HttpOptions = {}): Promise<Out<Op>> {
    return askOperation(this.world.api, operation, input, { token: this.token, ...options });
  }

  downloads<Op extends Operation>(operation: Op, input: Ask<Op>, options: HttpOptions = {}): Promise<Downloaded> {
    return downloadFile(this.world.api, operation, input, { token: this.token, ...options });
  }

  /** For what is to be refused: the problem that came back. */
  async isRefused<Op extends Operation>(operation: Op, input: Ask<Op>, options: HttpOptions = {}): Promise<Problem> {
    try {
      await this.asks(operation, input, options);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
    throw new Error(`${operation.id} was to be refused, and was answered`);
  }

  /** Opens a screen; what concerns the person is heard on it without asking. */
  async opensScreen(): Promise<Ear> {
    const ear = await Ear.connect(this.world.realtime, this.token);
    this.ears.push(ear);
    return ear;
  }

  async listens(...topics: TopicName[]): Promise<Ear> {
    const ear = await this.opensScreen();
    for (const topic of topics) await ear.listen(topic);
    return ear;
  }

  /** Whether any open screen of theirs heard it. */
  async hears(event: EventType, fits: (heard: Heard) => boolean): Promise<Heard | undefined> {
    if (this.ears.length === 0) throw new Error(`${this.name} has no open screen: let them listen first`);
    const answers = await Promise.all(this.ears.map((ear) => ear.hears((heard) => heard.type === event.type && fits(heard))));
    return answers.find((heard) => heard !== undefined);
  }

  leaves(): void {
    for (const ear of this.ears.splice(0)) ear.close();
  }
}
