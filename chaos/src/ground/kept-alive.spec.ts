import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/eventually.ts';
import { KeptAlive } from './kept-alive.ts';

const died: string[] = [];
const roles: KeptAlive[] = [];
afterEach(async () => {
  for (const role of roles.splice(0)) await role.end();
  died.length = 0;
});

async function open(): Promise<KeptAlive> {
  const program = new URL('./kept-alive.process.fixture.ts', import.meta.url);
  const role = new KeptAlive({ name: 'garden', environment: { NODE_OPTIONS: '' }, logFile: '/dev/null', program, died: (how, wasReady) => died.push(`${how}, ${wasReady ? 'ready' : 'not ready'}`) });
  roles.push(role);
  await role.ready();
  return role;
}

/** Until it has been started so many times again, and is ready. */
const again = async (role: KeptAlive, times: number) => {
  await eventually(() => role.restarts, (restarts) => restarts >= times);
  await role.ready();
};

describe('a role that is kept alive', () => {
  it('dies of nothing but what it was told', async () => {
    const role = await open();
    role.kill();
    await again(role, 1);
    role.kill('SIGTERM');
    await again(role, 2);
    await role.restartWith({ MELA_FAIL_POINT: 'relay.moving' });
    await again(role, 3);
    // As a fail point ends it.
    process.kill(role.pid, 'SIGKILL');
    await again(role, 4);
    expect(died).toEqual([]);
  });

  it('is reported when it ends by itself, by somebody else, or badly', async () => {
    const role = await open();
    process.kill(role.pid, 'SIGKILL');
    await again(role, 1);
    expect(died.splice(0)).toEqual(['SIGKILL, ready']);
    await role.restartWith({ ENDS_BY_ITSELF: '1' });
    await again(role, 3);
    expect(died.splice(0)).toEqual(['exit code 3, ready']);
    await role.restartWith({ NEVER_READY: '1' });
    await again(role, 5);
    expect(died.splice(0)).toEqual(['exit code 2, not ready']);
    await role.restartWith({ ENDS_BADLY: '1' });
    await again(role, 6);
    role.kill('SIGTERM');
    await again(role, 7);
    expect(died).toEqual(['exit code 4, ready']);
  });
});
