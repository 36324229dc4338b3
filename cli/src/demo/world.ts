/** The people and communities that a new development instance begins with. */
export interface DemoPerson {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

interface DemoWords {
  readonly by: DemoPerson;
  readonly body: string;
}

interface DemoCommunity {
  readonly name: string;
  readonly about: string;
  readonly founder: DemoPerson;
  readonly members: readonly DemoPerson[];
  readonly posts: readonly (DemoWords & { readonly comments?: readonly DemoWords[] })[];
}

export const asha: DemoPerson = { name: 'Asha Rao', email: 'asha@mela.example', password: 'cubbon-park-at-six' };
export const ravi: DemoPerson = { name: 'Ravi Shrestha', email: 'ravi@mela.example', password: 'patan-after-the-rain' };

export const demoPeople: readonly DemoPerson[] = [asha, ravi];

export const runners: DemoCommunity = {
  name: 'Cubbon Park Runners',
  about: 'We run three mornings a week, at a pace that allows talking.',
  founder: asha,
  members: [ravi],
  posts: [
    {
      by: asha,
      body: 'Saturday: 8 km, from the bandstand at six. Bring water, it stays warm.',
      comments: [
        { by: ravi, body: 'Is the path round the lake dry again?' },
        { by: asha, body: 'It is, all the way.' },
      ],
    },
    { by: ravi, body: 'Count me in. I can bring the first-aid kit again.' },
  ],
};

/** Ravi has not joined this one, so that there is something left to try. */
export const readers: DemoCommunity = {
  name: 'Patan Book Circle',
  about: 'One novel a month, tea on the roof.',
  founder: asha,
  members: [],
  posts: [{ by: asha, body: 'December is **The Shadow Lines**. Two copies are in the library.' }],
};

export const demoCommunities: readonly DemoCommunity[] = [runners, readers];
