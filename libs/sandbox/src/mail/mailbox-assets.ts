export const stylesheet = `
:root { color-scheme: light dark; --ink: light-dark(#1c1917, #f5f5f4); --soft: light-dark(#57534e, #a8a29e); --line: light-dark(#e7e5e4, #44403c); --paper: light-dark(#fafaf9, #1c1917); --sheet: light-dark(#ffffff, #292524); --accent: light-dark(#c2410c, #fb923c); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { margin: 0; font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 .5rem; font-size: 1rem; }
header p { margin: .25rem 0 1rem; color: var(--soft); }
a { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-bottom: 1.5rem; }
input, button { font: inherit; padding: .35rem .6rem; border: 1px solid var(--line); border-radius: .4rem; background: var(--sheet); color: inherit; }
.mails { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: .6rem; background: var(--sheet); overflow: hidden; }
.mails li + li { border-top: 1px solid var(--line); }
.mails a { display: grid; grid-template-columns: minmax(8rem, 1fr) 2fr auto; gap: .25rem 1rem; padding: .7rem 1rem; color: inherit; text-decoration: none; overflow-wrap: anywhere; }
.mails a:hover { background: var(--paper); }
.to, time, dt { color: var(--soft); font-size: .875rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 1rem 0 0; }
dd { margin: 0; overflow-wrap: anywhere; }
.empty { padding: 2.5rem 1rem; border: 1px dashed var(--line); border-radius: .6rem; text-align: center; color: var(--soft); }
iframe { width: 100%; height: 30rem; border: 1px solid var(--line); border-radius: .6rem; background: #fff; }
pre { margin: 0; padding: 1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--sheet); white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 36rem) { .mails a { grid-template-columns: 1fr; } }
`;

/** The list renews itself when something came, and never while somebody types or reads. */
export const script = `
const list = document.querySelector('form[role=search]');
if (list) setInterval(async () => {
  if (document.hidden || document.activeElement?.tagName === 'INPUT') return;
  try {
    const answer = await fetch('/latest' + location.search);
    const { id } = await answer.json();
    if ((id ?? undefined) !== document.documentElement.dataset.latest) location.reload();
  } catch {
    // Mela is stopped, or starting: the next time tells.
  }
}, 2000);
`;
