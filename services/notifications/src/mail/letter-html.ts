import type { Parts } from './letters.ts';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);

// Readers of mail know tables of styles badly: what is needed stands at the element.
const INK = '#1c1917';
const ACCENT = '#c2410c';
const paragraph = (html: string): string => `<p style="margin:0 0 16px">${html}</p>`;

/** The same words as the text, for readers that show HTML. Nothing of it is fetched from anywhere. */
export function htmlOf({ language, subject, greeting, body, way, proof, otherwise, farewell }: Parts): string {
  const leading = way
    ? [
        paragraph(`<a href="${escaped(way.link)}" style="display:inline-block;padding:12px 20px;border-radius:8px;background:${ACCENT};color:#ffffff;text-decoration:none;font-weight:600">${escaped(way.action)}</a>`),
        paragraph(`${escaped(way.button)}<br><a href="${escaped(way.link)}" style="color:${ACCENT};word-break:break-all">${escaped(way.link)}</a>`),
      ]
    : [];
  const proving = proof ? [paragraph(`${escaped(proof.code)}<br><code style="word-break:break-all">${escaped(proof.token)}</code>`), paragraph(escaped(proof.until))] : [];
  const content = [paragraph(escaped(greeting)), paragraph(escaped(body)), ...leading, ...proving, paragraph(escaped(otherwise)), paragraph(escaped(farewell))].join('\n');
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(subject)}</title></head>
<body style="margin:0;padding:24px;background:#fafaf9;color:${INK};font:16px/1.5 system-ui,sans-serif">
<div style="max-width:560px;margin:0 auto;padding:24px;border-radius:12px;background:#ffffff">
${content}
</div></body></html>
`;
}
