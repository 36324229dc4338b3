/** Each setting that was asked for and is otherwise, as a line for people. What was not asked for is the server's business. */
export function differences(wished: object, actual: object): string[] {
  return Object.entries(wished).flatMap(([name, value]) => {
    const has = (actual as Record<string, unknown>)[name];
    return plain(value) === plain(has) ? [] : [`${name} is ${plain(has)} and should be ${plain(value)}`];
  });
}

// Lists of subjects mean the same in any order.
const plain = (value: unknown): string => JSON.stringify(Array.isArray(value) ? [...value].sort() : value) ?? 'missing';
