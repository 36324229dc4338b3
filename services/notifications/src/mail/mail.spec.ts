import { describe, expect, it } from 'vitest';
import { messageIdOf, refusedBy, verdictOn } from './mail.ts';

const patience = { attempts: 4, retrySeconds: 5 };

describe('what becomes of a mail', () => {
  it('is settled where it was sent, is needless, or was refused for good', () => {
    expect(verdictOn({ kind: 'sent' }, 1, patience)).toEqual({ state: 'sent', reason: null });
    expect(verdictOn({ kind: 'needless', why: 'used' }, 1, patience)).toEqual({ state: 'needless', reason: 'used' });
    expect(verdictOn({ kind: 'never', why: '550' }, 1, patience)).toEqual({ state: 'failed', reason: '550' });
  });

  it('is another attempt after twice as long each time, an hour at most, until patience ends', () => {
    const later = { kind: 'later', why: '451' } as const;
    expect([1, 2, 3].map((attempts) => verdictOn(later, attempts, patience))).toMatchObject([{ pauseMs: 5_000 }, { pauseMs: 10_000 }, { pauseMs: 20_000 }]);
    expect(verdictOn(later, 60, { attempts: 100, retrySeconds: 5 })).toMatchObject({ pauseMs: 3_600_000 });
    expect(verdictOn(later, 4, patience)).toEqual({ state: 'failed', reason: 'given up after 4 attempts: 451' });
  });
});

describe('a mail server’s no', () => {
  it('is for good where it is about this mail, and for now where it is about us or the server', () => {
    expect(refusedBy({ command: 'RCPT TO', responseCode: 550, response: '550 5.1.1 asha@example.org is unknown' })).toEqual({ kind: 'never', why: '550 5.1.1 at RCPT TO' });
    expect(refusedBy({ command: 'DATA', responseCode: 451, response: '451 4.3.0 busy' })).toEqual({ kind: 'later', why: '451 4.3.0 at DATA' });
    expect(refusedBy({ code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 535 })).toEqual({ kind: 'later', why: '535 at AUTH PLAIN' });
    expect(refusedBy({ command: 'DATA', responseCode: 554, response: '554 5.6.0 we do not like what it says' })).toMatchObject({ kind: 'never' });
    expect(refusedBy({ command: 'CONN', responseCode: 554 })).toMatchObject({ kind: 'later' });
    expect(refusedBy({ code: 'ECONNREFUSED' })).toEqual({ kind: 'later', why: 'ECONNREFUSED' });
  });

  it.each([
    ['MAIL FROM', '530 5.7.0 Authentication required'],
    ['MAIL FROM', '550 sender not allowed'],
    ['MAIL FROM', '553 5.1.8 the domain of mela@mela.example is unknown'],
    ['RCPT TO', '530 log in first'],
    ['RCPT TO', '535 5.7.8 who are you'],
    ['RCPT TO', '554 5.7.1 asha@example.org: Relay access denied'],
    ['RCPT TO', '550 5.1.8 mela@mela.example: Sender address rejected'],
    ['DATA', '550 5.7.26 the domain of mela@mela.example has no SPF'],
  ])('waits until somebody has mended what keeps every mail from going: at %s %j', (command, response) => {
    expect(refusedBy({ command, responseCode: Number(response.slice(0, 3)), response })).toMatchObject({ kind: 'later' });
  });
});

it('a mail’s name is its event’s, at the domain it is from', () => {
  expect(messageIdOf('1', 'Mela <mela@mela.example>')).toBe('<1@mela.example>');
  expect(messageIdOf('1', 'mela@mela.example')).toBe('<1@mela.example>');
});
