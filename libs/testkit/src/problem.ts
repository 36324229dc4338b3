/** A problem document that came back where an answer was expected. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly document: Readonly<Record<string, unknown>>,
  ) {
    super(`${status} ${code}: ${String(document['detail'] ?? document['title'] ?? '')}`);
  }
}
