/** Waits for a condition, looking often enough that waiting adds nothing to a figure and seldom enough that looking does not. */
export async function until(/** @type {() => Promise<boolean>} */ holds, withinMs = 120_000) {
  for (const deadline = performance.now() + withinMs; !(await holds()); await new Promise((resolve) => setTimeout(resolve, 2)))
    if (performance.now() > deadline) throw new Error(`Not so within ${withinMs / 1_000} s: ${holds}`);
}

/** @type {import('@mela/bus').Log} */
export const silent = { debug() {}, info() {}, warn() {}, error: (facts, message) => void process.stderr.write(`${message} ${JSON.stringify(facts)}\n`) };
