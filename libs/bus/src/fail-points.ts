/**
 * Named places where a test may end the process as a crash would. Armed by `MELA_FAIL_POINT=<name>[:<nth>]`, which the
 * command line refuses in production: the process ends when the place is reached for the nth time, the first where
 * nothing else is said. Otherwise reaching one does nothing. All of them are here, also those of whoever builds on this:
 * one that nobody ever reaches would look like one at which nothing goes wrong.
 */
export const failPoints = [
  'relay.filling',
  'relay.restoring',
  'relay.publishing',
  'relay.acknowledged',
  'relay.moving',
  'consumer.committing',
  'consumer.committed',
  'transaction.committing',
  'command.committed',
  'mail.sending',
  'mail.accepted',
  'realtime.accepted',
  'realtime.admitting',
  'realtime.admitted',
  'realtime.granted',
  'realtime.subscribed',
  'realtime.replaying',
  'realtime.replayed',
  'realtime.told',
  'realtime.refreshing',
  'realtime.unsubscribing',
  'realtime.draining',
] as const;
export type FailPoint = (typeof failPoints)[number];

let armed: FailPoint | undefined;
let left = 0;

export function armFailPoint(point: string | undefined): void {
  const [name = '', nth = '1'] = (point ?? '').split(':');
  if (!/^[1-9]\d*$/.test(nth)) throw new Error(`MELA_FAIL_POINT is to be <name> or <name>:<nth>, not ${point}`);
  const known = failPoints.find((one) => one === name);
  if (name !== '' && known === undefined) throw new Error(`No fail point is called "${name}". There are: ${failPoints.join(', ')}`);
  armed = known;
  left = Number(nth);
}

export function reach(name: FailPoint): void {
  if (armed === name && --left === 0) process.kill(process.pid, 'SIGKILL');
}
