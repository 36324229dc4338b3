/** Trying again will not help: what it concerns is put aside at once. Thrown by `unseal`, or by a handler that knows. */
export class Poison extends Error {
  override readonly name = 'Poison';
}
