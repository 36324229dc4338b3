import type { Invariant } from '@mela/testkit/chaos';

const name = 'an export becomes ready, with all services’ parts';

export const exportsReady: Invariant = {
  name,
  judge: ({ services }) =>
    (services['identity']!.rows['export'] ?? []).flatMap(({ id, personId, ready, missing }) => {
      const complain = (what: string) => [{ invariant: name, what: `The export ${String(id)} of ${String(personId)} ${what}`, about: [String(id), String(personId)] }];
      if (ready !== true) return complain('is not ready');
      const left = missing as readonly string[];
      return left.length === 0 ? [] : complain(`is ready without what ${left.join(' and ')} had to say`);
    }),
};
