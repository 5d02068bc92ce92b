import type { ServiceDocument } from '@containr/plugin-projects/contract';
import { archive } from '../browser/archive.ts';
import type { Owner } from '../road/api.ts';
import { nodeApp } from '../road/apps.ts';

/** A small app that is deployed. */
export interface Deploying {
  /** Address of the app, live for the first time. */
  readonly url: string;
  /** Deploys it again and again, until told to stop; says how many went live and what failed. */
  again(): { stop(): Promise<{ live: number; failures: readonly string[] }> };
}

/** Deploys a small app, and waits until it is live. */
export async function startDeploying(owner: Owner): Promise<Deploying> {
  const service = await owner.makeService('soak', 'app', { watchMs: 1000 });
  await deployOnce(owner, service, 0);
  return {
    url: (await owner.service(service.id)).urls[0] ?? '',
    again() {
      const failures: string[] = [];
      let live = 0;
      let stopping = false;
      const going = (async () => {
        while (!stopping) {
          await deployOnce(owner, service, live + 1).then(
            () => (live += 1),
            (error: unknown) =>
              failures.push(`deployment ${live + 1}: ${error instanceof Error ? error.message : String(error)}`),
          );
        }
      })();
      return {
        async stop() {
          stopping = true;
          await going;
          return { live, failures };
        },
      };
    },
  };
}

async function deployOnce(owner: Owner, service: ServiceDocument, version: number): Promise<void> {
  const upload = await owner.client.upload<{ id: string }>(
    '/uploads',
    await archive(nodeApp(`version ${version}`)),
    'application/gzip',
  );
  const { id } = await owner.post<{ id: string }>('/deployments', {
    service: service.id,
    source: { kind: 'upload', upload: upload.id },
  });
  await owner.settled(id, ['watching', 'live']);
}
