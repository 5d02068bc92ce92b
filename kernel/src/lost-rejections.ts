import type { Scope } from '@containr/sdk';
import type { HostLogger } from '@containr/sdk/host';

/** Logs rejections that nobody handles, for as long as the scope lives; none ends the process. */
export function logLostRejections(log: HostLogger, undo: Scope): void {
  const lost = (error: unknown): void => log.error({ error }, 'A rejected promise was handled by nobody');
  process.on('unhandledRejection', lost);
  undo.own('unhandled rejections', () => void process.off('unhandledRejection', lost));
}
