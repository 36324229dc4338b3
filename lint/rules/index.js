import { noSave } from './no-save.js';
import { pureRules } from './pure-rules.js';

/** The rules of this house that no other linter knows. Plain JavaScript: oxlint loads it as it stands. */
export default {
  meta: { name: 'mela' },
  rules: { 'no-save': noSave, 'pure-rules': pureRules },
};
