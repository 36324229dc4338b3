import { within } from '@mela/bus';
import { expect, it } from 'vitest';
import { createLog } from './log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = '';
  write(createLog('debug', { write: (line: string) => void (text += line) }));
  return text;
}

it('carries the trace', () => {
  const text = logged((log) => within({ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', actor: 'asha' }, () => log.info('hello')));
  expect(JSON.parse(text)).toMatchObject({ msg: 'hello', traceId: '4bf92f3577b34da6a3ce929d0e0e4736', actor: 'asha' });
});

it('says who looks through the eyes of whoever asks', () => {
  const text = logged((log) => within({ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', actor: 'asha', impersonator: 'mira' }, () => log.info('hello')));
  expect(JSON.parse(text)).toMatchObject({ actor: 'asha', impersonator: 'mira' });
});

const CANARY = 'canary-7d1f';
it.each<[string, (log: ReturnType<typeof createLog>) => void]>([
  ['a password', (log) => log.info({ password: CANARY }, 'x')],
  ['a nested token', (log) => log.info({ session: { refreshToken: CANARY } }, 'x')],
  ['a request’s headers', (log) => log.info({ request: { headers: { authorization: CANARY } } }, 'x')],
  ['an address in an error', (log) => log.error({ err: new Error(`duplicate key (${CANARY}@example.org)`) }, 'x')],
  ['a database URL in an error', (log) => log.error({ err: new Error(`connect postgres://mela:${CANARY}@host/db`) }, 'x')],
  ['a token in an error', (log) => log.error({ err: new Error(`bad eyJhbGciOi.eyJ${CANARY}.sig`) }, 'x')],
])('never writes %s', (_what, write) => {
  expect(logged(write)).not.toContain(CANARY);
});
