import { ContainrError } from '@containr/sdk';
import { causes } from '../causes.ts';
import { missing } from '../snapshots/store.ts';
import type { PhaseWork } from './phase-work.ts';

/** Sees that the source is in the store. */
export const source: PhaseWork = {
  timeoutMs: () => 300_000,
  async run(road, { deployment }) {
    const { kind, treeHash } = deployment.source;
    if (kind === 'image') {
      if (deployment.spec.source.image === null)
        throw new ContainrError({
          code: 'SOURCE_EMPTY',
          status: 409,
          detail: 'The service is to run an image, and none is named.',
          hint: 'Name the image in the service settings.',
        });
      return { kind: 'done', skipped: true, message: deployment.spec.source.image };
    }
    if ((deployment.rollbackOf ?? deployment.promotedFrom) !== null && deployment.artifact !== null)
      return { kind: 'done', skipped: true, message: 'The artifact of the earlier deployment is used.' };
    if (treeHash === null)
      throw new ContainrError({
        code: 'SOURCE_EMPTY',
        status: 409,
        detail: causes.SOURCE_EMPTY.detail,
        hint: causes.SOURCE_EMPTY.hint,
      });
    if (!(await road.snapshots.exists(treeHash))) throw missing();
    return { kind: 'done', message: `Tree ${treeHash.slice(0, 12)}` };
  },
};
