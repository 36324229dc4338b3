import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../project.ts';
import { allTargets } from '../targets.ts';
import { stackOf } from './compose.ts';

const ERROR = 2;

/** What the linter itself would only warn of, or let pass. */
const findingsInDockerfile = (text: string): string[] =>
  validate(text, {
    deprecatedMaintainer: ERROR, directiveCasing: ERROR, emptyContinuationLine: ERROR, instructionCasing: ERROR, instructionCmdMultiple: ERROR, instructionEntrypointMultiple: ERROR,
    instructionHealthcheckMultiple: ERROR, instructionJSONInSingleQuotes: ERROR, instructionWorkdirRelative: ERROR,
  }).map(({ message }) => (typeof message === 'string' ? message : message.value));

/** A rule that nobody mentions is applied, and what only warns counts as well. */
const findingsIn = (path: string): string[] => {
  const linter = new DCLinter({ rules: { 'require-quotes-in-ports': [ERROR, { quoteType: 'double' }] }, quiet: false, debug: false, exclude: [] });
  // Its declarations name files without their endings, and so declare nothing here.
  const files = linter.lintFiles([path], false) as { filePath: string; messages: { rule: string }[] }[];
  return files.flatMap(({ filePath, messages }) => [filePath, ...messages.map(({ rule }) => rule)]);
};

describe('docker-compose.yml', () => {
  it('has no finding of dclint', () => {
    const path = join(projectRoot, 'docker-compose.yml');
    expect(findingsIn(path)).toEqual([path]);
  });

  it('would have some if an image were of no version, a port open to everybody, or a key unknown', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mela-lint-'));
    const path = join(folder, 'docker-compose.yml');
    await writeFile(path, 'name: wrong\nservices:\n  shop:\n    image: shop:latest\n    ports:\n      - "8080:8080"\n');
    expect(findingsIn(path)).toEqual([path, 'no-unbound-port-interfaces', 'service-image-require-explicit-tag']);
    await writeFile(path, 'name: wrong\nservices:\n  shop:\n    image: shop:1.0\n    read_onyl: true\n');
    expect(findingsIn(path)).toEqual([path, 'invalid-schema']);
    await rm(folder, { recursive: true });
  });
});

describe('deploy/Dockerfile', () => {
  let text: string;
  let instructions: [keyword: string, words: string][];
  beforeAll(async () => {
    text = await readFile(join(projectRoot, 'deploy/Dockerfile'), 'utf8');
    const lines = text.replaceAll(/\\\n\s*/g, '').split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    instructions = lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
  });
  const all = (keyword: string) => instructions.filter(([name]) => name === keyword).map(([, words]) => words);

  it('has no finding', () => {
    expect(findingsInDockerfile(text)).toEqual([]);
  });

  it('would have some if a command were there twice, or in the wrong quotes, a word in small letters, old or unknown, a folder relative, a port no number', () => {
    const wrong = ['FROM node:24.0.0-bookworm-slim', 'MAINTAINER mela', 'workdir srv', 'RUNN npm ci', "CMD ['run', 'all']", 'CMD ["run", "all"]', 'EXPOSE many', ''].join('\n');
    const complaints = ['only be one CMD', 'MAINTAINER has been deprecated', 'uppercase', 'WORKDIR paths should be absolute', 'Unknown instruction: RUNN', 'single quotes', 'Invalid containerPort: many'];
    expect(findingsInDockerfile(wrong)).toEqual(complaints.map((words) => expect.stringContaining(words)));
  });

  it('begins with images of an exact version, and stages of its own', () => {
    const stages = all('FROM').map((words) => words.split(' AS ')[1]).filter((name) => name !== undefined);
    const bases = all('FROM').map((words) => words.split(' ')[0]!).filter((base) => !stages.includes(base));
    for (const base of bases) expect(base).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/);
    expect(new Set(bases).size).toBe(1);
  });

  it('ends with a user who is not root, by number', () => {
    expect(all('USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  });

  it('starts node without a shell in between, and asks for its health the same way', () => {
    expect(JSON.parse(all('ENTRYPOINT').join())).toEqual(['node', 'cli/bin/mela.mjs']);
    expect(JSON.parse(all('CMD').join())).toEqual(['run', 'all']);
    expect(JSON.parse(all('HEALTHCHECK').join().split(' CMD ')[1]!)).toEqual(['node', 'deploy/healthcheck.mjs']);
  });

  it('knows no secret', () => {
    expect([...all('ENV'), ...all('ARG')].join(' ')).not.toMatch(/SECRET|PASSWORD|TOKEN|_URL/);
  });
});

describe('the containers of Mela', () => {
  const { services } = stackOf(allTargets);
  const ours = Object.entries(services).filter(([, { image }]) => image === 'mela:local');

  it.each(ours)('%s can write nowhere, gain nothing, and hears SIGTERM', (_name, container) => {
    expect(container).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], init: true });
    expect(container).not.toHaveProperty('user');
    expect(container).not.toHaveProperty('entrypoint');
  });

  it('wait for the migration, which waits for the database; one of them builds the image, the others never fetch it', () => {
    for (const [name, container] of ours) {
      if (name === 'migrate') expect(container).toMatchObject({ depends_on: { postgres: { condition: 'service_healthy' } }, restart: 'no', pull_policy: 'build' });
      else expect(container).toMatchObject({ depends_on: { migrate: { condition: 'service_completed_successfully' } }, restart: 'unless-stopped', pull_policy: 'never' });
    }
  });

  it('wait for nobody who cannot say that he is healthy', () => {
    for (const [, { depends_on = {} }] of ours)
      for (const [name, { condition }] of Object.entries(depends_on as Record<string, { condition: string }>))
        if (condition === 'service_healthy') expect(services[name]).toHaveProperty('healthcheck.test');
  });
});
