import { once } from 'node:events';
import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { openHarbour } from './harbour.fixture.ts';
import { Refused } from './screen.fixture.ts';

const CROWD = 60;
const EVENTS = 200;

describe('many screens at once', () => {
  const world = openHarbour();

  it('each hear everything that concerns them, once and in order', async () => {
    const gateway = await world.gateway();
    const screens = await Promise.all(Array.from({ length: CROWD }, async (_, n) => gateway.screen(await world.token(id(100 + n)))));
    // Everybody listens to the north, every third to the south as well.
    await Promise.all(screens.map((screen) => screen.listen('dock:north')));
    await Promise.all(screens.filter((_, n) => n % 3 === 0).map((screen) => screen.listen('dock:south')));

    const stored = await Promise.all(
      Array.from({ length: EVENTS }, async (_, n) => {
        const dock = n % 4 === 3 ? 'south' : 'north';
        return { dock, ...(await world.publish({ dock, pilotId: id(100 + (n % CROWD)) })) };
      }),
    );
    const inOrder = stored.toSorted((a, b) => a.seq - b.seq);
    const heardBy = (topic: string) => inOrder.filter(({ dock }) => `dock:${dock}` === topic).map((event) => event.id);
    await Promise.all(
      screens.flatMap((screen, n) => [screen.hears(heardBy('dock:north').at(-1)!), ...(n % 3 === 0 ? [screen.hears(heardBy('dock:south').at(-1)!)] : [])]),
    );
    for (const [n, screen] of screens.entries()) {
      expect(screen.events('dock:north').map((frame) => frame['id'])).toEqual(heardBy('dock:north'));
      expect(screen.events('dock:south').map((frame) => frame['id'])).toEqual(n % 3 === 0 ? heardBy('dock:south') : []);
    }
    const piloted = await Promise.all(stored.map((event, n) => screens[n % CROWD]!.until((frame) => frame.topic === `person:${id(100 + (n % CROWD))}` && frame['id'] === event.id)));
    expect(piloted).toHaveLength(EVENTS);
  });

  it('do not wait for one that does not read: it loses its connection, and is told the rest when it comes back', async () => {
    const gateway = await world.gateway({ REALTIME_MAX_BUFFERED: '65536' });
    const [reader, sleeper] = await Promise.all([7, 8].map(async (n) => gateway.screen(await world.token(id(n)))));
    await reader!.listen('dock:north');
    await sleeper!.listen('dock:north');
    sleeper!.socket.pause();
    const told: string[] = [];
    const framesOut = async () => (await gateway.metric('mela_realtime_frames_total'))['{direction="out"}']!;
    // The kernel keeps a few megabytes for a sleeper. Once an event is one frame and no longer two, it has been let go, and has five seconds to read why.
    let framesEach = 2;
    for (let before = await framesOut(); framesEach > 1; before += framesEach) {
      told.push((await world.publish({ note: 'x'.repeat(400_000) })).id);
      await reader!.hears(told.at(-1)!);
      framesEach = (await framesOut()) - before;
    }
    expect(reader!.events('dock:north').map((frame) => frame['id'])).toEqual(told);
    sleeper!.socket.resume();
    expect((await sleeper!.closed).code).toBe(4008);
    const heard = sleeper!.events('dock:north').map((frame) => frame['id']);
    expect(heard.length).toBeLessThan(told.length);
    expect(heard).toEqual(told.slice(0, heard.length));
    const place = sleeper!.events('dock:north').at(-1)?.['c'] ?? (await sleeper!.until(({ t, topic }) => t === 'subd' && topic === 'dock:north'))['to'];
    const again = await gateway.screen(await world.token(id(8)));
    expect(await again.ask({ t: 'sub', topic: 'dock:north', since: String(place) })).toMatchObject({ recovered: true });
    await again.hears(told.at(-1)!);
    expect(again.events('dock:north').map((frame) => frame['id'])).toEqual(told.slice(heard.length));
    expect(await gateway.metric('mela_realtime_closed_total')).toEqual({ '{code="4008"}': 1 });
  });

  it('are told good-bye when the gateway stops, and nobody new is let in', async () => {
    const gateway = await world.gateway();
    const screens = await Promise.all(Array.from({ length: CROWD }, async (_, n) => gateway.screen(await world.token(id(100 + n)))));
    const sleeper = screens[0]!;
    sleeper.socket.pause();
    const stopped = gateway.process.stop();
    await expect.poll(() => gateway.open().catch((error: unknown) => error)).toEqual(new Refused(503));
    expect((await fetch(`${gateway.http}/health/ready`)).status).toBe(503);
    for (const screen of screens.slice(1)) {
      expect(await screen.until(({ t }) => t === 'bye')).toEqual({ t: 'bye', code: 4001, after: [0, 30_000] });
      expect((await screen.closed).code).toBe(4001);
    }
    sleeper.leave();
    await stopped;
    await expect(fetch(gateway.http)).rejects.toThrow();
  });

  it('come back at once, five thousand of them to one hot topic: each is told the five hundred events it missed', async () => {
    // A busy machine takes longer to open so many than one connection may take to say who it is.
    const gateway = await world.gateway({
      REALTIME_AUTH_MS: '120000', REALTIME_PING_MS: '120000', REALTIME_CONNECTIONS_PER_PERSON: '6000', REALTIME_CONNECTIONS_PER_SECOND: '6000', REALTIME_QUESTIONS_PER_SECOND: '6000',
    });
    const token = await world.token(id(7));
    const first = await gateway.screen(token);
    const start = String((await first.ask({ t: 'sub', topic: 'dock:north' }))['to']);
    const missed: string[] = [];
    for (let n = 0; n < 500; n++) missed.push((await world.publish()).id);
    await first.hears(missed.at(-1)!);
    // Everybody was cut off at a moment of their own: from there on it is all the same.
    const cursors = [start, ...first.events('dock:north').slice(0, 9).map(({ c }) => String(c))];

    const crowd = await Promise.all(Array.from({ length: 5_000 }, () => Listener.open(gateway.url)));
    await Promise.all(crowd.map((listener, n) => listener.resume(token, 'dock:north', cursors[n % cursors.length]!)));
    const live = await world.publish();
    await Promise.all(crowd.map((listener) => listener.until(live.id)));
    const texts = new Map<number, string>();
    for (const [n, { text }] of crowd.entries()) {
      const place = n % cursors.length;
      const told = text.slice(text.indexOf('"t":"subd","topic":"dock:north"'));
      const known = texts.get(place) ?? told;
      texts.set(place, known);
      if (told !== known) expect(told).toBe(known);
    }
    for (const [place, text] of texts) {
      const ids = [...text.matchAll(/"t":"ev","topic":"dock:north","c":"[^"]*","id":"([^"]*)"/g)].map((match) => match[1]);
      expect(ids).toEqual([...missed.slice(place), live.id]);
    }
    for (const listener of crowd) listener.leave();
  }, 90_000);
});

/** Less than a screen, so that thousands fit into one process: it keeps what it hears as text. */
class Listener {
  private readonly pieces: string[] = [];
  private awaited: { text: string; heard: () => void } | undefined;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const piece = data.toString('latin1');
      this.pieces.push(piece);
      if (this.awaited && piece.includes(this.awaited.text)) this.awaited.heard();
    });
  }

  static async open(url: string): Promise<Listener> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const listener = new Listener(socket);
    await once(socket, 'open');
    return listener;
  }

  get text(): string {
    return this.pieces.join('\n');
  }

  async resume(token: string, topic: string, since: string): Promise<void> {
    this.socket.send(JSON.stringify({ t: 'connect', token, subs: { [topic]: since } }));
    await this.until(`{"t":"live","topic":"${topic}"}`);
  }

  until(text: string): Promise<void> {
    if (this.pieces.some((piece) => piece.includes(text))) return Promise.resolve();
    return new Promise((heard) => (this.awaited = { text, heard }));
  }

  leave(): void {
    this.socket.terminate();
  }
}
