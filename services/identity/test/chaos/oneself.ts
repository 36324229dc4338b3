import { identity } from '@mela/contracts';
import type { Act, Actor } from '@mela/testkit/chaos';

/** Few enough that others want the same. */
const HANDLES = 25;
const exports = new WeakMap<Actor, string>();

/** What is said of oneself, and what is kept. */
export const oneself: readonly Act[] = [
  {
    name: 'say something else of myself',
    weight: 2,
    run: async (person) => {
      if (person.session) await person.asks(identity.changeProfile, { bio: `As of ${Date.now()}` });
    },
  },
  {
    name: 'be called otherwise',
    weight: 0.7,
    run: async (person) => {
      if (person.session) await person.asks(identity.changeProfile, { handle: `runner.${person.random.int(1, HANDLES)}` });
    },
  },
  {
    name: 'have all that is kept of me, and look how far it is',
    weight: 0.5,
    run: async (person) => {
      if (!person.session) return;
      const exportId = exports.get(person) ?? (await person.asks(identity.requestExport, {}))?.id;
      if (exportId === undefined) return;
      exports.set(person, exportId);
      const standing = await person.asks(identity.export, { exportId });
      if (standing?.archive) await person.asks(identity.exportArchive, { exportId });
    },
  },
  {
    name: 'read what happened to my account',
    weight: 0.5,
    run: async (person) => {
      if (person.session) await person.asks(identity.audit, { limit: person.random.int(1, 20) });
    },
  },
];

export const momentOf = (bio: unknown): number => Number(String(bio).slice('As of '.length));
