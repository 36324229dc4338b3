import { communities } from '@mela/contracts';
import { openWorld } from '@mela/testkit';
import { afterEach, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

it('no way over HTTP leads to the list of all memberships, whoever asks', async () => {
  const asha = await world.someone('Asha');
  const runners = await asha.asks(communities.create, { name: 'Cubbon Park Runners' });
  const names = ['communities/members', 'communities/all/members', `communities/${runners.id}/members`, 'members', communities.members.id, communities.members.subject, communities.members.subject.replaceAll('.', '/')];
  for (const token of [undefined, asha.token])
    for (const method of ['GET', 'POST'])
      for (const name of names) {
        const response = await fetch(`${world.addresses.api}/api/v1/${name}`, {
          method,
          headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(method === 'POST' ? { 'content-type': 'application/json' } : {}) },
          ...(method === 'POST' ? { body: '{}' } : {}),
        });
        expect([method, name, response.ok]).toEqual([method, name, false]);
        expect(await response.text()).not.toContain(asha.id);
      }
});
