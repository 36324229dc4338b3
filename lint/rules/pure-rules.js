import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

/** What gives another answer every time it is asked, or reaches outside. */
const impure = {
  Date: ['now'],
  Math: ['random'],
  performance: ['now'],
  process: ['env', 'hrtime', 'cwd'],
  crypto: ['randomUUID', 'getRandomValues'],
};

/** Ids are made where the thing is made, and no rule decides by them: the one impurity that stays. */
const packages = new Set(['@mela/contracts', 'uuid']);

/** `order/order.ts` beside `order/order.store.ts`: the rules of the aggregate whose rows those are. */
const holdsRules = (file) => basename(file, '.ts') === basename(dirname(file)) && existsSync(file.replace(/\.ts$/, '.store.ts'));

const notRules = /\.(store|service|api|module)\.ts$|\/(reactions|migrations)\//;

/** Why a rule may not import it, or undefined if it may. What it imports from beside it is held to the same, all the way down. */
function objection(source, file, seen = new Set()) {
  if (!source.startsWith('.')) return packages.has(source) ? undefined : `"${source}"`;
  const path = resolve(dirname(file), source);
  if (notRules.test(path)) return `"${source}"`;
  if (holdsRules(path) || seen.has(path) || !existsSync(path)) return undefined; // checked where it stands
  seen.add(path);
  const inner = importsOf(readFileSync(path, 'utf8')).map((next) => objection(next, path, seen)).find(Boolean);
  return inner && `"${source}", which imports ${inner}`;
}

const importsOf = (text) => [...text.matchAll(/^(?:import|export)(?! type)[^;]*?from '([^']+)'/gm)].map((match) => match[1]);

/**
 * Rules take state and input and give state and events, or a refusal. Their tests need no clock, no database and no
 * mock, so whatever they need of the time or of chance is given to them. Types are free: they are gone when it runs.
 */
export const pureRules = {
  meta: {
    type: 'problem',
    messages: {
      import: 'Rules import only @mela/contracts and other rules, not {{what}}: what they need is given to them',
      impure: 'Rules are pure: {{what}} gives another answer every time, so take it as an argument',
    },
  },
  create(context) {
    if (!holdsRules(context.filename)) return {};
    const report = (messageId, node, what) => context.report({ node, messageId, data: { what } });
    const checkSource = (node) => {
      if (!node.source) return;
      const typesOnly = node.importKind === 'type' || node.exportKind === 'type';
      if (typesOnly && !notRules.test(node.source.value)) return;
      const what = objection(node.source.value, context.filename);
      if (what) report('import', node.source, what);
    };
    return {
      ImportDeclaration: checkSource,
      ExportNamedDeclaration: checkSource,
      ExportAllDeclaration: checkSource,
      ImportExpression: checkSource,
      MemberExpression(node) {
        const { object, property } = node;
        if (object.type === 'Identifier' && Object.hasOwn(impure, object.name) && impure[object.name].includes(property.name))
          report('impure', node, `${object.name}.${property.name}`);
      },
      NewExpression(node) {
        if (node.callee.name === 'Date' && node.arguments.length === 0) report('impure', node, 'new Date()');
      },
      CallExpression(node) {
        if (node.callee.name === 'fetch') report('impure', node, 'fetch()');
      },
    };
  },
};
