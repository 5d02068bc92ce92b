import { isDeepStrictEqual } from 'node:util';
import type { Deployment } from '../entities/deployment.ts';

type Input = Pick<Deployment, 'source' | 'spec' | 'revision' | 'buildDigest'>;

/** Whether an earlier deployment's artifact is what a build of this one would give: same content, same plan, same settings. */
export function sameBuild(earlier: Deployment, deployment: Deployment): boolean {
  return (
    earlier.runtime === deployment.runtime &&
    isDeepStrictEqual(earlier.plan, deployment.plan) &&
    (deployment.rollbackOf !== null ? sameContent(earlier, deployment) : wouldBuildTheSame(earlier, deployment))
  );
}

/** Whether plan and build of two deployments start from the same: content, settings, and the variables that builds see. */
export function wouldBuildTheSame(earlier: Input, later: Input): boolean {
  const sameVariables =
    earlier.revision === later.revision || (earlier.buildDigest !== null && earlier.buildDigest === later.buildDigest);
  return sameVariables && sameContent(earlier, later);
}

function sameContent(earlier: Input, later: Input): boolean {
  return (
    earlier.source.treeHash !== null &&
    earlier.source.treeHash === later.source.treeHash &&
    isDeepStrictEqual(earlier.spec.build, later.spec.build) &&
    earlier.spec.source.rootDirectory === later.spec.source.rootDirectory
  );
}
