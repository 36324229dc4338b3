import { MelaRealtime, type Frame, type Overheard, type RealtimeEvent, type State, type Way } from '@mela/client';
import type { TopicName } from '@mela/contracts';
import type { Followed, HeardEvent } from '@mela/testkit/chaos';
import { placeOf } from '../checker/stream-index.ts';
import type { History } from '../history/history.ts';

interface Options {
  readonly realtime: string;
  readonly history: Pick<History, 'now' | 'record'>;
  readonly whose: { readonly who: string; readonly personId: string; readonly screen: number };
  /** Undefined while its person has none. */
  readonly token: () => string | undefined;
  readonly ways: readonly Way[];
  readonly random: () => number;
  readonly heard?: (event: RealtimeEvent) => void;
}

/** How it stands with a topic that the screen listens to. */
interface Standing {
  leave: () => void;
  isLive: boolean;
  refused: string | undefined;
  /** Everything until this place of the stream was told, or was known before. */
  place: number;
  /** Where the past ends that is told before it is live. */
  pastUntil: number;
}

type Happening<E = Followed> = E extends Followed ? Omit<E, 'kind' | 'who' | 'personId' | 'screen' | 'connection' | 'at'> : never;
type Written<E> = { -readonly [name in keyof E]: E[name] };

/** One of somebody's screens: the client that Mela gives to applications, and a record of what it was told and what it made of it. */
export class Screen {
  isAsleep = false;
  private readonly client: MelaRealtime;
  private readonly standings = new Map<TopicName, Standing>();
  private connection = 0;
  private isConnected = false;
  private coming: Written<HeardEvent> | undefined;

  constructor(private readonly options: Options) {
    const { realtime, ways, random, token } = options;
    this.client = new MelaRealtime({
      url: realtime, transports: ways, random,
      token: async () => token() ?? Promise.reject(new Error('There is no token right now')),
      changed: (state) => this.changed(state),
      overheard: (frame, on) => this.overhear(frame, on),
    });
    this.client.connect();
  }

  get topics(): ReadonlyMap<TopicName, Readonly<Standing>> {
    return this.standings;
  }

  follow(topic: TopicName): void {
    const standing: Standing = { leave: () => undefined, isLive: false, refused: undefined, place: 0, pastUntil: 0 };
    this.standings.set(topic, standing);
    this.note({ what: 'wanted', topic });
    standing.leave = this.client.subscribe(topic, {
      event: (event) => this.told(event, standing),
      resync: () => this.note({ what: 'resync', topic }),
      refused: (code) => {
        standing.refused = code;
        standing.isLive = false;
        this.note({ what: 'refused', topic, code });
      },
    });
  }

  giveUp(topic: TopicName): void {
    this.standings.get(topic)?.leave();
    this.standings.delete(topic);
    this.note({ what: 'given up', topic });
  }

  sleep(): void {
    this.isAsleep = true;
    this.client.close();
  }

  wake(): void {
    this.isAsleep = false;
    this.client.connect();
  }

  close(): void {
    this.client.close();
  }

  private changed(state: State): void {
    if (state === 'connected') this.isConnected = true;
    else if (this.isConnected) {
      this.isConnected = false;
      for (const standing of this.standings.values()) standing.isLive = false;
      this.note({ what: 'lost', asleep: this.isAsleep });
    }
  }

  /** Before the client has made anything of it. */
  private overhear(frame: Frame, { connection, way }: Overheard): void {
    this.connection = connection;
    if (frame.t === 'connected') this.note({ what: 'connected', way });
    if (frame.t === 'ev') {
      const { topic, c: cursor, id, type, d: data } = frame;
      const { history, whose } = this.options;
      this.coming = { kind: 'heard', ...whose, connection, at: history.now(), topic, cursor, id, type, data, told: false };
      history.record(this.coming);
    }
    if (frame.t === 'subd') {
      const { topic, recovered, to } = frame;
      this.note({ what: 'subscribed', topic, recovered, to });
      this.moved(topic, (standing) => {
        standing.pastUntil = placeOf(to);
        if (!recovered) standing.place = standing.pastUntil;
      });
    }
    if (frame.t === 'err' && frame.topic !== undefined && frame.retry) this.note({ what: 'put off', topic: frame.topic, code: frame.code });
    if (frame.t === 'live') {
      this.note({ what: 'live', topic: frame.topic });
      this.moved(frame.topic, (standing) => {
        standing.isLive = true;
        standing.place = Math.max(standing.place, standing.pastUntil);
      });
    }
  }

  private told(event: RealtimeEvent, standing: Standing): void {
    const { coming } = this;
    const { topic, id, type, data, cursor } = event;
    standing.place = Math.max(standing.place, placeOf(cursor));
    if (coming && !coming.told && coming.topic === topic && coming.cursor === cursor && coming.id === id) coming.told = true;
    else {
      const { history, whose } = this.options;
      history.record({ kind: 'heard', ...whose, connection: this.connection, at: history.now(), topic, cursor, id, type, data, told: true });
    }
    this.options.heard?.(event);
  }

  private moved(topic: string, move: (standing: Standing) => void): void {
    const standing = this.standings.get(topic as TopicName);
    if (standing) move(standing);
  }

  private note(happening: Happening): void {
    const { history, whose } = this.options;
    history.record({ kind: 'followed', ...whose, connection: this.connection, at: history.now(), ...happening } as Followed);
  }
}
