import { mailKinds, type DueMail } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { languages } from '../texts/texts.ts';
import { Letters } from './letters.ts';

const letters = new Letters({ WEB_URL: 'https://app.mela.example/' });

const due = (changes: Partial<DueMail>): DueMail => ({
  needed: true, kind: 'verify_email', email: 'asha@mela.example', name: 'Asha', locale: 'en', timeZone: null, newEmail: null, token: null, expiresAt: null, signIn: null, ...changes,
});

const elsewhere = due({ kind: 'signed_in_elsewhere', timeZone: 'Asia/Kathmandu', signIn: { device: 'Ravi’s <phone>', at: '2026-01-15T20:30:00.000Z' } });

describe('the mail about a sign-in from a new place', () => {
  it('names the device, and the time as the reader’s clocks showed it', () => {
    const { subject, text, html } = letters.write(elsewhere);
    expect(subject).toBe('A sign-in from a new place');
    expect(text).toContain('on “Ravi’s <phone>”, January 16, 2026 at 2:15 AM GMT+5:45');
    expect(html).toContain('&lt;phone&gt;');
  });

  it('leads to another password, with no token in it', () => {
    const { text, html } = letters.write(elsewhere);
    for (const words of [text, html]) expect(words).toContain('https://app.mela.example/forgot-password');
    expect(text).not.toContain('#');
    expect(html).not.toContain('token');
  });

  it('says by which clocks where the reader never chose any, and what it knows of a device without a name', () => {
    const { text } = letters.write({ ...elsewhere, timeZone: null, signIn: { device: null, at: '2026-01-15T20:30:00.000Z' } });
    expect(text).toContain('on “a device without a name”, January 15, 2026 at 8:30 PM UTC');
  });
});

it('a name is text, and where identity tells none nobody is called by one', () => {
  const [named, nameless] = [due({ name: 'Asha <b>' }), due({ name: null })].map((mail) => letters.write(mail));
  expect(named!.text).toMatch(/^Hello Asha <b>,\n/);
  expect(named!.html).toContain('Hello Asha &lt;b&gt;,');
  expect(nameless!.text).toMatch(/^Hello,\n/);
  expect(nameless!.html).toContain('Hello,');
});

describe.each(Object.keys(languages))('in %s', (locale) => {
  it.each(mailKinds.flatMap((kind) => [[kind, 'Asha'], [kind, null]] as const))('%s says the same in text and in HTML, and leaves no place unfilled, to %s', (kind, name) => {
    const withToken = kind.startsWith('confirm') || kind === 'verify_email' || kind === 'reset_password';
    const proof = withToken ? { token: 'a-token', expiresAt: '2026-01-15T20:30:00.000Z' } : {};
    const letter = letters.write({ ...elsewhere, kind, name, locale, newEmail: 'new@mela.example', ...proof });
    expect(letter.language).toBe(locale);
    expect(letter.subject + letter.text + letter.html).not.toMatch(/\{\{|undefined|null/);
    for (const line of letter.text.split('\n').filter((words) => words !== '')) {
      const words = line.endsWith(':') ? line.slice(0, -1) : line;
      expect(letter.html).toContain(words.replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
    }
    expect(letter.text.includes('#token=a-token')).toBe(withToken);
  });
});
