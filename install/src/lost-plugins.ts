import type { Platform } from '@containr/kernel';
import { ContainrError } from '@containr/sdk';
import { callConsole } from './console-client.ts';

const Plugins = {
  type: 'object',
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string' }, state: { type: 'string' } },
        required: ['name', 'state'],
        additionalProperties: true,
      },
    },
  },
  required: ['items'],
  additionalProperties: true,
} as const;

const gone = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE']);

/**
 * Throws `PLUGIN_LOST` when a plugin is on in the control plane that serves, over its console socket, and does not run in the one
 * that wants to take over. One that the new code does not have any more was taken away on purpose.
 */
export async function refuseLostPlugins(
  consoleSocket: string,
  started: ReturnType<Platform['lifecycle']['list']>,
): Promise<void> {
  const call = { method: 'GET', path: '/plugins?limit=200' } as const;
  const answer = await callConsole<{ items: { name: string; state: string }[] }>(consoleSocket, call, Plugins).catch(
    (error: unknown) => {
      // It crashed meanwhile: then everything that runs here is a gain.
      if (gone.has((error as NodeJS.ErrnoException).code ?? '')) return { items: [] };
      throw error;
    },
  );
  const on = new Set(answer.items.filter((one) => one.state === 'active').map((one) => one.name));
  const lost = started.filter((one) => on.has(one.name) && (one.state === 'failed' || one.state === 'waiting'));
  // One that waits does so for another; the failure says more.
  const [first] = [...lost.filter((one) => one.state === 'failed'), ...lost];
  if (!first) return;
  throw new ContainrError({
    code: 'PLUGIN_LOST',
    status: 503,
    detail: `The plugin "${first.name}" is on, and does not start in the new control plane: ${first.cause?.message ?? `it is ${first.state}`}`,
    hint: 'Mend its code, or switch it off before the restart.',
  });
}
