import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** One archive that this machine installs from. */
export interface AptSource {
  uris: string;
  suites: string[];
  components: string[];
  /** How the archive is trusted, as the machine itself has it: options in deb822 spelling. */
  trust: string[];
}

export interface Distribution {
  id: string;
  codename: string;
}

export async function distribution(): Promise<Distribution | undefined> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const value = (field: string) => new RegExp(`^${field}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1];
  // A derivative installs from its parent's archive, under the parent's codename.
  const ubuntu = value('UBUNTU_CODENAME');
  const [id, codename] = ubuntu === undefined ? [value('ID'), value('DEBIAN_CODENAME') ?? value('VERSION_CODENAME')] : ['ubuntu', ubuntu];
  return id === undefined || codename === undefined ? undefined : { id, codename };
}

/** What a machine without a fixed release calls its suite. */
const rolling = ['stable', 'testing', 'unstable', 'sid'];

/** The distribution's own archives, main one first: no third party's. */
export async function machineSources({ codename }: Distribution, folder = '/etc/apt'): Promise<AptSource[]> {
  const parts = (await readdir(join(folder, 'sources.list.d')).catch(() => [])).sort().map((name) => join(folder, 'sources.list.d', name));
  const sources: AptSource[] = [];
  for (const file of [join(folder, 'sources.list'), ...parts]) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (file.endsWith('.sources')) sources.push(...readStanzas(text));
    else if (file.endsWith('.list')) sources.push(...readLines(text));
  }
  const ours = new Set([codename, `${codename}-updates`, `${codename}-security`, ...rolling]);
  const own = sources
    .map((source) => ({ ...source, suites: source.suites.filter((suite) => ours.has(suite)) }))
    .filter(({ suites, components }) => suites.length > 0 && components.includes('main'))
    .sort((a, b) => Number(b.suites.includes(codename)) - Number(a.suites.includes(codename)));
  // Others use the same suites for their packages; a mirror of the distribution mostly says so.
  const named = own.filter(({ uris }) => /debian|ubuntu|raspbian/.test(uris));
  return named.length > 0 ? named : own;
}

/** deb822: one stanza per archive, fields that may go on over several lines (a key block). */
function readStanzas(text: string): AptSource[] {
  const withoutComments = text.split('\n').filter((line) => !line.startsWith('#')).join('\n');
  return withoutComments.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    for (const [, name = '', value = ''] of stanza.matchAll(/^([\w-]+):((?:.*)(?:\n[ \t].*)*)/gm)) fields.set(name.toLowerCase(), value.trim());
    const words = (name: string) => (fields.get(name) ?? '').split(/\s+/).filter(Boolean);
    if (!words('types').includes('deb') || fields.get('enabled')?.toLowerCase() === 'no') return [];
    const trust = ['Signed-By', 'Trusted'].filter((name) => fields.has(name.toLowerCase())).map((name) => `${name}: ${fields.get(name.toLowerCase())}`);
    return [{ uris: words('uris').join(' '), suites: words('suites'), components: words('components'), trust }];
  });
}

/** `deb [signed-by=/key] http://mirror suite component…` */
function readLines(text: string): AptSource[] {
  return [...text.matchAll(/^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#\n]*)/gm)].map(([, options = '', uris = '', suite = '', rest = '']) => {
    const option = (name: string) => new RegExp(`(?:^|\\s)${name}=(\\S+)`, 'i').exec(options)?.[1];
    const [signedBy, trusted] = [option('signed-by'), option('trusted')];
    const trust = [...(signedBy === undefined ? [] : [`Signed-By: ${signedBy.replaceAll(',', ' ')}`]), ...(trusted === undefined ? [] : [`Trusted: ${trusted}`])];
    return { uris, suites: [suite], components: rest.trim().split(/\s+/).filter(Boolean), trust };
  });
}

export function stanza(source: AptSource): string {
  return [`Types: deb`, `URIs: ${source.uris}`, `Suites: ${source.suites.join(' ')}`, `Components: ${source.components.join(' ')}`, ...source.trust, ''].join('\n');
}
