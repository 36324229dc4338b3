import type { Mail } from './mailbox.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Whatever a mail says is text here. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** The list, the latest first. */
export const listPage = (mails: readonly Mail[], to: string): string =>
  page(
    'Mailbox',
    mails[0]?.id,
    `<header><h1>Mailbox</h1><p>What Mela sent by mail. Nothing of it left this machine.</p>
<form role="search"><label>To <input type="search" name="to" value="${escaped(to)}" placeholder="asha@mela.example" autocomplete="off"></label><button>Show</button></form></header>
${mails.length === 0 ? emptyState(to) : `<ul class="mails">${mails.map(entry).join('')}</ul>`}`,
  );

const emptyState = (to: string): string =>
  `<p class="empty">${to === '' ? 'No mail yet. Register somebody, and what they are sent is here.' : `Nothing came for ${escaped(to)}. <a href="/">Show all</a>`}</p>`;

const entry = (mail: Mail): string =>
  `<li><a href="/read/${escaped(mail.id)}"><span class="to">${escaped(mail.to.join(', '))}</span><strong>${escaped(mail.subject || '(no subject)')}</strong>${time(mail)}</a></li>`;

const time = ({ receivedAt }: Mail): string => `<time datetime="${escaped(receivedAt)}">${escaped(receivedAt.slice(0, 19).replace('T', ' '))} UTC</time>`;

/** Links as Mela writes them: each is a line of its own, or the end of one. */
const linked = (text: string): string =>
  text.split(/(https?:\/\/[^\s<>"]+)/).map((part, place) => (place % 2 === 0 ? escaped(part) : `<a href="${escaped(part)}" target="_blank" rel="noreferrer">${escaped(part)}</a>`)).join('');

/** One mail, as text and as HTML: the latter in a frame that may do nothing but open a link elsewhere. */
export const mailPage = (mail: Mail): string =>
  page(
    mail.subject,
    undefined,
    `<header><p><a href="/">← Mailbox</a></p><h1>${escaped(mail.subject || '(no subject)')}</h1>
<dl><dt>From</dt><dd>${escaped(mail.from)}</dd><dt>To</dt><dd>${escaped(mail.to.join(', '))}</dd><dt>Came</dt><dd>${time(mail)}</dd><dt>Message-ID</dt><dd><code>${escaped(mail.messageId)}</code></dd></dl></header>
<section aria-labelledby="as-html"><h2 id="as-html">HTML</h2>${mail.html === '' ? '<p class="empty">It has none.</p>' : `<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="The mail as HTML" src="/html/${escaped(mail.id)}"></iframe>`}</section>
<section aria-labelledby="as-text"><h2 id="as-text">Text</h2>${mail.text === '' ? '<p class="empty">It has none.</p>' : `<pre>${linked(mail.text)}</pre>`}</section>`,
  );

export const missingPage = (): string => page('Not here', undefined, `<p class="empty">This mail is not here any more: the mailbox keeps the latest alone, while it runs. <a href="/">Mailbox</a></p>`);

const page = (title: string, latest: string | undefined, body: string): string => `<!doctype html>
<html lang="en"${latest === undefined ? '' : ` data-latest="${escaped(latest)}"`}>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${escaped(title)} · Mela</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/mailbox.css"><script src="/mailbox.js" defer></script></head>
<body><main>${body}</main></body></html>
`;
