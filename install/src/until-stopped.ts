/** Signals that reach us within this time are one wish: a terminal sends Ctrl-C to us and to who forwards it to us. */
const sameWishMs = 1500;

/** Resolves at the first Ctrl-C or SIGTERM; a later one ends the process at once. */
export function untilStopped(): { requested: Promise<void>; signal: AbortSignal } {
  const controller = new AbortController();
  const requested = new Promise<void>((resolve) => {
    let first: number | null = null;
    const stop = (): void => {
      const now = performance.now();
      if (first !== null && now - first > sameWishMs) process.exit(130);
      first ??= now;
      controller.abort();
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
  });
  return { requested, signal: controller.signal };
}
