/** Waits for a condition, not for a time. */
export async function eventually<T>(look: () => Promise<T> | T, holds: (value: T) => boolean, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`Not so within ${withinMs} ms; at last it was ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
