const TOLERANCE_MS = 2;

let offset = performance.timeOrigin;

/**
 * Now, in epoch milliseconds: as fine as the steps of a trace need it, and still the machine's clock, which the other processes
 * read too. The monotonic clock alone drifts away from it, and stands still while a laptop sleeps.
 */
export function instant(): number {
  const ticks = performance.now();
  const clock = Date.now();
  if (Math.abs(clock - offset - ticks) > TOLERANCE_MS) offset = clock - ticks;
  return offset + ticks;
}
