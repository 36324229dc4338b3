import { z } from 'zod';
import { event } from '../language/event.ts';
import { Id, id } from '../language/models.ts';
import { topic } from '../topics.ts';

export const UserWaysInChanged = event('user.ways_in_changed', {
  summary: 'A person may sign in with another passkey or provider than before, or with one less',
  aggregate: 'user',
  data: z.object({ userId: Id, way: z.enum(['passkey', 'provider']), change: z.enum(['added', 'removed']) }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1), way: 'passkey', change: 'added' },
});
