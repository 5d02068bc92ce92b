import { isDeepStrictEqual } from 'node:util';
import type { Deployment } from '../entities/deployment.ts';

/** Whether an earlier deployment's artifact is what a build of this one would give: same content, same plan, same settings. */
export function sameBuild(earlier: Deployment, deployment: Deployment): boolean {
  return (
    earlier.runtime === deployment.runtime &&
    earlier.source.treeHash !== null &&
    earlier.source.treeHash === deployment.source.treeHash &&
    isDeepStrictEqual(earlier.plan, deployment.plan) &&
    isDeepStrictEqual(earlier.spec.build, deployment.spec.build) &&
    earlier.spec.source.rootDirectory === deployment.spec.source.rootDirectory &&
    // Variables reach a build, and they belong to a revision.
    (earlier.revision === deployment.revision || deployment.rollbackOf !== null)
  );
}
