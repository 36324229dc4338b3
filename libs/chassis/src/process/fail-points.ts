/**
 * Named places where a test may end the process as a crash would. Armed by `MELA_FAIL_POINT=<name>`, which the
 * command line refuses in production; otherwise reaching one does nothing.
 */
let armed: string | undefined;

export function armFailPoint(name: string | undefined): void {
  armed = name;
}

export function reach(name: string): void {
  if (armed === name) process.kill(process.pid, 'SIGKILL');
}
