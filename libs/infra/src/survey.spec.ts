import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { bareEnv, dataFolder } from '../spec/ground.ts';
import { atLeast } from './answers.ts';
import { howToGet } from './how-to-get.ts';
import { survey } from './index.ts';

describe('a survey', () => {
  it('tells what a start would use, and leaves the folder as it was', async () => {
    const dataDir = await dataFolder();
    const findings = await survey({ dataDir, env: bareEnv });
    expect(findings.map(({ part, use, remedy }) => [part, use !== undefined || remedy !== undefined])).toEqual([['postgres', true], ['nats', true], ['redis', true]]);
    expect(findings[0]?.use).toMatchObject({ how: 'npm', toFetch: false });
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('tells which setting is wrong', async () => {
    const findings = await survey({ dataDir: await dataFolder(), env: { ...bareEnv, NATS_URL: 'http://wrong' } });
    const nats = findings.find(({ part }) => part === 'nats');
    expect(nats?.use).toBeUndefined();
    expect(nats?.passedOver[0]).toContain('NATS_URL is not an address of NATS');
    expect(nats?.remedy).toContain('NATS_URL');
  });
});

describe('a remedy', () => {
  it.each(['linux', 'darwin', 'win32'] as const)('names what to install and what to set on %s', (platform) => {
    expect(howToGet('nats', platform)).toContain('NATS_URL');
    expect(howToGet('redis', platform)).toMatch(/redis-server|brew install redis|WSL 2/);
  });
});

describe('versions', () => {
  it.each([['2.10.27', '2.10', true], ['2.9.10', '2.10', false], ['18.4', '15', true], ['7', '6.2', true], ['6.0.16', '6.2', false]] as const)('%s is at least %s: %s', (version, oldest, so) => {
    expect(atLeast(version, oldest)).toBe(so);
  });
});
