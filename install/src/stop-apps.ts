import type { Platform } from '@containr/kernel';
import { Deployments } from '@containr/plugin-deployments/contract';

/** Stops every replica on reachable nodes; what should run stays recorded, so the next start brings it back. */
export async function stopApps(platform: Platform): Promise<void> {
  await platform.services.get(Deployments).suspend({}, { principal: platform.console });
}
