/** What a library keeps to itself. Mistakes are planted in it from outside: nothing in Mela knows how to make one. */
export const inside = (library, file) => import(new URL(file, import.meta.resolve(library)).href);

/** Sends statements that begin so another way. */
export function detour(Tx, beginning, otherWay) {
  const { query } = Tx.prototype;
  Tx.prototype.query = function (statement, parameters) {
    return statement.trimStart().startsWith(beginning) ? otherWay.call(this, statement, parameters, query) : query.call(this, statement, parameters);
  };
}

/** The same statement on a connection of its own, committed at once. */
export async function outside(statement, parameters = []) {
  await this.runner.connection.query(statement, [...parameters]);
  return [];
}
