import { EmailVerified, TokenRefused } from '@mela/contracts';
import type { TFunction } from 'i18next';
import type { AccountPage, Ending } from './account-pages.ts';
import { escaped } from './escaped.ts';
import { formHtml } from './form-html.ts';
import { notesHtml } from './notes-html.ts';
import { languages, texts, type Language } from './texts/texts.ts';

/** Refusals that are an end like any other. */
const codes: Readonly<Partial<Record<Ending, string>>> = { refused: TokenRefused.code, done: EmailVerified.code };

const petals = '<circle cx="12" cy="4.5" r="3"/><circle cx="19.1" cy="9.7" r="3"/><circle cx="16.4" cy="18.1" r="3"/><circle cx="7.6" cy="18.1" r="3"/><circle cx="4.9" cy="9.7" r="3"/>';
const icon = `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#c2410c">${petals}</svg>`)}`;

/** All that a page may come to say stands in it: its script has no words of its own. */
export function pageHtml(page: AccountPage, language: Language): string {
  const t = texts.in(language);
  const own = (key: string): string => t(`${page.texts}.${key}`);
  const first = viewHtml('form', own('heading'), own('intro'), formHtml('form', page.form, own('action'), t));
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escaped(own('heading'))} – Mela</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="account.css">
<script src="account.js" type="module"></script>
</head>
<body>
<header>
<p class="name"><svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">${petals}</svg> Mela</p>
</header>
<main>
<noscript><p class="note">${escaped(t('withoutScript'))}</p></noscript>
${first}
${page.endings.map((ending) => endingHtml(page, ending, own, t)).join('\n')}
</main>
<footer><nav aria-label="${escaped(t('languages'))}">${languageLinks(language)}</nav></footer>
${notesHtml(t)}
</body>
</html>
`;
}

function endingHtml({ again }: AccountPage, ending: Ending, own: (key: string) => string, t: TFunction): string {
  const form = ending === 'refused' && again ? formHtml('again', again, own('refused.action'), t) : '';
  return viewHtml(ending, own(`${ending}.heading`), own(`${ending}.text`), form, codes[ending]);
}

const viewHtml = (name: string, heading: string, text: string, form: string, code?: string): string =>
  `<section data-view="${name}"${code === undefined ? '' : ` data-code="${code}"`}${name === 'form' ? '' : ' hidden'}>
<h1 tabindex="-1">${escaped(heading)}</h1>
<p>${escaped(text)}</p>
${form}
</section>`;

const languageLinks = (current: Language): string =>
  (Object.keys(languages) as Language[])
    .map((language) => `<a href="?lang=${language}" hreflang="${language}" lang="${language}"${language === current ? ' aria-current="true"' : ''}>${escaped(texts.in(language)('ownName'))}</a>`)
    .join('\n');
