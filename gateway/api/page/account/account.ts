import { ask, newKey, type Answer } from './asking.ts';

/** Puts into motion what the server wrote: every word stands in the page, and what is chosen here is which of them is seen. */
const all = <E extends HTMLElement>(selector: string, within: ParentNode = document): E[] => [...within.querySelectorAll<E>(selector)];
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';

type Form = HTMLFormElement;
const noteOf = (form: Form): HTMLElement => form.querySelector<HTMLElement>('.note')!;
const buttonOf = (form: Form): HTMLButtonElement => form.querySelector('button')!;
/** It can be come to nevertheless, so that whoever is there by keyboard stays. */
const rest = (form: Form, rests: boolean): void => buttonOf(form).setAttribute('aria-disabled', String(rests));
const isResting = (form: Form): boolean => buttonOf(form).ariaDisabled === 'true';

function show(view: string): void {
  for (const section of all('[data-view]')) section.hidden = section.dataset['view'] !== view;
  const heading = document.querySelector<HTMLElement>(`[data-view="${view}"] h1`)!;
  document.title = `${heading.textContent} – Mela`;
  heading.focus();
  // What it stood for is over; whoever opens the page anew is to be asked for the next.
  history.replaceState(null, '', location.pathname + location.search);
}

type Filling = Readonly<Record<string, string | readonly string[] | undefined>>;

function filled(template: string, filling: Filling): DocumentFragment {
  const words = document.querySelector<HTMLTemplateElement>(`template${template}`)!.content.cloneNode(true) as DocumentFragment;
  for (const place of all('[data-fill]', words)) place.textContent = String(filling[place.dataset['fill']!] ?? '');
  for (const list of all('[data-list]', words)) {
    const items = filling[list.dataset['list']!];
    list.replaceChildren(...(Array.isArray(items) ? items : []).map((text) => Object.assign(document.createElement('li'), { textContent: String(text) })));
  }
  return words;
}

const note = (form: Form, name: string, filling: Filling = {}): void => noteOf(form).replaceChildren(filled(`[data-note="${name}"]`, filling));

function refuse(form: Form, name: string, filling: Filling): void {
  note(form, name, filling);
  const wrong = all<HTMLInputElement>('input:not([type=checkbox])', form).findLast((input) => input.checkVisibility());
  if (!wrong) return;
  wrong.setAttribute('aria-invalid', 'true');
  wrong.setAttribute('aria-errormessage', noteOf(form).id);
  wrong.focus();
}

/** Counted in what a person would count in. */
function inTime(seconds: number): string {
  const [unit, length] = seconds < 90 ? (['seconds', 1] as const) : seconds < 5_400 ? (['minutes', 60] as const) : (['hours', 3_600] as const);
  return filled(`[data-when="${unit}"]`, { number: String(Math.max(2, Math.ceil(seconds / length))) }).textContent;
}

function wait(form: Form, name: string, seconds: number): void {
  note(form, name, { when: inTime(seconds) });
  rest(form, true);
  setTimeout(() => {
    rest(form, false);
    note(form, 'over');
  }, seconds * 1_000);
}

/** What the page has for a refusal's code: an end, or words. */
function tell(form: Form, answer: Exclude<Answer, { kind: 'answered' }>): void {
  if (answer.kind === 'unheard') return note(form, 'offline');
  const { status, problem, retryAfter } = answer;
  if (retryAfter !== undefined && (status === 429 || status === 503)) return wait(form, status === 429 ? 'wait' : 'busy', retryAfter);
  const known = document.querySelector<HTMLElement>(`[data-code="${CSS.escape(problem.code ?? '')}"]`);
  if (known?.dataset['view'] !== undefined) return show(known.dataset['view']);
  const filling = { detail: problem.detail ?? '', suggestions: problem.suggestions, trace: problem.traceId };
  refuse(form, known?.dataset['note'] ?? (status === 400 ? 'invalid' : 'failed'), filling);
}

/** In the name of whoever signs in for it; the session ends with the answer. */
async function askSignedIn(form: Form, { email, password, ...body }: Record<string, string>, key: string): Promise<Answer> {
  const { signIn, signOut, path, method } = form.dataset;
  const session = await ask({ method: 'POST', path: signIn!, body: { email, password } });
  if (session.kind !== 'answered') return session;
  const accessToken = String(session.body['accessToken']);
  const answer = await ask({ method: method!, path: path!, body, token: accessToken, key });
  await ask({ method: 'POST', path: signOut!, body: {}, token: accessToken });
  return answer;
}

function prepare(form: Form): void {
  const button = buttonOf(form);
  const action = button.textContent;
  // The same for as long as nobody has heard an answer: what took effect unheard does not take effect again.
  let key = newKey();
  form.addEventListener('input', () => {
    key = newKey();
    for (const input of all('[aria-invalid]', form)) input.removeAttribute('aria-invalid');
  });
  form.addEventListener('submit', (submission) => {
    submission.preventDefault();
    if (isResting(form)) return;
    rest(form, true);
    button.textContent = button.dataset['working']!;
    noteOf(form).replaceChildren();
    void send(form, key).then((answer) => {
      rest(form, false);
      button.textContent = action;
      if (answer.kind !== 'unheard') key = newKey();
      if (answer.kind !== 'answered') tell(form, answer);
      else show(answer.body['changed'] === false ? 'halfDone' : form.dataset['ending']!);
    });
  });
  button.disabled = false;
}

function send(form: Form, key: string): Promise<Answer> {
  const body = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, name === 'token' ? String(value).trim() : String(value)]));
  const { method, path, signIn } = form.dataset;
  return signIn === undefined ? ask({ method: method!, path: path!, body, key }) : askSignedIn(form, body, key);
}

// The code is asked for where the link brought none.
for (const field of all('[data-field=token]')) {
  field.querySelector('input')!.value = token;
  field.hidden = token !== '';
}
for (const box of all<HTMLInputElement>('[data-shows]')) {
  const input = document.querySelector<HTMLInputElement>(`#${box.dataset['shows']!}`)!;
  box.addEventListener('change', () => void (input.type = box.checked ? 'text' : 'password'));
}
// Another language is the same page with the same code.
for (const link of all<HTMLAnchorElement>('a[hreflang]')) link.hash = location.hash;
// Another link that is opened in the same place is another code.
addEventListener('hashchange', () => location.reload());
for (const form of all<Form>('form')) prepare(form);
