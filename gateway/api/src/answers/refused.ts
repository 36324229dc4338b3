import type { Refusal } from '@mela/contracts';

/** A refusal where Fastify takes nothing but an error, such as in a parser. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.title);
  }
}
