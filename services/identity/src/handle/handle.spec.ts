import { Handle, HandleGivenUpLately, HandleReserved } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { changeHandle, isReserved } from './handle.ts';

describe('a handle', () => {
  it('is one however it is written', () => {
    expect(Handle.parse(' Asha.Rao_7 ')).toBe('asha.rao_7');
  });

  it('begins with a letter, has 3 to 30 plain characters, and no dots in a row or at its end', () => {
    for (const fine of ['abc', 'a.b', 'a_.b', 'a__', `a${'1'.repeat(29)}`]) expect(Handle.safeParse(fine).success, fine).toBe(true);
    for (const wrong of ['ab', 'a..b', 'abc.', '.abc', '1abc', '_abc', `a${'1'.repeat(30)}`, 'a b', 'a-b', '@asha', ''])
      expect(Handle.safeParse(wrong).success, wrong).toBe(false);
  });

  it('has no letter that only looks like one of ours, and none that becomes one when it is folded', () => {
    // Cyrillic а, full-width a, dotless ı, the sign of Kelvin, a combining accent.
    for (const lookalike of ['\u0430sha', '\uff41sha', 'rav\u0131', '\u212aaran', 'asha\u0301']) expect(Handle.safeParse(lookalike).success, lookalike).toBe(false);
  });

  it('that would pass for the house is nobody’s, whatever dots hide in it', () => {
    for (const handle of ['admin', 'ad.min', 'mela_', 'm_e_l_a', 'support', 'super_admin']) expect(isReserved(handle), handle).toBe(true);
    for (const handle of ['asha', 'administrative', 'melanie']) expect(isReserved(handle), handle).toBe(false);
    expect(changeHandle({ handle: null, givenUp: [] }, 'ad.min', new Date())).toEqual(HandleReserved());
  });
});

describe('giving up a handle', () => {
  const day = (n: number) => new Date(Date.UTC(2030, 0, 1) + n * 24 * 60 * 60_000);

  it('is remembered, for another or for none, and a first one costs nothing', () => {
    expect(changeHandle({ handle: null, givenUp: [] }, 'asha', day(0))).toEqual({ givenUp: [] });
    expect(changeHandle({ handle: 'asha', givenUp: [] }, 'asha.rao', day(1))).toEqual({ givenUp: [day(1)] });
    expect(changeHandle({ handle: 'asha.rao', givenUp: [day(1)] }, null, day(2))).toEqual({ givenUp: [day(1), day(2)] });
  });

  it('is possible twice in thirty days, and the refusal says when it is again', () => {
    const often = { handle: 'asha', givenUp: [day(1), day(5)] };
    const possibleAt = day(31).toISOString();
    expect(changeHandle(often, 'ravi', day(6))).toEqual(HandleGivenUpLately(`It is possible again at ${possibleAt}`, { possibleAt }));
    expect(changeHandle(often, null, day(30))).toMatchObject({ code: 'identity.handle_given_up_lately' });
    expect(changeHandle(often, 'ravi', day(31))).toEqual({ givenUp: [day(5), day(31)] });
  });

  it('leaves whoever has none free to choose', () => {
    expect(changeHandle({ handle: null, givenUp: [day(1), day(5)] }, 'asha', day(6))).toEqual({ givenUp: [day(1), day(5)] });
  });
});
