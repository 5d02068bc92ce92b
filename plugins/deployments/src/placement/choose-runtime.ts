import type { NodeInfo } from '@containr/sdk';
import { ContainrError } from '@containr/sdk';
import { causes } from '../causes.ts';
import type { DriverName } from '../replicas/drivers.ts';

/**
 * The runtime that builds and runs a deployment. Throws `ENGINE_UNAVAILABLE` when Docker is needed and no node has it, and
 * `NO_NODE_FITS` when no node can do anything.
 */
export function chooseRuntime(
  nodes: readonly NodeInfo[],
  setting: 'auto' | DriverName,
  needsImage: boolean,
): DriverName {
  const has = (driver: DriverName): boolean =>
    nodes.some(
      (node) =>
        node.state === 'reachable' && node.placement === 'open' && node.capabilities.includes(`build.${driver}`),
    );
  if (setting === 'docker' || needsImage) {
    if (has('docker')) return 'docker';
    throw new ContainrError({
      code: 'ENGINE_UNAVAILABLE',
      status: 503,
      detail: causes.ENGINE_UNAVAILABLE.detail,
      hint: causes.ENGINE_UNAVAILABLE.hint,
    });
  }
  if (setting === 'auto' && has('docker')) return 'docker';
  if (has('process')) return 'process';
  throw new ContainrError({ code: 'NO_NODE_FITS', status: 503, ...whyNone(nodes) });
}

/** Why no node can build anything, and what to do: no node, no runtime switched on, or none that takes it. */
export function whyNone(nodes: readonly NodeInfo[]): { readonly detail: string; readonly hint: string } {
  const reachable = nodes.filter((node) => node.state === 'reachable');
  const offer = reachable.length === 1 ? 'The connected node offers' : 'The connected nodes offer';
  const { hint } = causes.NO_NODE_FITS;
  if (reachable.length === 0) return { detail: 'No node is connected.', hint };
  if (reachable.some(({ capabilities }) => capabilities.some((name) => name.startsWith('build.'))))
    return { detail: `${offer} no runtime that fits.`, hint };
  return {
    detail: `${offer} no runtime at all.`,
    hint: 'Switch on a plugin with a runtime: containr plugins enable process',
  };
}
