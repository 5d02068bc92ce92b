import { DeployGate } from '../contract.ts';
import type { PhaseWork } from './phase-work.ts';

/** Asks the gates whether this deployment may begin. */
export const request: PhaseWork = {
  timeoutMs: () => 60_000,
  async run(road, { deployment, signal }) {
    await road.ctx.hooks.run(
      DeployGate,
      { deployment: deployment.id, service: deployment.service, organisation: deployment.organisation },
      { signal },
    );
    return { kind: 'done' };
  },
};
