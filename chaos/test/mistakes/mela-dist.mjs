import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const addressOf = (library, file) => new URL(file, import.meta.resolve(library));

/** What a library keeps to itself. Mistakes are planted in it from outside: nothing in Mela knows how to make one. */
export const inside = (library, file) => import(addressOf(library, file).href);

/** Puts what is made of a method in its place. One that is not there any more would be a mistake that nobody makes. */
export function replace(Class, name, make) {
  const method = Class.prototype[name];
  if (typeof method !== 'function') throw new Error(`The mistake did not take root: ${Class.name} has no method "${name}"`);
  Class.prototype[name] = make(method);
}

/** Sends statements that begin so another way. The file is where the library holds the statement. */
export function detour(Tx, [library, file], beginning, otherWay) {
  if (!readFileSync(fileURLToPath(addressOf(library, file)), 'utf8').includes(beginning)) throw new Error(`The mistake did not take root: ${file} of ${library} has no statement that begins with "${beginning}"`);
  replace(Tx, 'query', (query) => function (statement, parameters) {
    return statement.trimStart().startsWith(beginning) ? otherWay.call(this, statement, parameters, query) : query.call(this, statement, parameters);
  });
}

/** The same statement on a connection of its own, committed at once. */
export function outside(statement, parameters = []) {
  return this.manager.connection.query(statement, [...parameters]);
}
