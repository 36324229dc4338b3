/** What a rule may import: the contracts, and rules beside it. A suffix names everything that is not a rule. */
const allowed = (source) => source === '@mela/contracts' || (/^\.\.?\//.test(source) && !/\.(store|service|api|module)\.ts$/.test(source) && !/\/(reactions|migrations)\//.test(source));

/** Each would make the same input give another output. */
const impure = { Date: ['now'], Math: ['random'], process: ['env', 'hrtime', 'nextTick'], performance: ['now'], crypto: ['randomUUID', 'getRandomValues'] };

/**
 * `<aggregate>.ts` holds rules: from state and input to state and events, or a refusal. Their tests need no clock, no
 * database and no mock, so what they need of the time or of chance is given to them.
 */
export const pureRules = {
  meta: {
    type: 'problem',
    messages: {
      import: 'A rule imports only @mela/contracts and other rules, not "{{source}}": what it needs is given to it',
      impure: 'A rule is pure: {{what}} gives another answer every time, so take it as an argument',
    },
  },
  create(context) {
    const checkSource = (node) => {
      if (node.source && !allowed(node.source.value)) context.report({ node: node.source, messageId: 'import', data: { source: node.source.value } });
    };
    const report = (node, what) => context.report({ node, messageId: 'impure', data: { what } });
    return {
      ImportDeclaration: checkSource,
      ExportNamedDeclaration: checkSource,
      ExportAllDeclaration: checkSource,
      ImportExpression: checkSource,
      MemberExpression(node) {
        const { object, property } = node;
        if (object.type === 'Identifier' && Object.hasOwn(impure, object.name) && impure[object.name].includes(property.name))
          report(node, `${object.name}.${property.name}`);
      },
      NewExpression(node) {
        if (node.callee.name === 'Date' && node.arguments.length === 0) report(node, 'new Date()');
      },
      CallExpression(node) {
        if (node.callee.name === 'fetch') report(node, 'fetch()');
      },
    };
  },
};
