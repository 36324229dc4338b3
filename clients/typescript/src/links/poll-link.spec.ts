import { expect, it } from 'vitest';
import type { Frame } from '../frames.ts';
import type { Wanted } from './link.ts';
import { PollLink } from './poll-link.ts';

it('gets nowhere while an owner is away, also where its place is lost: the topics that it goes on with begin anew', async () => {
  const answers = [
    { frames: [], next: 'e:6:x', recovered: true },
    { frames: [{ t: 'err', topic: 'dock:north', code: 'service.unavailable', message: 'Later', retry: true }], next: 'e:90:x', recovered: false },
    { frames: [], next: 'e:91:x', recovered: false },
  ];
  const places = new Map([['dock:north', 'e:5:x'], ['dock:south', 'e:5:x']]);
  const [asked, told]: [string[], unknown[]] = [[], []];
  const over = Promise.withResolvers<void>();
  const fetched = async (url: unknown) => {
    asked.push(new URL(String(url)).searchParams.get('since')!);
    const answer = answers.shift();
    if (answer) return Response.json(answer);
    over.resolve();
    return new Promise<Response>(() => undefined);
  };
  const link = new PollLink({
    url: 'http://realtime.example/poll', token: 'a token',
    wanted: (): Wanted[] => [...places].map(([topic, since]) => ({ topic, since, presence: false })),
    hears: {
      alive: () => undefined,
      ended: () => undefined,
      reached: (cursor) => void [...places.keys()].forEach((topic) => places.set(topic, cursor)),
      frame: (frame: Frame) => {
        if (frame.t === 'err') places.delete(frame.topic!);
        if (frame.t === 'subd') told.push([frame.topic, frame.recovered]);
      },
    },
  }, fetched as typeof fetch);
  await over.promise;
  link.close();
  expect(asked).toEqual(['e:5:x', 'e:6:x', 'e:6:x', 'e:91:x']);
  expect(told).toEqual([['dock:north', true], ['dock:south', true], ['dock:south', false]]);
});
