import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import * as common from '@zxcvbn-ts/language-common';
import * as english from '@zxcvbn-ts/language-en';
import type { Estimate } from './password-strength.ts';

// A swap of letters for signs more than once is as good as none, and trying all of them takes most of the time.
const estimator = new ZxcvbnFactory({
  dictionary: { ...common.dictionary, ...english.dictionary },
  graphs: common.adjacencyGraphs,
  translations: english.translations,
  l33tMaxSubstitutions: 1,
});

/** Runs in a thread of its own: it takes as long as a hash does. */
export default function estimate({ password, words }: { password: string; words: readonly string[] }): Estimate {
  const { score, feedback } = estimator.check(password, [...words]);
  return { score, warning: feedback.warning, suggestions: feedback.suggestions };
}
