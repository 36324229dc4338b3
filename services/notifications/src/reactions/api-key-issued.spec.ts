import type { Tx } from '@mela/chassis';
import { ApiKeyCreated, id, type EventOf } from '@mela/contracts';
import { expect, it } from 'vitest';
import type { MailService } from '../mail/mail.service.ts';
import { OnApiKeyIssued } from './api-key-issued.ts';

it('a mail is owed for a new key, and none for one of days ago, which the stream still has', async () => {
  const owed: unknown[] = [];
  const reaction = new OnApiKeyIssued({ owe: (_tx: Tx, mails: readonly unknown[]) => Promise.resolve(void owed.push(...mails)) } as unknown as MailService);
  const told = (hoursAgo: number) => ({ id: id(hoursAgo + 1), time: new Date(Date.now() - hoursAgo * 3_600_000).toISOString(), data: ApiKeyCreated.example }) as EventOf<typeof ApiKeyCreated>;
  for (const hoursAgo of [0, 23, 25, 300]) await reaction.handle(told(hoursAgo), {} as Tx);
  expect(owed).toEqual([0, 23].map((hoursAgo) => ({ id: id(hoursAgo + 1), about: 'api_key_issued', subjectId: ApiKeyCreated.example.userId })));
});
