import { statfs } from 'node:fs/promises';
import { isApiError } from '@containr/client';
import { openApi } from '../api.ts';
import type { CommandHost } from '../command.ts';
import { Node } from '../node-documents.ts';
import { Plugin } from '../plugin-document.ts';

interface Line {
  readonly what: string;
  readonly ok: boolean;
  readonly says: string;
}

/** `status`: what the install needs, its plugins and nodes, and, over the console, the disk; exit code 1 when something is missing. */
export function statusCommand({ program, output, run, options }: CommandHost): void {
  program
    .command('status')
    .description('what works and what is missing; exit code 1 when something is')
    .action(() =>
      run(async () => {
        const api = await openApi(options());
        const { checks } = await api.ready();
        const lines: Line[] = checks
          .filter((check) => !check.name.startsWith('plugin '))
          .map((check) => ({ what: check.name, ok: check.ok, says: check.reason ?? 'works' }));
        for (const plugin of await seen(api.all('/plugins', Plugin))) {
          const reason = checks.find((check) => check.name === `plugin ${plugin.name}`)?.reason;
          const ok = plugin.state === 'active' || plugin.state === 'stopped';
          const weak = (plugin.isolation ?? []).filter(({ holds }) => !holds).map(({ layer }) => layer);
          const says = reason ? `${plugin.state}: ${reason}` : plugin.state;
          const without = weak.length > 0 ? `, kept apart without: ${weak.join(', ')}` : '';
          lines.push({ what: `plugin ${plugin.name}`, ok, says: `${says}${without}` });
        }
        for (const node of await seen(api.all('/nodes', Node)))
          lines.push({
            what: `node ${node.name}`,
            ok: node.state !== 'unknown',
            says: node.state === 'unknown' ? `not heard of since ${node.lastSeenAt ?? 'it was added'}` : node.state,
          });
        if (api.data !== null) lines.push(await disk(api.data));
        output.table(
          lines,
          { '': (line) => (line.ok ? '✓' : '✗'), WHAT: (line) => line.what, STATE: (line) => line.says },
          'Nothing is known yet.',
        );
        return lines.every((line) => line.ok) ? 0 : 1;
      }),
    );
}

/** A list, or nothing while the part that gives it is not there or not for us to see: the checks say why. */
async function seen<T>(list: Promise<T[]>): Promise<T[]> {
  return list.catch((error: unknown) => {
    if (isApiError(error) && [401, 403, 404, 503].includes(error.status)) return [];
    throw error;
  });
}

async function disk(data: string): Promise<Line> {
  const { bavail, blocks, bsize } = await statfs(data);
  const free = bavail * bsize;
  return {
    what: 'disk',
    ok: free > 1024 ** 3 || bavail / blocks > 0.1,
    says: `${(free / 1024 ** 3).toFixed(1)} of ${((blocks * bsize) / 1024 ** 3).toFixed(1)} GiB free in ${data}`,
  };
}
