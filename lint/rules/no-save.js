/** TypeORM's save() reads before it writes, and lets the last writer win. Stores say which rows they change, and when. */
export const noSave = {
  meta: {
    type: 'problem',
    messages: { save: 'save() reads before it writes: use insert(), or an update that is guarded by its where' },
  },
  create: (context) => ({
    CallExpression(node) {
      const { callee } = node;
      if (callee.type === 'MemberExpression' && callee.property.name === 'save' && !callee.computed)
        context.report({ node: callee.property, messageId: 'save' });
    },
  }),
};
