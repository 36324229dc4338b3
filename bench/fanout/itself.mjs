/** What every server can say of itself. */
export const itself = {
  /** Microseconds of CPU that it has used, in its own code and for it in the kernel's. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  /** Bytes, after everything that nobody holds was given back. */
  async memory() {
    for (let n = 0; n < 3; n++) {
      // As the engine does by itself when a process is idle for long: it gives pages back, too.
      /** @type {any} */ (globalThis).gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return process.memoryUsage().rss;
  },
};
