/**
 * Named places where a test may end the process as a crash would. Armed by `MELA_FAIL_POINT=<name>[:<nth>]`, which the
 * command line refuses in production: the process ends when the place is reached for the nth time, the first where
 * nothing else is said. Otherwise reaching one does nothing.
 */
let armed: string | undefined;
let left = 0;

export function armFailPoint(point: string | undefined): void {
  const [name = '', nth = '1'] = (point ?? '').split(':');
  if (!/^[1-9]\d*$/.test(nth)) throw new Error(`MELA_FAIL_POINT is to be <name> or <name>:<nth>, not ${point}`);
  armed = name === '' ? undefined : name;
  left = Number(nth);
}

export function reach(name: string): void {
  if (armed === name && --left === 0) process.kill(process.pid, 'SIGKILL');
}
