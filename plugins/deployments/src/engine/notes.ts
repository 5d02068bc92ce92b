import type { PhaseName } from '../contract.ts';
import type { Deployment } from '../entities/deployment.ts';
import type { Road } from './road.ts';
import { actor, now } from './road.ts';

/**
 * Writes lines of the platform itself into a deployment's log. `key` names them: noted twice, they are kept once. Never
 * throws: a log that can't be written must not fail a deployment.
 */
export async function note(
  road: Road,
  deployment: Deployment,
  phase: PhaseName | null,
  key: string,
  texts: readonly string[],
): Promise<void> {
  const at = now(road).toISOString();
  try {
    await road.logs.append(
      {
        organisation: deployment.organisation,
        service: deployment.service,
        deployment: deployment.id,
        phase,
        source: `${deployment.id}:${key}`,
        lines: texts.slice(0, 1000).map((text, seq) => ({ seq, at, stream: 'system' as const, text })),
      },
      actor(road, deployment.organisation),
    );
  } catch (error) {
    road.ctx.log.warn({ error, deployment: deployment.id, key }, 'could not write to the log of a deployment');
  }
}
