import { Mailbox, type Mail } from '@mela/sandbox';
import type { Entry } from '@mela/testkit/chaos';
import { expect, it } from 'vitest';
import { Post } from './post.ts';

const mail = (to: string, messageId: string, text = 'Word'): Mail => ({ id: messageId, receivedAt: '', messageId, from: '', to: [to], subject: 'Word', language: null, text, html: '' });

it('the post is read by whom it is for, and all of it is in the history', async () => {
  const [mailbox, history] = [new Mailbox(1), [] as Entry[]];
  const post = new Post({ now: () => 7, record: (entry) => void history.push(entry) });
  post.watch(mailbox);
  const waiting = post.comes('asha@example.org', 10_000);
  mailbox.put(mail('ravi@example.org', '<1@mela.example>'));
  mailbox.put(mail('asha@example.org', '<2@mela.example>', 'See http://localhost:3000/verify-email#token=abc-_1'));
  mailbox.put(mail('asha@example.org', '<3@mela.example>'));
  expect(await waiting).toBe(true);
  expect(await post.comes('nobody@example.org', 1)).toBe(false);
  expect(post.to('asha@example.org').map(({ messageId }) => messageId)).toEqual(['<2@mela.example>', '<3@mela.example>']);
  const came = { kind: 'mailed', at: 7, to: 'asha@example.org', subject: 'Word' };
  expect(history.slice(1)).toEqual([{ ...came, messageId: '<2@mela.example>', token: 'abc-_1' }, { ...came, messageId: '<3@mela.example>', token: undefined }]);
});
