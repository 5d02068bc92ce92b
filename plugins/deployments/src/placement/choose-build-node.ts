import type { NodeInfo } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { causes } from '../causes.ts';

/** The node that builds: where the last build's cache is, else the one with the most memory. Throws `NO_NODE_FITS`. */
export function chooseBuildNode(nodes: readonly NodeInfo[], runtime: string, last: string | null): string {
  const able = nodes.filter(
    (node) => node.state === 'reachable' && node.placement === 'open' && node.capabilities.includes(`build.${runtime}`),
  );
  const best =
    able.find((node) => node.id === last) ??
    [...able].sort((a, b) => b.memoryBytes - a.memoryBytes || (a.name < b.name ? -1 : 1))[0];
  if (best) return best.id;
  throw new ContainrError({
    code: 'NO_NODE_FITS',
    status: 503,
    detail: `No connected node can build for the runtime "${runtime}".`,
    hint: causes.NO_NODE_FITS.hint,
  });
}
