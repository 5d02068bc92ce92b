import type { PluginContext } from '@containr/sdk';

/** Work that goes on beside the job that began it; the plugin's stop waits for it. */
export function createBackground(
  ctx: Pick<PluginContext, 'own' | 'log'>,
): (what: string, work: () => Promise<void>) => void {
  const running = new Set<Promise<void>>();
  ctx.own('background work', async () => {
    await Promise.all(running);
  });
  return (what, work) => {
    const run = work()
      .catch((error: unknown) => ctx.log.warn({ error }, `could not ${what} yet`))
      .finally(() => running.delete(run));
    running.add(run);
  };
}
