import { isatty } from 'node:tty';

/** Signals that reach us within this time are one wish: a terminal sends Ctrl-C to us and to who forwards it to us. */
const sameWishMs = 1500;

/**
 * Ctrl-C and SIGTERM stop; a later one ends the process at once, with what it keeps. SIGHUP restarts the control plane, and
 * stops where there is a terminal, which sends it when it is closed.
 */
export function followSignals(wish: { readonly stop: () => void; readonly restart: () => void }): void {
  let first: number | null = null;
  const stop = (): void => {
    const now = performance.now();
    if (first !== null && now - first > sameWishMs) process.exit(130);
    first ??= now;
    wish.stop();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', [0, 1, 2].some((fd) => isatty(fd)) ? stop : wish.restart);
}
