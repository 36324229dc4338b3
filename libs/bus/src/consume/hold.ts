/** Nothing more can be done now: the consumer keeps what it has, says why, and tries again later. */
export class Hold extends Error {
  override readonly name = 'Hold';
}
