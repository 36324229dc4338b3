/* global Scalar */
const addresses = { requests: '/api/v1/openapi.json', events: '/api/v1/asyncapi.json' };

/** The reader is told of this server alone; the page's policy holds it to that. */
const alone = {
  telemetry: false,
  withDefaultFonts: false,
  proxyUrl: '',
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
};

const look = {
  theme: 'default',
  documentDownloadType: 'none',
  defaultOpenAllTags: true,
  authentication: { preferredSecurityScheme: 'accessToken' },
  generateOperationSlug: ({ operationId, method, path }) => operationId ?? `${method}${path}`,
};

/** Where the reader has an operation, and an event. */
const placeOf = {
  operation: ({ operationId, tags }) => `/docs#tag/${tags[0]}/${operationId}`,
  event: (type, { tags }) => `/docs?events#tag/${tags[0].name}/channel/${type.replaceAll('.', '').replaceAll('_', '-')}`,
};

/** What a request tells, and what tells an event: the two documents come from one contract, so each knows its place in the other. */
function join({ requests, events }) {
  // The reader heads a channel with its title alone.
  for (const channel of Object.values(events.channels)) channel.description = `\`${channel.address}\`\n\n${channel.description}`;
  const operations = Object.values(requests.paths).flatMap((path) => Object.values(path));
  for (const operation of operations) {
    const told = operation['x-emits'] ?? [];
    if (told.length > 0) operation.description += `\n\nTells ${told.map((type) => `[${type}](${placeOf.event(type, events.channels[type])})`).join(', ')}.`;
    for (const type of told) {
      const channel = events.channels[type];
      channel.description += `${channel.description.includes('Told by') ? ', ' : '\n\nTold by '}[${operation.operationId}](${placeOf.operation(operation)})`;
    }
  }
  return { requests, events };
}

async function load() {
  const documents = await Promise.all(Object.entries(addresses).map(async ([name, address]) => [name, await (await fetch(address)).json()]));
  return join(Object.fromEntries(documents));
}

const chosen = () => (new URLSearchParams(location.search).has('events') ? 'events' : 'requests');
const tabs = [...document.querySelectorAll('[data-document]')];
let open;

function show(documents, name) {
  open?.reader.destroy();
  const place = document.createElement('div');
  document.querySelector('#reader').replaceChildren(place);
  for (const tab of tabs) {
    if (tab.dataset.document === name) tab.setAttribute('aria-current', 'page');
    else tab.removeAttribute('aria-current');
  }
  open = { name, reader: Scalar.createApiReference(place, { ...alone, ...look, content: documents[name], slug: name, setPageTitle: ({ title }) => `${title} – Mela, ${name}` }) };
}

/** Steps from one document to the other without loading the page anew; the reader moves within a document by itself. */
function step(documents) {
  addEventListener('click', (click) => {
    const link = click.target.closest?.('a[href]');
    if (!link || click.metaKey || click.ctrlKey || click.shiftKey || link.origin !== location.origin || link.pathname !== '/docs') return;
    const name = new URLSearchParams(link.search).has('events') ? 'events' : 'requests';
    if (name === open.name && link.hash !== '') return;
    click.preventDefault();
    if (name === open.name) return;
    history.pushState(null, '', link.href);
    scrollTo(0, 0);
    show(documents, name);
  });
  addEventListener('popstate', () => {
    if (chosen() !== open.name) show(documents, chosen());
  });
}

const downloads = document.querySelector('.mela-downloads');
addEventListener('click', (click) => {
  if (!downloads.contains(click.target) || click.target.closest('a')) downloads.open = false;
});
addEventListener('keydown', (key) => {
  if (key.key === 'Escape') downloads.open = false;
});

try {
  const documents = await load();
  show(documents, chosen());
  step(documents);
} catch (error) {
  document.querySelector('#reader').innerHTML = '<p class="mela-waiting">The documents could not be shown. They are under “Download”.</p>';
  throw error;
}
